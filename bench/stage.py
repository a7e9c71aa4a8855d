"""What the benchmarks share: a model on the shelf, both sides in one mode, throw-away profiles.

Left out: what is measured.

Rules
 - Nobody's own profile, store or daemon is touched; only the shelf of models is read.
 - Both sides get the same file, threads and room, and run in the same mode: where one of them
   crashes with kernels that are special to the processor, both run without ("plain").
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from bench import report
from bench.peer import Peer, PeerError
from echo_core.errors import EchoError
from echo_core.records import wire
from echo_core.showing.metrics import percentile
from echo_daemon.replay import session as replay
from echo_engine.api import EngineOptions, ModelFile
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile

MODEL: Final = "qwen2.5-coder-0.5b"
CONTEXT_TOKENS: Final = 4096
ASK_MS_MAX: Final = 60_000
PLAIN_WORKER: Final = (sys.executable, "-m", "bench.plain_worker")
TRY: Final = {"input_prefix": "a = 1\n" * 20, "input_suffix": "\n", "n_predict": 8}
_SYSTEM = "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())"


@dataclass(frozen=True, slots=True)
class Stage:
    """What both sides run with."""

    model: ModelFile
    threads: int
    plain: bool

    @property
    def detail(self) -> dict[str, object]:
        """For the report."""
        return {
            "mode": "plain" if self.plain else "repacked",
            "threads": self.threads,
            "context_tokens": CONTEXT_TOKENS,
            "file_bytes": self.model.path.stat().st_size,
        }

    def engine(self, clock: SystemClock) -> EngineClient:
        """Echo's engine by itself, in this mode."""
        options = EngineOptions(threads=self.threads, context_tokens=CONTEXT_TOKENS)
        if self.plain:
            return EngineClient(clock, options, self.model, PLAIN_WORKER)
        return EngineClient(clock, options, self.model)

    async def peer(self) -> Peer:
        """The peer, in this mode."""
        return await Peer.start(
            self.model.path, threads=self.threads, context_tokens=CONTEXT_TOKENS, plain=self.plain
        )


def alone(name: str, threads: int) -> Stage:
    """Echo by itself: its engine finds out in which mode it works.

    Raises:
        EchoError: the model is not on the shelf.
    """
    file = replay.model_shelf(Profile.locate(os.environ)).get(name)
    return Stage(ModelFile(file.name, file.path), threads or _cores(), plain=False)


async def set_up(name: str, threads: int) -> Stage:
    """Find the model and the mode in which both sides work.

    Raises:
        EchoError: the model is not on the shelf, or Echo's engine cannot load it.
        PeerError: the peer works in neither mode.
    """
    say(f"trying both sides with {name}")
    known = alone(name, threads)
    model, threads = known.model, known.threads
    clock = SystemClock()
    engine = Stage(model, threads, plain=False).engine(clock)
    try:
        await engine.describe()
        plain = engine.restarts > 0  # it died of its first try and came up without
    finally:
        await engine.close()
    for mode in (plain, True):
        stage = Stage(model, threads, mode)
        try:
            async with await stage.peer() as peer:
                await peer.infill(TRY)
        except PeerError:
            if mode:
                raise
            continue
        return stage
    raise AssertionError("the second mode raises or returns")


def _cores() -> int:
    """As many as Echo takes by itself: physical ones that this process may use."""
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, usable))


@asynccontextmanager
async def house(
    settings: str, clock: SystemClock, *, model: str = "", environ: Mapping[str, str] | None = None
) -> AsyncIterator[replay.Session]:
    """A whole Echo in a throw-away profile with `settings` (TOML); recording is switched on."""
    home = Path(tempfile.mkdtemp(prefix="echo-bench-"))
    try:
        environ = dict(os.environ if environ is None else environ)
        environ |= search_path()
        (home / "models").mkdir()
        profile = Profile.locate({**environ, "ECHO_HOME": str(home)})
        profile.prepare()
        profile.mark_throw_away()
        profile.config_file.write_text(f'[store]\nkey = "file"\n{settings}', encoding="utf-8")
        options = replay.Options(model=model, no_model=not model, profile_dir=home)
        async with replay.open_session(options, clock, environ) as session:
            choice = wire.ConsentChoice(record=True, by="bench")
            await session.peer.request(
                wire.CONSENT_SET, choice, wire.ConsentState, timeout_ms=ASK_MS_MAX
            )
            yield session
    finally:
        shutil.rmtree(home, ignore_errors=True)


def search_path() -> dict[str, str]:
    """Where this process finds Echo: the processes that it starts look nowhere else."""
    return {"PYTHONPATH": os.pathsep.join(os.path.abspath(one) for one in sys.path if one)}  # noqa: PTH100


def engine_settings(stage: Stage) -> str:
    """The engine's table of a profile, as TOML."""
    lines = [
        "[engine]",
        f"threads = {stage.threads}",
        f"context_tokens = {CONTEXT_TOKENS}",
    ]
    if stage.plain:
        lines.append(f"command = {json.dumps(PLAIN_WORKER)}")  # TOML writes such a list alike
    return "\n".join(lines) + "\n"


def system_of_echo() -> str:
    """The processor features that Echo's llama.cpp was built for."""
    done = subprocess.run(
        [sys.executable, "-c", _SYSTEM], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def spread(values: list[float]) -> dict[str, float | int | None]:
    """How many there are, their middle and their upper end."""
    return {
        "count": len(values),
        "p50": percentile(values, 50),
        "p95": percentile(values, 95),
    }


def say(words: str) -> None:
    """Progress, for whoever waits."""
    print(words, file=sys.stderr, flush=True)


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options of a benchmark with one model."""
    options = plain_parser(description)
    options.add_argument("--model", default=MODEL, help="a model on the shelf")
    return options


def plain_parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks have."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    options.add_argument("--threads", type=int, default=0, help="0: one for each physical core")
    return options


def run(measuring: Coroutine[Any, Any, report.Report]) -> None:
    """Measure, and say the result on the last line; a sentence and status 1 where it fails."""
    try:
        print(asyncio.run(_ended_in_order(measuring)).as_line())
    except (EchoError, PeerError) as error:
        sys.exit(str(error))
    except asyncio.CancelledError:
        sys.exit("ended before it had measured everything")


async def _ended_in_order(measuring: Coroutine[Any, Any, report.Report]) -> report.Report:
    """On SIGTERM, end what was started and remove the throw-away profile, as on Ctrl-C."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task
