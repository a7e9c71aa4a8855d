"""Runs of training, for real on a tiny base: begun, killed, gone on with, by several processes."""

from __future__ import annotations

import errno
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echo_core.errors import InputError, TrainerError
from echo_testing import training_desk
from echo_trainer.lake.versions import Versions
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
