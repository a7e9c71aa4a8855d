"""A small training run for tests: a lake of made-up code, a tiny base, and the course of a run.

`python -m echo_testing.training_desk HOME VERSION RUN STEP [NAME=NUMBER...]` trains in a
process of its own and dies by SIGKILL when STEP was computed and before it is kept.

Left out: what is learned of real code.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from echo_runtime.clock import SystemClock
from echo_testing import tiny_base
from echo_testing.lake_room import PEOPLE, Room, contribution
from echo_testing.waiting import LONG_S
from echo_trainer.curation.parameters import Parameters
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.bases import find_base
from echo_trainer.runs.folders import RunFolder, Runs
from echo_trainer.runs.records import Run
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.course import Course, train

PLANTED: Final = "zanzibarQuokka"  # in every target and rejected text: in no file of a run
SAMPLES: Final = 20
VOIDS: Final = 2
REJECTED: Final = 15  # of the samples, from the first on
SETTINGS: Final = {
    "context_tokens": 1536,
    "batch_samples": 4,
    "samples_at_once": 4,
    "steps_max": 6,
    "epochs": 2,
    "rank": 4,
    "learning_rate_millionths": 5000,
    "heldout_samples": 6,
    "checkpoint_steps": 1,
}
ROUNDING: Final = 1e-4  # sums in another order: 1e-7 where it was measured, and steps enlarge it
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1"}  # of two that wait for each other one has its turn


@dataclass(frozen=True)
class Done:
    """A run that went through at once."""

    room: Room
    version: str
    run: Run
    folder: RunFolder
    said: list[str]


def fill(folder: Path) -> tuple[Room, str]:
    """A trainer's home with a version of a few samples and a tiny base; the version's name."""
    room = Room(folder)
    samples = [contribution(number) for number in range(SAMPLES)]
    targets = ["" if number < VOIDS else f"{PLANTED}({number})" for number in range(SAMPLES)]
    refused = [f"{PLANTED}.wrong({n})" if n < REJECTED else "" for n in range(SAMPLES)]
    made = [
        replace(sample, target=target, rejected=rejected)
        for sample, target, rejected in zip(samples, targets, refused, strict=True)
    ]
    room.add([Opened(PEOPLE[at % len(PEOPLE)], "2026-W47", one) for at, one in enumerate(made)])
    version = room.make(Parameters(contributors_min=1, heldout_persons=0, heldout_newest=100)).name
    tiny_base.write(base_at(folder))
    return room, version


def base_at(folder: Path) -> Path:
    """Where the tiny base of a home lies."""
    return folder / "tiny.gguf"


def course(
    room: Room,
    version: str,
    run: str,
    say: Callable[[str], None] = lambda _line: None,
    **changes: int | str | bool,
) -> Course:
    """What `echo-trainer train` would do, in this process."""
    settings = TrainingSettings(**(SETTINGS | {"tracking": "off"} | changes))  # type: ignore[arg-type]
    return Course(
        versions=Versions(room.lake),
        keys=room.keys,
        dataset=version,
        base=find_base(tiny_base.NAME, base_at(room.folder), room.folder),
        folder=Runs.of(room.home).named(run),
        settings=settings,
        data=room.home.data,
        clock=SystemClock(),
        say=say,
    )


def arguments(room: Room, version: str, run: str, **changes: int | str) -> Sequence[str]:
    """The same as arguments of `echo-trainer`."""
    settings = SETTINGS | {"tracking": "off"} | changes
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    base = ["--base", tiny_base.NAME, "--base-file", str(base_at(room.folder))]
    home = ["--home", str(room.folder)]
    return [*home, "train", "--dataset", version, *base, "--name", run, *sets]


def whole(room: Room, version: str) -> Done:
    """A run by one process, with curves: what others are compared with."""
    said: list[str] = []
    made = course(room, version, "whole", said.append, tracking="")
    return Done(room, version, train(made), made.folder, said)


def child(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another Python with the same path."""
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | _ONE_THREAD | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=2 * LONG_S,
        check=False,
    )


def learned(folder: RunFolder) -> dict[str, Any]:
    """The numbers of an adapter."""
    from safetensors.numpy import load_file  # noqa: PLC0415 - an extra

    return dict(load_file(folder.adapter / "adapter_model.safetensors"))


def distance(one: RunFolder, other: RunFolder) -> float:
    """How far two adapters are from each other, by the size of their numbers."""
    left, right = learned(one), learned(other)
    assert left.keys() == right.keys()
    apart = sum(float(np.abs(left[name] - right[name]).sum()) for name in left)
    return apart / sum(float(np.abs(each).sum()) for each in left.values())


def main() -> None:
    """From the command line."""
    home, version, run, step, *more = sys.argv[1:]

    def say(line: str) -> None:
        if line.startswith(f"step {step}:"):
            os.kill(os.getpid(), signal.SIGKILL)

    changes = {name: int(number) for name, number in (each.split("=") for each in more)}
    train(course(Room(Path(home)), version, run, say, tracking="", **changes))


if __name__ == "__main__":
    main()
