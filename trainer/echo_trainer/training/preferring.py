"""Learning what is not to be written: direct preference optimisation (Rafailov et al. 2023) of a
LoRA that was fitted before.

    loss = -log sigmoid(beta * (gain(kept) - gain(rejected)))
    gain(text) = how much likelier its tokens are than at the start: the mean of their logarithms

The mean and not the sum: a rejected proposal is often several lines and what was kept one, and by
sums a long text weighs by its length, so that a model would learn to write little.

TRL has a trainer for this. It takes a prompt and two texts, and no mask of which of their tokens
count; and it keeps the reference as a second adapter, which every checkpoint would hold, or as a
cache on a disk. Here the reference is two numbers for each pair, computed before the first step.

Left out: pairs (`preferences`), what comes before (`fitting`), what is written (`course`).

Rules
 - The reference is the model as it was handed over; that is found again after a cut, because
   fitting is found again.
 - A checkpoint holds what one of `fitting` holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import torch
from accelerate.utils import broadcast, gather_object
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from echo_core.errors import TrainerError
from echo_trainer.training import checkpoints
from echo_trainer.training.fitting import Fitted, Told, sealed
from echo_trainer.training.fitting import Work as Fitting
from echo_trainer.training.gathering import UNLEARNED, Packed
from echo_trainer.training.preferences import Pair

_TRAIN: Final = "train"
Batch: TypeAlias = dict[str, Tensor]
Item: TypeAlias = tuple[Pair, tuple[float, float]]  # with the reference


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done.

    `pairs` by part: "train" is learned from, and of each the agreement is taken before and after,
    how often what was kept is the likelier. `fitting`: what was done before, and `fitted` how it
    went; of its examples the loss is taken again.
    """

    fitting: Fitting
    pairs: Mapping[str, Sequence[Pair]]
    fitted: Fitted

    @property
    def folder(self) -> Path:
        """Of checkpoints."""
        return self.fitting.folder / "preferences"


def prefer(model: Any, work: Work) -> Fitted:
    """Teach a fitted model what was kept over what was not; how both went together.

    Raises:
        TrainerError: there is no room in memory or on disk, or the loss is no number.
    """
    train, few = work.pairs[_TRAIN], work.fitting.settings.heldout_samples
    shown = {name: each[:few] for name, each in work.pairs.items() if each[:few]}
    examples = {name: each[:few] for name, each in work.fitting.parts.items() if each[:few]}
    with Told(work.folder):
        for each in model.parameters():
            if each.requires_grad:
                broadcast(each.data)  # what every process begins with is the first one's
        made = _Preferring(model, work)
        before = {name: made.agreement(each) for name, each in shown.items()}
        made.train_dataset = list(zip(train, made.means(train), strict=True))
        last = checkpoints.last(work.folder)
        made.train(resume_from_checkpoint=None if last is None else str(last))
        after = {name: made.agreement(each) for name, each in shown.items()}
        losses = {name: made.loss(each) for name, each in examples.items()}
    if not all(map(math.isfinite, losses.values())):
        raise TrainerError(
            "The loss is no number any more: set a smaller "
            "training.preference_learning_rate_millionths, or training.precision to float32."
        )
    figures = {
        **work.fitted.figures,
        **{f"agreement_{name}_before": share for name, share in before.items()},
        **{f"agreement_{name}_after": share for name, share in after.items()},
        **{f"loss_{name}_preferred": loss for name, loss in losses.items()},
    }
    read = sum(len(each.kept.tokens) + len(each.rejected.tokens) for each in train)
    return Fitted(
        work.fitted.steps + int(made.state.global_step),
        work.fitted.tokens + work.fitting.settings.preference_epochs * read,
        figures,
    )


def batch_of(texts: Sequence[Packed], end: int) -> Batch:
    """Texts as one batch, filled up behind."""
    width = max(len(each.tokens) for each in texts)
    shape = (len(texts), width)
    found = {
        "input_ids": torch.full(shape, end, dtype=torch.long),
        "attention_mask": torch.zeros(shape, dtype=torch.long),
        "wanted": torch.full(shape, UNLEARNED, dtype=torch.long),
    }
    for row, each in enumerate(texts):
        size = len(each.tokens)
        found["input_ids"][row, :size] = torch.from_numpy(each.tokens)
        found["attention_mask"][row, :size] = 1
        found["wanted"][row, :size] = torch.from_numpy(each.labels)
    return found


def likelihoods(model: Any, batch: Batch) -> tuple[Tensor, Tensor]:
    """Of each text the sum of its learned tokens' log-probabilities, and how many these are."""
    wanted = batch["wanted"]
    first = int((wanted != UNLEARNED).any(0).nonzero()[0])
    behind = wanted[:, first:]
    logits = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        logits_to_keep=behind.shape[1] + 1,  # those of a large vocabulary fill the memory
        use_cache=False,
    ).logits[:, :-1]
    of_all = torch.log_softmax(logits.float(), -1)
    picked = of_all.gather(-1, behind.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    counts = behind != UNLEARNED
    return (picked * counts).sum(1), counts.sum(1)


class _Preferring(Trainer):  # type: ignore[misc]
    """The loss over pairs, and what is measured of texts."""

    def __init__(self, model: Any, work: Work) -> None:
        self._work = work
        super().__init__(
            model=model,
            args=_arguments(work),
            data_collator=self._collated,
            train_dataset=[],
            callbacks=[_Telling(work)],
        )
        self.model_accepts_loss_kwargs = False  # a step's loss is the mean of its batches'
        self.remove_callback(PrinterCallback)

    def _collated(self, items: Sequence[Item]) -> Batch:
        pairs = [pair for pair, _ in items]
        texts = [*(each.kept for each in pairs), *(each.rejected for each in pairs)]
        means = [mean for _, mean in items]
        reference = [*(kept for kept, _ in means), *(rejected for _, rejected in means)]
        return batch_of(texts, self._work.fitting.end) | {"reference": torch.tensor(reference)}

    def compute_loss(
        self, model: Any, inputs: Batch, return_outputs: bool = False, **_more: Any
    ) -> Tensor:
        """Of a batch: what was kept of each pair, then what was rejected."""
        del return_outputs
        sums, counts = likelihoods(model, inputs)
        kept, rejected = (sums / counts - inputs["reference"]).chunk(2)
        beta = self._work.fitting.settings.preference_beta_thousandths / 1000
        return -logsigmoid(beta * (kept - rejected)).mean()

    def means(self, pairs: Sequence[Pair]) -> list[tuple[float, float]]:
        """Of each pair the mean log-probability of a token, kept and rejected."""
        return [
            (kept[0] / kept[1], rejected[0] / rejected[1])
            for kept, rejected in self._measured([each.kept, each.rejected] for each in pairs)
        ]

    def agreement(self, pairs: Sequence[Pair]) -> float:
        """The share of pairs of which a token of what was kept is the likelier."""
        return sum(kept > rejected for kept, rejected in self.means(pairs)) / len(pairs)

    def loss(self, examples: Sequence[Packed]) -> float:
        """The mean loss of the examples' learned tokens."""
        found = [one for (one,) in self._measured([each] for each in examples)]
        return -sum(one[0] for one in found) / sum(one[1] for one in found)

    def _measured(self, batches: Iterable[list[Packed]]) -> list[list[tuple[float, int]]]:
        """Of each text of each batch sum and count; every process computes its share."""
        self.model.eval()
        found: list[list[tuple[float, int]]] = []
        with self._work.fitting.place.state.split_between_processes(list(batches)) as mine:
            for texts in mine:
                batch = self._prepare_inputs(batch_of(texts, self._work.fitting.end))
                with torch.no_grad(), self.compute_loss_context_manager():
                    sums, counts = likelihoods(self.model, batch)
                found.append(list(zip(sums.tolist(), counts.tolist(), strict=True)))
        whole: list[list[tuple[float, int]]] = gather_object(found)
        return whole


def _arguments(work: Work) -> TrainingArguments:
    settings, place = work.fitting.settings, work.fitting.place
    world = place.processes
    # A pair is two texts: half as many at once take as much memory as in fitting.
    at_once = max(1, min(settings.samples_at_once // 2, settings.batch_samples // world))
    rounds = max(1, settings.batch_samples // (at_once * world))
    a_step = at_once * rounds * world
    steps = settings.preference_epochs * math.ceil(len(work.pairs[_TRAIN]) / a_step)
    return TrainingArguments(
        output_dir=str(work.folder),
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=rounds,
        max_steps=steps,
        learning_rate=settings.preference_learning_rate_millionths / 1e6,
        lr_scheduler_type="cosine",
        warmup_steps=steps * settings.warmup_thousandths // 1000,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=place.dtype is torch.bfloat16,
        use_cpu=place.cpu,
        gradient_checkpointing=settings.recompute,
        save_steps=settings.checkpoint_steps,
        save_total_limit=checkpoints.KEPT,
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        remove_unused_columns=False,
        dataloader_pin_memory=not place.cpu,
    )


class _Telling(TrainerCallback):  # type: ignore[misc]
    """Tells how it goes, in the first process, and seals what was saved."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def on_log(
        self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_more: Any
    ) -> None:
        """A step is done."""
        if state.is_world_process_zero and "loss" in logs:
            step = self._work.fitted.steps + int(state.global_step)
            self._work.fitting.report(step, {"preference_loss": float(logs["loss"])})

    def on_save(self, _args: Any, state: Any, _control: Any, **_more: Any) -> None:
        """A checkpoint is written: each process has written its part when all came here."""
        sealed(self._work.fitting, self._work.folder, int(state.global_step))
