"""What language server and daemon add to a completion: no model, a fake engine behind them.

`python -m bench.overhead [--requests N]`

Lines of a file of 2,000 lines are typed, and a completion is asked for at every key. The engine
is a process that always says the same at once, and what nobody types, so that each request goes
all the way: editor, echo-lsp, daemon, engine process, and back. Recording is on.

Left out: weights, and what an editor does to its own messages (`bench.keyboard`). There is no
peer: an HTTP server has no language server before it.

Rules
 - A time begins when a key and its request are written to the language server in one piece, and
   ends when the answer has been read.
 - The figures are that time less what the daemon itself says of the engine: from the moment when
   nothing was left but to wait for it, to the moment when its reply was read. Both are in the
   detail, beside the whole.
 - Between two keys lies a pause in which everything else comes to rest, as with a person.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from bench import report, stage
from bench.keyboard import Keyboard
from bench.texts import Source, sources
from bench.typing import Key, sessions
from echo_core.showing.metrics import percentile
from echo_core.text.edits import Edit
from echo_daemon.replay.session import Session as House
from echo_daemon.replay.typist import uri_of
from echo_engine.catalogue import load_catalogue
from echo_runtime.clock import SystemClock
from echo_runtime.lock import holder_pid

REQUESTS: Final = 1000
WARM_UP: Final = 30  # requests that are not counted: imports, first allocations
PAUSE_MS: Final = 30.0  # between two keys; a person leaves three times as much and more
FAKE_MODEL: Final = "smollm2-135m"  # a file of the right size and no content stands for it
FAKE_ENGINE: Final = Path(__file__).parents[1] / "tests" / "echo_testing" / "fake_engine.py"
MEGABYTE: Final = 1e6
NEVER_TYPED: Final = "Zq_never_typed()"  # ASCII, as the file is, and no place for a syntax error


@dataclass(slots=True)
class Times:
    """Milliseconds of each request, and of processor time of each key with all that follows it."""

    whole: list[float] = field(default_factory=list)
    engine: list[float] = field(default_factory=list)
    daemon: list[float] = field(default_factory=list)  # as it says itself, less the engine
    lsp_cpu: list[float] = field(default_factory=list)
    daemon_cpu: list[float] = field(default_factory=list)

    @property
    def request(self) -> list[float]:
        """What is left without the engine."""
        return [whole - engine for whole, engine in zip(self.whole, self.engine, strict=True)]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it is typed, and who is watched."""

    house: House
    keyboard: Keyboard
    clock: SystemClock
    daemon_pid: int
    pause_ms: float

    async def strike(self, edit: Edit, times: dict[str, Times]) -> None:
        """One key with its request; the time goes to where the answer came from."""
        pids = (self.keyboard.pid, self.daemon_pid)
        before = [cpu_ms(pid) for pid in pids]
        answer = self.keyboard.strike(edit)
        await self.clock.sleep_ms(self.pause_ms)
        spent = [cpu_ms(pid) - was for pid, was in zip(pids, before, strict=True)]
        last = await self.house.ask_last()
        into = times.setdefault(last.hit if answer.text else "silence", Times())
        into.whole.append(answer.took_ms)
        into.engine.append(last.engine_ms)
        into.daemon.append(last.latency_ms - last.engine_ms)
        into.lsp_cpu.append(spent[0])
        into.daemon_cpu.append(spent[1])

    async def type(self, key: Key, times: dict[str, Times]) -> None:
        """A key of a session: one that is asked behind, and the first letter of what is offered."""
        if not key.asks:
            self.keyboard.edit(key.edit)
            return
        await self.strike(key.edit, times)
        at = key.edit.end_after
        await self.strike(Edit(at, at, NEVER_TYPED[0]), times)
        self.keyboard.edit(Edit(at, at + 1, ""))
        await self.clock.sleep_ms(self.pause_ms)


def cpu_ms(pid: int) -> float:
    """Processor time of a process's main thread so far; 0 where the system does not say.

    Linux alone counts it finely enough for one key.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


async def play(desk: Desk, source: Source, requests: int, seed: int) -> dict[str, Times]:
    """Type in `source`; the times by where the answers came from."""
    times: dict[str, Times] = {}
    desk.keyboard.open(uri_of(source.name), source.language, source.text)
    for key in sessions([source], WARM_UP, seed + 1)[0].keys:
        await desk.type(key, {})
    for key in sessions([source], requests, seed)[0].keys:
        await desk.type(key, times)
    return times


async def measure(requests: int, seed: int, pause_ms: float = PAUSE_MS) -> report.Report:
    """Type, then look at the processes."""
    clock = SystemClock()
    source = next(one for one in sources(seed) if one.name == "long.py")
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as folder:
        models = Path(folder) / "models"
        models.mkdir()
        shelf_with_fake(models)
        command = [sys.executable, str(FAKE_ENGINE), "--says", NEVER_TYPED]
        environ = {**os.environ, "ECHO_MODELS": str(models)}
        settings = f"[engine]\ncommand = {json.dumps(command)}\n"
        async with stage.house(settings, clock, model=FAKE_MODEL, environ=environ) as house:
            daemon_pid = holder_pid(house.profile.lock_path)
            if daemon_pid is None:
                raise AssertionError("the daemon is not running")
            keyboard = Keyboard(
                {**environ, **stage.search_path(), **house.profile.environ()}, clock
            )
            try:
                keyboard.start()
                desk = Desk(house, keyboard, clock, daemon_pid, pause_ms)
                times = await play(desk, source, requests, seed)
                lsp_mb = psutil.Process(keyboard.pid).memory_info().rss / MEGABYTE
                daemon_mb = psutil.Process(daemon_pid).memory_info().rss / MEGABYTE
            finally:
                keyboard.stop()
    asked = times.get("engine", Times())
    return report.Report(
        bench="overhead",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model="none",
        values={
            "request_p50_ms": percentile(asked.request, 50),
            "request_p95_ms": percentile(asked.request, 95),
            "lsp_rss_mb": lsp_mb,
            "daemon_rss_mb": daemon_mb,
        },
        detail={
            "seed": seed,
            "by_hit": {hit: spreads(each) for hit, each in sorted(times.items())},
            "pause_ms": pause_ms,
            "recording": True,
            "document_lines": source.text.count("\n"),
        },
    )


def spreads(times: Times) -> dict[str, object]:
    """What was measured of one kind of answers."""
    return {
        "whole_ms": stage.spread(times.whole),
        "engine_ms": stage.spread(times.engine),
        "request_ms": stage.spread(times.request),
        "daemon_ms": stage.spread(times.daemon),
        "lsp_cpu_ms": stage.spread(times.lsp_cpu),
        "daemon_cpu_ms": stage.spread(times.daemon_cpu),
    }


def shelf_with_fake(folder: Path) -> None:
    """Put a file of the fake model's size on the shelf; it is sparse and takes no room."""
    entry = load_catalogue().find(FAKE_MODEL)
    if entry is None:
        raise AssertionError(f"{FAKE_MODEL} has left the catalogue")
    with (folder / entry.file).open("wb") as file:
        file.truncate(entry.bytes)


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--requests", type=int, default=REQUESTS)
    options.add_argument("--pause-ms", type=float, default=PAUSE_MS, help="between two keys")
    chosen = options.parse_args()
    stage.run(measure(chosen.requests, chosen.seed, chosen.pause_ms))


if __name__ == "__main__":
    main()
