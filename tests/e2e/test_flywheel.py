"""`make flywheel` as small as it can be: every program real, from nothing to other weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from echo_engine.catalogue import load_catalogue
from echo_testing import leftovers

MODEL = "smollm2-135m"
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    not os.environ.get("ECHO_FLYWHEEL"),
    reason="it takes minutes of two cores: ECHO_FLYWHEEL=1 runs it, as a nightly run should",
)
def test_one_turn_from_nothing_to_clients_on_other_weights(
    tmp_path_factory: pytest.TempPathFactory, weights: Callable[[str], Path]
) -> None:
    entry = load_catalogue().find(MODEL)
    assert entry is not None
    assert weights(entry.file)
    folder = tmp_path_factory.mktemp("f")  # short: sockets lie in it
    # What so few samples come to is chance, and the gate may refuse it: clients are updated either
    # way, from a release that says which it was.
    done = subprocess.run(
        [sys.executable, "-m", "bench.flywheel", "--quick", "--despite-gate"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.rstrip().rpartition("\n")[2])["detail"]
    counts = told["counts"]
    assert 0 < counts["judged"] <= counts["candidates"]
    assert counts["kept"] >= counts["sent"] > 0
    assert counts["samples_train"] > 0
    assert told["gate"]["passed"] in (True, False)
    assert bool(told["gate"]["reasons"]) is not told["gate"]["passed"]
    assert [set(each) for each in told["by_file"]] == [{"file", "before", "after"}] * 2
    assert "held-out files" in done.stdout
    assert list(folder.iterdir()) == []
    assert [each for each in leftovers.daemons() if each.home.is_relative_to(folder)] == []
