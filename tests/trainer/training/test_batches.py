"""What is learned alone goes through the product with the vocabulary, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echo_testing import tiny_base
from echo_trainer.runs.bases import find_base
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.gathering import UNLEARNED, Packed
from echo_trainer.training.order import EMPTY
from echo_trainer.training.weights import load_weights

pytestmark = pytest.mark.usefixtures("_extra")


def examples() -> list[Packed]:
    """Of other lengths, learned in other places; of one nothing but its end."""
    chance = np.random.default_rng(3)
    made = []
    for length, learned in ((40, 9), (25, 1), (33, 20)):
        tokens = chance.integers(0, 200, length, dtype=np.int32)
        labels = tokens.copy()
        labels[:-learned] = UNLEARNED
        made.append(Packed(tokens, labels))
    return made


def gradients(model: Any) -> dict[str, Any]:
    return {name: each.grad for name, each in model.named_parameters() if each.grad is not None}


def test_the_loss_and_its_gradients_are_those_of_the_whole_product(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - an extra

    from echo_trainer.training import fitting  # noqa: PLC0415

    found = find_base("tiny", tiny_base.write(tmp_path / "tiny.gguf"), tmp_path)
    settings = TrainingSettings(rank=4, epochs=1, batch_samples=4, samples_at_once=4)
    made = examples()
    place = fitting.Place.taken(settings)
    work = fitting.Work(
        {"train": made}, settings, place, tmp_path, lambda _step, _figures: None, end=0
    )
    order = fitting.Order.of(len(made), settings, 1)
    trainer = fitting._trainer(load_weights(found, torch.float32), work, order)
    [batch] = trainer.get_train_dataloader()
    assert batch["input_ids"].shape == (4, 40)  # with the place that is empty
    assert batch["shift_labels"].shape == batch["kept"].shape == (4, 20)
    torch.manual_seed(1)
    for name, each in trainer.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(each)  # zeros would leave the others without a gradient
    loss = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=torch.tensor(30))
    loss.backward()
    narrowed = gradients(trainer.model)

    places = order.places[0]
    rows = [made[place] for place in places if place != EMPTY]
    trainer.model.zero_grad()
    total = torch.zeros(())
    for row in rows:
        logits = trainer.model(input_ids=torch.tensor(row.tokens[None].astype(np.int64))).logits
        wanted = torch.tensor(row.labels[1:].astype(np.int64))
        total = total + torch.nn.functional.cross_entropy(logits[0, :-1], wanted, reduction="sum")
    (total / 30).backward()
    assert loss.item() == pytest.approx(total.item() / 30, rel=1e-5)
    whole = gradients(trainer.model)
    assert narrowed.keys() == whole.keys()
    for name, each in whole.items():
        torch.testing.assert_close(narrowed[name], each, rtol=1e-3, atol=1e-4)
