"""Runs of training, for real on a tiny base: begun, killed, gone on with, by several processes."""

from __future__ import annotations

import errno
import json
import math
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echo_core.errors import InputError, TrainerError
from echo_testing import training_desk
from echo_testing.lake_room import OPEN, PEOPLE, Room, contribution
from echo_trainer.curation.split import Part
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs import curve
from echo_trainer.runs.folders import Runs
from echo_trainer.training.course import train


def test_a_run_learns_and_says_what_it_did(done: training_desk.Done) -> None:
    run = done.run
    assert run == done.folder.read_run()
    assert run.steps == 6
    assert run.base.family == "qwen2.5-coder"
    assert run.dataset == done.version
    parts = Versions(done.room.lake).manifest(done.version).parts
    assert (run.examples["train"], run.examples["later"]) == (parts["train"], parts["later"])
    assert run.figures["loss_train_after"] < 0.8 * run.figures["loss_train_before"]
    assert run.figures["loss_later_after"] < run.figures["loss_later_before"]
    assert run.tokens > run.examples["train"] * 100
    assert any(line.startswith("step 6: loss ") for line in done.said)


def test_the_adapter_stands_over_every_product_of_a_layer(done: training_desk.Done) -> None:
    config = json.loads((done.folder.adapter / "adapter_config.json").read_bytes())
    assert config["r"] == training_desk.SETTINGS["rank"]
    assert config["base_model_name_or_path"] is None  # no path of this machine
    numbers = training_desk.learned(done.folder)
    assert len(numbers) == 2 * 7 * 2  # layers, products, A and B
    assert all(np.abs(each).max() > 0 for name, each in numbers.items() if "lora_B" in name)
    assert not done.folder.checkpoints.exists()


def test_curves_and_parameters_are_in_mlflow(done: training_desk.Done) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415 - an extra

    client = MlflowClient(f"sqlite:///{done.room.home.data / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("echo")
    assert experiment is not None
    [run] = client.search_runs([experiment.experiment_id])
    assert run.info.run_name == "whole"
    assert run.info.status == "FINISHED"
    assert run.data.params["rank"] == str(training_desk.SETTINGS["rank"])
    assert run.data.params["dataset"] == done.version
    curve = client.get_metric_history(run.info.run_id, "loss")
    assert [each.step for each in curve] == list(range(1, 7))
    assert run.data.metrics["loss_train_after"] == pytest.approx(
        done.run.figures["loss_train_after"]
    )


def test_a_run_that_is_done_is_found_and_its_name_is_taken(done: training_desk.Done) -> None:
    again = training_desk.course(done.room, done.version, "whole")
    assert train(again) == done.run
    other = training_desk.course(done.room, done.version, "whole", rank=8)
    with pytest.raises(InputError, match="begun with another parameters: give another name"):
        train(other)
    changed = replace(again.base, base=replace(again.base.base, sha256="0" * 64))
    with pytest.raises(InputError, match="begun with another base: give another name"):
        train(replace(again, base=changed))


def test_two_processes_learn_what_one_learns(done: training_desk.Done) -> None:
    arguments = training_desk.arguments(
        done.room, done.version, "two", samples_at_once=2, device="cpu"
    )
    ran = training_desk.child(
        *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "echo_trainer.cli.main", *arguments),
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "two"  # said once
    folder = Runs.of(done.room.home).named("two")
    run = folder.read_run()
    assert (run.steps, run.tokens, run.examples) == (6, done.run.tokens, done.run.examples)
    assert run.figures == pytest.approx(done.run.figures, rel=training_desk.ROUNDING)
    assert training_desk.distance(done.folder, folder) < training_desk.ROUNDING


# --- what was not kept --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def preferred(done: training_desk.Done) -> training_desk.Done:
    """As `done`, with one epoch of fitting and then of preferences."""
    changes = {"epochs": 1, "preferences": True, "preference_learning_rate_millionths": 2000}
    said: list[str] = []
    made = training_desk.course(done.room, done.version, "preferred", said.append, **changes)
    return training_desk.Done(done.room, done.version, train(made), made.folder, said)


def test_a_run_learns_from_what_was_not_kept_and_says_from_how_much(
    preferred: training_desk.Done,
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
    preferred: training_desk.Done,
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


def test_two_processes_begin_preferences_where_one_does(preferred: training_desk.Done) -> None:
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


def test_a_likelihood_is_the_same_alone_and_beside_others(preferred: training_desk.Done) -> None:
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


def test_a_version_that_says_nothing_of_it_is_refused(
    done: training_desk.Done, tmp_path: Path
) -> None:
    room = Room(tmp_path)
    room.add([Opened(PEOPLE[n % 8], "2026-W47", contribution(n)) for n in range(20)])
    version = room.make(OPEN).name
    shutil.copy(training_desk.base_at(done.room.folder), training_desk.base_at(tmp_path))
    with pytest.raises(InputError, match=r"sharing\.rejected"):
        train(training_desk.course(room, version, "none", preferences=True))


def test_no_text_of_a_sample_is_written(done: training_desk.Done) -> None:
    planted = training_desk.PLANTED.encode()
    paths = [each for each in done.room.folder.rglob("*") if each.is_file()]
    assert any(each.name == "mlflow.db" for each in paths)
    assert not [each for each in paths if planted in each.read_bytes()]


def test_a_version_of_which_nothing_fits_is_refused(done: training_desk.Done) -> None:
    tight = training_desk.course(done.room, done.version, "tight", context_tokens=64)
    nothing = replace(tight, settings=replace(tight.settings, context_tokens=2))
    with pytest.raises(InputError, match=r"training\.context_tokens"):
        train(nothing)


def test_what_is_missing_is_said(done: training_desk.Done, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="There is no dataset version 0123"):
        train(training_desk.course(done.room, "0123", "unknown"))
    monkeypatch.delitem(sys.modules, "echo_trainer.training.fitting")
    monkeypatch.delattr("echo_trainer.training.fitting")
    monkeypatch.setitem(sys.modules, "trl", None)
    with pytest.raises(TrainerError, match=r"echo-completion\[trainer,training\]"):
        train(training_desk.course(done.room, done.version, "extra"))


@pytest.mark.usefixtures("_extra")
def test_no_room_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: PLC0415 - an extra

    from echo_trainer.training import fitting  # noqa: PLC0415

    with pytest.raises(TrainerError, match="not enough memory"), fitting.Told(tmp_path):
        torch.empty(1 << 60)
    with pytest.raises(TrainerError, match="is full"), fitting.Told(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(fitting.files, "free_bytes", lambda _folder: 4096)
    goes_on = "goes on from the last checkpoint"
    with pytest.raises(TrainerError, match=goes_on), fitting.Told(tmp_path):
        raise RuntimeError("unexpected pos 64 vs 0")  # as torch.save says it
