"""Learning from what was not kept, for real on a tiny base: counted, killed, by two processes."""

from __future__ import annotations

import math
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from echo_core.errors import InputError
from echo_testing import training_desk
from echo_testing.lake_room import OPEN, PEOPLE, Room, contribution
from echo_testing.training_desk import Done
from echo_trainer.curation.split import Part
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs import curve
from echo_trainer.runs.folders import Runs
from echo_trainer.training.course import train


@pytest.fixture(scope="module")
def preferred(done: Done) -> Done:
    """As `done`, with one epoch of fitting and then of preferences."""
    changes = {"epochs": 1, "preferences": True, "preference_learning_rate_millionths": 2000}
    said: list[str] = []
    made = training_desk.course(done.room, done.version, "preferred", said.append, **changes)
    return Done(done.room, done.version, train(made), made.folder, said)


def test_a_run_learns_from_what_was_not_kept_and_says_from_how_much(
    preferred: Done,
) -> None:
    run, figures = preferred.run, preferred.run.figures
    counted = Versions(preferred.room.lake).manifest(preferred.version).preferences
    assert run.examples["preferences_train"] == counted[Part.TRAIN] > 10
    assert run.examples["preferences_later"] == counted.get(Part.LATER, 0)
    assert run.parameters["preferences"] is True
    assert run.learned == "18 samples and 13 preferences"
    assert run.steps == 5 + 4
    assert figures["agreement_train_after"] == 1.0
    assert (
        len(training_desk.learned(preferred.folder)) == 2 * 7 * 2
    )  # one adapter, and no reference beside it
    assert {"loss_train_after", "loss_train_preferred", "loss_later_preferred"} <= set(figures)
    noted = curve.read(preferred.folder)
    losses = {step: each["preference_loss"] for step, each in noted.items() if step > 5}
    assert list(losses) == [6, 7, 8, 9]
    assert losses[6] == pytest.approx(math.log(2), rel=1e-3)  # it begins where it was handed over
    assert losses[9] < losses[6]
    assert preferred.said[-1].startswith("step 9: preference loss ")
    assert not preferred.folder.checkpoints.exists()


def test_a_run_that_is_killed_among_preferences_goes_on_to_the_same_end(
    preferred: Done,
) -> None:
    desk, home = "echo_testing.training_desk", str(preferred.room.folder)
    told = ("epochs=1", "preferences=1", "preference_learning_rate_millionths=2000")
    killed = training_desk.child("-m", desk, home, preferred.version, "refused", "8", *told)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    said: list[str] = []
    changes = {"epochs": 1, "preferences": True, "preference_learning_rate_millionths": 2000}
    course = training_desk.course(
        preferred.room, preferred.version, "refused", said.append, **changes
    )
    run = train(course)
    assert [line.partition(":")[0] for line in said[1:]] == ["step 8", "step 9"]
    assert run.figures == pytest.approx(preferred.run.figures, rel=1e-3)
    assert training_desk.distance(preferred.folder, course.folder) < 1e-3


def test_two_processes_begin_preferences_where_one_does(preferred: Done) -> None:
    arguments = training_desk.arguments(
        preferred.room,
        preferred.version,
        "both",
        device="cpu",
        epochs=1,
        preferences="true",
        preference_learning_rate_millionths=2000,
    )
    ran = training_desk.child(
        *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "echo_trainer.cli.main", *arguments),
    )
    assert ran.returncode == 0, ran.stderr
    folder = Runs.of(preferred.room.home).named("both")
    run, noted = folder.read_run(), curve.read(folder)
    assert (run.steps, run.tokens) == (preferred.run.steps, preferred.run.tokens)
    # Every process has the reference of every pair, and of the model that all go on with.
    assert noted[6]["preference_loss"] == pytest.approx(math.log(2), rel=1e-3)
    assert noted[9]["preference_loss"] < noted[6]["preference_loss"]


def test_a_likelihood_is_the_same_alone_and_beside_others(preferred: Done) -> None:
    import torch  # noqa: PLC0415 - an extra

    from echo_trainer.training import preferring, weights  # noqa: PLC0415
    from echo_trainer.training.gathering import Packed  # noqa: PLC0415

    base = training_desk.course(preferred.room, preferred.version, "base").base
    model = weights.load_weights(base, torch.float32).eval()
    chance = np.random.default_rng(1)

    def text(size: int, learned: int) -> Packed:
        tokens = chance.integers(0, 256, size, np.int32)
        return Packed(tokens, np.where(np.arange(size) < size - learned, -100, tokens))

    texts = [text(30, 4), text(12, 1), text(21, 20)]
    with torch.no_grad():
        together = preferring.likelihoods(model, preferring.batch_of(texts, 0))
        for at, one in enumerate(texts):
            alone = preferring.likelihoods(model, preferring.batch_of([one], 0))
            assert alone[0].item() == pytest.approx(together[0][at].item(), rel=1e-4)
            assert int(alone[1]) == int(together[1][at]) == int((one.labels != -100).sum())
            tokens = torch.tensor(one.tokens[None], dtype=torch.long)
            logs = model(input_ids=tokens).logits.log_softmax(-1)[0, :-1]
            whole = logs.gather(1, tokens[0, 1:, None])[one.labels[1:] != -100].sum()
            assert alone[0].item() == pytest.approx(whole.item(), rel=1e-4)


def test_a_version_that_says_nothing_of_it_is_refused(done: Done, tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.add([Opened(PEOPLE[n % 8], "2026-W47", contribution(n)) for n in range(20)])
    version = room.make(OPEN).name
    shutil.copy(training_desk.base_at(done.room.folder), training_desk.base_at(tmp_path))
    with pytest.raises(InputError, match=r"sharing\.rejected"):
        train(training_desk.course(room, version, "none", preferences=True))
