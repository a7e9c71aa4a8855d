"""`bench.crash`, a short run of it: nothing acknowledged is lost, and live equals rebuilt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from echo_testing.waiting import LONG_S

KILLS = 6
IMAGES = 20


def test_a_short_run_loses_nothing(tmp_path: Path) -> None:
    search = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)  # noqa: PTH100
    # A person's machine: in CI nothing is recorded but in throw-away profiles.
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.crash", "--kills", str(KILLS), "--images", str(IMAGES)],
        env={**environ, "PYTHONPATH": search, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=2 * LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().split("\n")[-1])
    assert {name: figure["holds"] for name, figure in found["figures"].items()} == {
        "acknowledged_lost": True,
        "live_equals_rebuilt": True,
        "integrity_problems": True,
        "torn_no_prefix": True,
    }
    detail = found["detail"]
    assert sum(detail["kills"].values()) >= KILLS
    assert detail["images"] == IMAGES
    assert detail["acknowledged"] > 0
    assert not list(tmp_path.glob("echo-bench-*")), "the throw-away profile was left behind"
