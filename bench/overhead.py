"""What language server and daemon add to a completion: no model, a fake engine behind them.

`python -m bench.overhead [--requests N]`

A real editor's client types lines of a file of 2,000 lines and asks at every key. The fake engine
always writes what nobody types, so that each request goes all the way: editor, echo-lsp, daemon,
engine process, and back. Recording is on.

Left out: weights. The fake engine's own time is in the figures: it is another process and another
two pipes, as the real one is. There is no peer: an HTTP server has no language server before it.

Rules
 - A time is that of one request, from its sending to its answer, in the editor.
 - What the daemon itself says of its part is in the detail.
"""

from __future__ import annotations

import json
import os
import string
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from bench import report, stage
from bench.texts import sources
from bench.typing import Session, sessions
from echo_core.metrics import percentile
from echo_daemon.models.catalogue import load_catalogue
from echo_daemon.replay.session import Session as House
from echo_daemon.replay.typist import uri_of
from echo_runtime.clock import SystemClock
from echo_runtime.lock import holder_pid

REQUESTS: Final = 1000
WARM_UP: Final = 30  # requests that are not counted: imports, first allocations
FAKE_MODEL: Final = "smollm2-135m"  # a file of the right size and no content stands for it
FAKE_ENGINE: Final = Path(__file__).parents[1] / "tests" / "echo_testing" / "fake_engine.py"
MEGABYTE: Final = 1e6
NEVER_TYPED: Final = "\N{SECTION SIGN}\N{SECTION SIGN}"
# Whatever stands before the cursor, its last character is found, and quickly.
BOOK: Final = "".join(f"{char}{NEVER_TYPED}\n" for char in string.printable if char not in "\r\v\f")


@dataclass(slots=True)
class Times:
    """Milliseconds of each request: in the editor, by where the answer came from, in the daemon."""

    editor: list[float] = field(default_factory=list)
    by_hit: dict[str, list[float]] = field(default_factory=dict)
    daemon: list[float] = field(default_factory=list)


async def play(house: House, session: Session, clock: SystemClock) -> Times:
    """Type one session, as fast as it goes."""
    times = Times()
    editor, doc = house.editor, session.source.name
    await editor.open(doc, uri_of(doc), session.source.language, session.source.text)
    await editor.focus(doc)
    for key in session.keys:
        await editor.edit(doc, (key.edit,))
        asked_ms = clock.steady_ms()
        pending = await editor.ask(doc, key.edit.end_after)
        items = await editor.items(pending)
        took_ms = clock.steady_ms() - asked_ms
        last = await house.ask_last()
        times.editor.append(took_ms)
        times.daemon.append(last.latency_ms)
        times.by_hit.setdefault(last.hit if items else "silence", []).append(took_ms)
    await editor.close(doc)
    return times


def language_server() -> psutil.Process:
    """The process of echo-lsp: a child of this one.

    Raises:
        AssertionError: there is none.
    """
    for child in psutil.Process().children():
        if "echo_lsp" in child.cmdline():
            return child
    raise AssertionError("the editor's language server is not running")


async def measure(requests: int, seed: int) -> report.Report:
    """Type, then look at the processes."""
    clock = SystemClock()
    source = next(one for one in sources(seed) if one.name == "long.py")
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as folder:
        models = Path(folder) / "models"
        models.mkdir()
        shelf_with_fake(models)
        (Path(folder) / "book").write_text(BOOK, encoding="utf-8")
        command = [sys.executable, str(FAKE_ENGINE), "--text", str(Path(folder) / "book")]
        environ = {**os.environ, "ECHO_MODELS": str(models)}
        settings = f"[engine]\ncommand = {json.dumps(command)}\n"
        async with stage.house(settings, clock, model=FAKE_MODEL, environ=environ) as house:
            await play(house, sessions([source], WARM_UP, seed + 1)[0], clock)
            times = await play(house, sessions([source], requests, seed)[0], clock)
            daemon_pid = holder_pid(house.profile.lock_path)
            if daemon_pid is None:
                raise AssertionError("the daemon is not running")
            lsp_mb = language_server().memory_info().rss / MEGABYTE
            daemon_mb = psutil.Process(daemon_pid).memory_info().rss / MEGABYTE
    return report.Report(
        bench="overhead",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model="none",
        values={
            "request_p50_ms": percentile(times.editor, 50),
            "request_p95_ms": percentile(times.editor, 95),
            "lsp_rss_mb": lsp_mb,
            "daemon_rss_mb": daemon_mb,
        },
        detail={
            "seed": seed,
            "by_hit_ms": {hit: stage.spread(ms) for hit, ms in sorted(times.by_hit.items())},
            "daemon_ms": stage.spread(times.daemon),
            "recording": True,
            "document_lines": source.text.count("\n"),
        },
    )


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
    chosen = options.parse_args()
    stage.run(measure(chosen.requests, chosen.seed))


if __name__ == "__main__":
    main()
