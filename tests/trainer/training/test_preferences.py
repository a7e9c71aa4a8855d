"""Runs that learn from what was not kept, for real on a tiny base: begun, killed, by two at once."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echo_core.errors import InputError
from echo_testing import training_desk
from echo_testing.lake_room import PEOPLE, Room, contribution
from echo_testing.training_desk import child, distance
from echo_trainer.curation.split import Part
from echo_trainer.lake.cells import Texts
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs import curve
from echo_trainer.runs.folders import RunFolder, Runs
from echo_trainer.runs.records import Run
from echo_trainer.training.course import train

FITTED = 5  # steps, one epoch
PREFERRED = 4


@pytest.fixture(scope="module")
def done(filled: tuple[Room, str]) -> tuple[Run, RunFolder]:
    course = training_desk.course(*filled, "refusing", preferences=True)
    return train(course), course.folder


def test_a_run_learns_from_what_was_not_kept_and_says_from_how_much(
    filled: tuple[Room, str], done: tuple[Run, RunFolder]
) -> None:
    room, version = filled
    run, folder = done
    counted = Versions(room.lake).manifest(version).preferences
    assert run.examples["preferences_train"] == counted[Part.TRAIN] > 10
    assert run.examples["preferences_later"] == counted[Part.LATER]
    assert run.parameters["preferences"] is True
    assert run.steps == FITTED + PREFERRED
    assert run.figures["agreement_train_after"] > run.figures["agreement_train_before"]
    assert run.figures["agreement_train_after"] == 1.0
    assert {"loss_train_after", "loss_train_preferred", "loss_later_preferred"} <= set(run.figures)
    said = [step for step, each in curve.read(folder).items() if "preference_loss" in each]
    assert said == list(range(FITTED + 1, FITTED + PREFERRED + 1))
    assert not folder.checkpoints.exists()
