"""Runs that were cut off: killed, without room, with torn checkpoints, with samples deleted."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from echo_core.errors import ModelError, TrainerError
from echo_testing import small_disk, training_desk
from echo_testing.lake_room import PEOPLE, Room
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.folders import RunFolder, Runs
from echo_trainer.training import checkpoints
from echo_trainer.training.course import train

DAY = "2026-11-23"


class CutError(Exception):
    """Somebody ends the run."""


def at(step: int, then: Callable[[], None]) -> Callable[[str], None]:
    """Listens, and does something when a step was computed and before it is kept."""

    def say(line: str) -> None:
        if line.startswith(f"step {step}:"):
            then()

    return say


def cut() -> None:
    raise CutError


def names(folder: RunFolder) -> list[str]:
    return sorted(each.name for each in folder.checkpoints.glob("checkpoint-*"))


@pytest.fixture
def copy(filled: tuple[Room, str], tmp_path: Path) -> tuple[Room, str]:
    """A home like the others', in which something may be deleted."""
    room, version = filled
    shutil.copytree(room.folder, tmp_path / "home", ignore=shutil.ignore_patterns("runs"))
    return Room(tmp_path / "home"), version


def test_a_killed_run_goes_on_to_the_same_end(done: training_desk.Done) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415 - an extra

    desk, home = "echo_testing.training_desk", str(done.room.folder)
    killed = training_desk.child("-m", desk, home, done.version, "killed", "4")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = Runs.of(done.room.home).named("killed")
    assert not folder.document.exists()
    assert names(folder) == ["checkpoint-2", "checkpoint-3"]
    # What a kill in the middle of writing leaves, and what a power cut does.
    torn = folder.checkpoints / "checkpoint-4"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"\x10")
    (torn / "trainer_state.json").write_text('{"epoch": 1.}', encoding="utf-8")
    emptied = folder.checkpoints / "checkpoint-5"
    shutil.copytree(folder.checkpoints / "checkpoint-3", emptied)
    (emptied / "optimizer.pt").write_bytes(b"")
    said: list[str] = []
    again = training_desk.course(done.room, done.version, "killed", said.append, tracking="")
    run = train(again)
    assert said[0] == "going on from checkpoint-3"
    assert [line.partition(":")[0] for line in said[1:]] == ["step 4", "step 5", "step 6"]
    assert run.steps == 6
    assert run.figures == pytest.approx(done.run.figures, rel=training_desk.ROUNDING)
    assert training_desk.distance(done.folder, folder) < training_desk.ROUNDING
    # One run in MLflow, with every step, of which one was told twice.
    client = MlflowClient(f"sqlite:///{done.room.home.data / 'mlflow.db'}")
    [experiment] = client.search_experiments(filter_string="name = 'echo'")
    [kept] = client.search_runs([experiment.experiment_id], "tags.`echo.run` = 'killed'")
    assert kept.info.status == "FINISHED"
    curve = client.get_metric_history(kept.info.run_id, "loss")
    assert sorted({each.step for each in curve}) == list(range(1, 7))


def test_what_was_deleted_is_not_learned_from_when_a_run_goes_on(
    done: training_desk.Done, copy: tuple[Room, str]
) -> None:
    room, version = copy
    with pytest.raises(CutError):
        train(training_desk.course(room, version, "resumed", at(4, cut)))
    folder = Runs.of(room.home).named("resumed")
    assert names(folder) == ["checkpoint-2", "checkpoint-3"]
    # A wish that was itself cut off: the key is gone, the rows are not yet.
    assert room.keys.destroy(PEOPLE[3])
    said: list[str] = []

    def listen(line: str) -> None:
        said.append(line)
        at(4, cut)(line)

    with pytest.raises(CutError):
        train(training_desk.course(room, version, "resumed", listen))
    assert said[0] == "samples were deleted since it was begun: starting over from the base"
    assert said[1].startswith("step 1:")
    # When its rows follow nothing more is gone.
    assert Versions(room.lake).forget(PEOPLE[3], DAY) > 0
    said.clear()
    run = train(training_desk.course(room, version, "resumed", said.append))
    assert said[0] == "going on from checkpoint-3"
    fresh = training_desk.course(room, version, "fresh")
    assert train(fresh).examples == run.examples
    assert run.examples["train"] < done.run.examples["train"]
    assert training_desk.distance(fresh.folder, folder) < training_desk.ROUNDING


def test_what_is_deleted_while_it_is_learned_ends_the_run(
    done: training_desk.Done, copy: tuple[Room, str]
) -> None:
    room, version = copy

    def delete() -> None:
        assert room.keys.destroy(PEOPLE[5])

    made = training_desk.course(room, version, "during", at(2, delete))
    with pytest.raises(TrainerError, match="were deleted while it was learned"):
        train(made)
    assert not made.folder.checkpoints.exists()
    assert not made.folder.adapter.exists()
    said: list[str] = []
    run = train(training_desk.course(room, version, "during", said.append))
    assert said[0] == "samples were deleted since it was begun: starting over from the base"
    assert run.examples["train"] < done.run.examples["train"]
    room.keys.destroy(PEOPLE[6])
    assert train(training_desk.course(room, version, "during", said.append)) == run
    assert said[-1].startswith("samples were deleted since this was trained")


@pytest.mark.usefixtures("_extra")
def test_a_base_that_changes_while_it_is_read_is_refused(copy: tuple[Room, str]) -> None:
    room, version = copy
    made = training_desk.course(room, version, "moved")
    other = room.folder / "other.gguf"
    content = bytearray(made.base.path.read_bytes())
    content[-1] ^= 1
    other.write_bytes(content)
    with pytest.raises(ModelError, match="changed while it was read"):
        train(replace(made, base=replace(made.base, path=other)))


FULL = """
import os, sys
from pathlib import Path
from echo_core.errors import TrainerError
from echo_testing import training_desk
from echo_testing.lake_room import Room

room, version = Room(Path(sys.argv[1])), sys.argv[2]
ballast = Path(sys.argv[3]) / "ballast"

def fill(line):
    if line.startswith("step 3:"):
        left = os.statvfs(ballast.parent)
        ballast.write_bytes(bytes(left.f_bavail * left.f_frsize - 8192))

try:
    training_desk.train(training_desk.course(room, version, "full", fill))
except TrainerError as error:
    print(error)
ballast.unlink()
run = training_desk.train(training_desk.course(room, version, "full", print))
print(run.figures["loss_train_after"])
"""


def test_a_full_disk_is_said_and_nothing_is_lost(
    done: training_desk.Done, copy: tuple[Room, str]
) -> None:
    """A file system of its own, in a user namespace, that is full when a checkpoint is written."""
    room, version = copy
    folder = Runs.of(room.home).named("full").path
    folder.mkdir(parents=True)
    program = [sys.executable, "-c", FULL, str(room.folder), version, str(folder)]
    ran = small_disk.with_disk(
        folder, "64m", program, os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert ran.returncode == 0, ran.stderr
    error, going_on, *_, loss = ran.stdout.strip().split("\n")
    assert error.endswith(
        "is full: free some and run the same command again; it goes on from the last checkpoint."
    )
    assert going_on == "going on from checkpoint-2"
    after = done.run.figures["loss_train_after"]
    assert float(loss) == pytest.approx(after, rel=training_desk.ROUNDING)


def checkpoint(folder: Path, step: int) -> Path:
    made = folder / f"checkpoint-{step}"
    made.mkdir(parents=True)
    for name in ("adapter.bin", "optimizer.pt", "state.json"):
        (made / name).write_bytes(f"{name} of {step}".encode())
    return made


@pytest.mark.parametrize("harm", ["unlisted", "short", "empty", "missing", "other", "torn list"])
def test_a_checkpoint_counts_when_every_file_is_as_listed(tmp_path: Path, harm: str) -> None:
    for step in (9, 10):
        checkpoints.seal(checkpoint(tmp_path, step))
    newest = tmp_path / "checkpoint-10"
    assert checkpoints.last(tmp_path) == newest
    file, listed = newest / "optimizer.pt", newest / "whole.json"
    match harm:
        case "unlisted":
            listed.unlink()
        case "short":
            file.write_bytes(file.read_bytes()[:-1])
        case "empty":
            file.write_bytes(b"")
        case "missing":
            file.unlink()
        case "other":
            file.write_bytes(b"optimizer.pt of 11")
        case "torn list":
            listed.write_bytes(listed.read_bytes()[:-9])
    assert checkpoints.last(tmp_path) == tmp_path / "checkpoint-9"
    assert checkpoints.sweep(tmp_path) == tmp_path / "checkpoint-9"
    assert not newest.exists()


def test_without_a_whole_checkpoint_there_is_none(tmp_path: Path) -> None:
    checkpoint(tmp_path, 1)
    (tmp_path / "checkpoint-").mkdir()
    assert checkpoints.sweep(tmp_path) is None
    assert not list(tmp_path.iterdir())
    assert checkpoints.last(tmp_path / "nowhere") is None
