"""What is lost when processes are killed and write-ahead logs are torn: nothing acknowledged.

`python -m bench.crash [--kills N] [--images N] [--trace FILE] [--seed N]`

Somebody types a session through the real language server, with a real daemon and a fake engine,
while one of the three is killed with SIGKILL again and again (`bench.kills`). Then stores are
opened whose write-ahead log was cut or garbled (`bench.torn`). There is no peer.

Rules
 - Each time the store must hold what was acknowledged, pass SQLCipher's and SQLite's checks, and
   at intervals a rebuild from its log must find no gap and no sample different.
"""

from __future__ import annotations

import json
import os
import shutil
import string
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench import report, stage
from bench.kills import Crashing
from bench.kills import Outcome as KillOutcome
from bench.overhead import FAKE_ENGINE, FAKE_MODEL, shelf_with_fake
from bench.torn import Tearing, TornOutcome
from echo_core.records import trace
from echo_daemon.models.choice import write_choice
from echo_daemon.replay.session_source import installed_source, session
from echo_daemon.replay.trace_file import read_trace
from echo_runtime.clock import SystemClock
from echo_runtime.logs import silence_foreign
from echo_runtime.profile import Profile

# Whatever stands before the cursor, its last character is found, and something follows it.
BOOK: Final = "".join(f"{char} = found\n" for char in string.printable if char not in "\r\v\f")
KILLS: Final = 200
IMAGES: Final = 300


async def measure(
    kills: int, images: int, lines: list[trace.TraceLine], seed: int
) -> report.Report:
    """Kill, then tear."""
    silence_foreign()
    home = Path(tempfile.mkdtemp(prefix="echo-bench-"))
    try:
        killed = await Crashing(*_profile(home), lines, seed).run(kills)
        torn = await Tearing(home / "torn", lines, seed).run(images)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return made(killed, torn, seed)


def made(killed: KillOutcome, torn: TornOutcome, seed: int) -> report.Report:
    """The report."""
    equal = killed.differing == 0 and torn.differing == 0 and killed.texts_equal
    problems = len(killed.problems) + len(torn.problems)
    return report.Report(
        bench="crash",
        when=report.when(SystemClock().wall_ms()),
        machine=report.machine(),
        model="none",
        values={
            "acknowledged_lost": float(killed.lost),
            "live_equals_rebuilt": float(equal),
            "integrity_problems": float(problems),
            "torn_no_prefix": float(torn.no_prefix),
        },
        detail={
            "seed": seed,
            "kills": dict(killed.kills),
            "acknowledged": killed.acknowledged,
            "checks": killed.checks,
            "rebuilds": killed.rebuilds,
            "differing": killed.differing + torn.differing,
            "texts_equal": killed.texts_equal,
            **killed.detail,
            "images": torn.images,
            "images_whole": torn.whole,
        },
    )


def _profile(home: Path) -> tuple[Profile, dict[str, str]]:
    """A throw-away profile with the fake engine, and the environment of its processes."""
    models = home / "models"
    models.mkdir()
    shelf_with_fake(models)
    (home / "book").write_text(BOOK, encoding="utf-8")
    environ = {
        **os.environ,
        "ECHO_HOME": str(home / "h"),
        "ECHO_MODELS": str(models),
        **stage.search_path(),
    }
    profile = Profile.locate(environ)
    profile.prepare()
    profile.mark_throw_away()
    write_choice(profile.choice_path, FAKE_MODEL)
    command = [sys.executable, str(FAKE_ENGINE), "--text", str(home / "book"), "--delay-ms", "5"]
    settings = f'[store]\nkey = "file"\n[engine]\ncommand = {json.dumps(command)}\n'
    profile.config_file.write_text(settings, encoding="utf-8")
    return profile, environ


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--kills", type=int, default=KILLS)
    options.add_argument("--images", type=int, default=IMAGES)
    options.add_argument("--trace", type=Path, help="what is typed; without it, a made session")
    chosen = options.parse_args()
    lines = read_trace(chosen.trace) if chosen.trace else session(installed_source())
    stage.run(measure(chosen.kills, chosen.images, lines, chosen.seed))


if __name__ == "__main__":
    main()
