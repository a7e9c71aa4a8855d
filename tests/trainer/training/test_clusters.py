"""Workers of a Ray cluster learn what one process learns. Without the extra `ray` it is skipped."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from echo_testing import training_desk
from echo_trainer.runs.folders import Runs

STORE_BYTES = 80 << 20  # about the least that Ray takes

# The real command, in a process with a cluster of its own.
COMMAND = """
import sys
import ray
ray.init(
    num_cpus=2, include_dashboard=False, log_to_driver=False,
    object_store_memory=int(sys.argv[1]), _temp_dir=sys.argv[2],
)
from echo_trainer.cli.main import main
sys.argv[1:3] = []
main()
"""


@pytest.fixture
def notes() -> Iterator[Path]:
    """Where Ray writes what it logs: a short path, as sockets lie there."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("the extra ray is not installed")
    folder = Path(tempfile.mkdtemp(prefix="ray"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_two_workers_of_a_cluster_learn_what_one_process_learns(
    done: training_desk.Done, notes: Path
) -> None:
    arguments = training_desk.arguments(
        done.room, done.version, "ray", samples_at_once=2, device="cpu"
    )
    ran = training_desk.child(
        *("-c", COMMAND, str(STORE_BYTES), str(notes), *arguments),
        *("--ray", "local", "--workers", "2"),
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "ray"
    folder = Runs.of(done.room.home).named("ray")
    run = folder.read_run()
    assert (run.steps, run.tokens, run.examples) == (6, done.run.tokens, done.run.examples)
    assert run.figures == pytest.approx(done.run.figures, rel=training_desk.ROUNDING)
    assert training_desk.distance(done.folder, folder) < training_desk.ROUNDING
    planted = training_desk.PLANTED.encode()
    written = [each for each in notes.rglob("*") if each.is_file()]
    assert written
    assert not [each for each in written if planted in each.read_bytes()]
