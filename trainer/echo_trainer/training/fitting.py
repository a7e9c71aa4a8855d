"""Supervised fine-tuning of a LoRA: TRL's trainer on examples that are tokens already.

Left out: what is learned from (`gathering`), when (`order`), the base (`weights`), what is written
of a run (`course`).

Rules
 - One process a device: a launcher (torchrun, accelerate, Ray) starts several, and each calls this.
 - However many there are, and however many samples each computes at once, the same is learned: a
   step's samples, and a loss that is divided by the tokens of the whole step.
 - A checkpoint holds the LoRA, the optimiser, the draws and numbers; no token of a sample.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import PartialState
from peft import LoraConfig
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast, PrinterCallback, TrainerCallback
from transformers.utils import logging
from trl import SFTConfig, SFTTrainer

from echo_core.errors import TrainerError
from echo_runtime import files
from echo_trainer.runs.shippable import TARGETS
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training import checkpoints
from echo_trainer.training.batches import Collator, narrow, nothing, table_of
from echo_trainer.training.gathering import UNLEARNED, Packed
from echo_trainer.training.order import Order

_END: Final = "<end>"
_ROOM_BYTES_MIN: Final = 1 << 20  # less than the smallest checkpoint

Report = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """How it went."""

    steps: int
    tokens: int  # read
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process stands among those of its run, and what it computes with."""

    cpu: bool
    dtype: torch.dtype
    state: PartialState

    @classmethod
    def taken(cls, settings: TrainingSettings) -> Place:
        """What the settings and the launcher say, and what is there."""
        cpu = settings.device == "cpu" or not torch.cuda.is_available()
        half = settings.precision == "bfloat16" or (settings.precision == "auto" and not cpu)
        return cls(cpu, torch.bfloat16 if half else torch.float32, PartialState(cpu=cpu))

    @property
    def is_first(self) -> bool:
        """Whether it writes."""
        return bool(self.state.is_main_process)

    @property
    def processes(self) -> int:
        """How many there are."""
        return int(self.state.num_processes)

    def wait_for_all(self) -> None:
        """Returns when every process has come here."""
        self.state.wait_for_everyone()


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done.

    `parts` are examples by name: "train" is learned from, and of each the loss is taken before and
    after. `report` is told a step's number and its figures, in the first process only. `end` is the
    token that fills up what is shorter than its neighbours. `go_on` is called in every process at
    each checkpoint, and raises where nothing may be learned any more.
    """

    parts: Mapping[str, Sequence[Packed]]
    settings: TrainingSettings
    place: Place
    folder: Path
    report: Report
    end: int
    go_on: Callable[[], None] = lambda: None


def fit(model: Any, work: Work) -> tuple[Fitted, Any]:
    """Train, going on from the last checkpoint in the folder; how it went, and the trained model.

    Raises:
        TrainerError: there is no room in memory or on disk, or the loss is no number.
    """
    train, settings = work.parts["train"], work.settings
    order = Order.of(len(train), settings, work.place.processes)
    shown = {
        name: each[: settings.heldout_samples]
        for name, each in work.parts.items()
        if each[: settings.heldout_samples]
    }
    with Told(work.folder):
        made = _trainer(model, work, order)
        before = _losses(made, shown, work)
        last = checkpoints.last(work.folder)
        made.train(resume_from_checkpoint=None if last is None else str(last))
        after = _losses(made, shown, work)
    figures = {f"{name}_before": loss for name, loss in before.items()}
    figures |= {f"{name}_after": loss for name, loss in after.items()}
    if not all(map(math.isfinite, figures.values())):
        raise TrainerError(
            "The loss is no number any more: set a smaller training.learning_rate_millionths, or "
            "training.precision to float32."
        )
    lengths = np.array([len(each.tokens) for each in train])
    return Fitted(order.steps, int(lengths @ order.counts(len(train))), figures), made.model


def _trainer(model: Any, work: Work, order: Order) -> SFTTrainer:
    logging.set_verbosity_error()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    narrow(model)
    made = SFTTrainer(
        model=model,
        args=_arguments(work, order),
        train_dataset=table_of(work.parts["train"], order.places, work.end),
        processing_class=_stand_in(work.end),
        data_collator=Collator(work.end),
        peft_config=LoraConfig(
            r=work.settings.rank,
            lora_alpha=work.settings.alpha,
            target_modules=list(TARGETS),
            task_type="CAUSAL_LM",
        ),
        callbacks=[_Telling(work)],
    )
    made.processing_class = None  # so that no checkpoint holds it
    made.remove_callback(PrinterCallback)
    return made


def _arguments(work: Work, order: Order) -> SFTConfig:
    settings, place = work.settings, work.place
    return SFTConfig(
        output_dir=str(work.folder),
        per_device_train_batch_size=order.at_once,
        gradient_accumulation_steps=order.rounds,
        train_sampling_strategy="sequential",
        max_steps=order.steps,
        learning_rate=settings.learning_rate_millionths / 1e6,
        lr_scheduler_type="cosine",
        warmup_steps=order.steps * settings.warmup_thousandths // 1000,
        seed=settings.seed,
        bf16=place.dtype is torch.bfloat16,
        use_cpu=place.cpu,
        ddp_find_unused_parameters=False,  # every step uses all of a LoRA
        gradient_checkpointing=settings.recompute,
        save_steps=settings.checkpoint_steps,
        save_total_limit=checkpoints.KEPT,
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_pin_memory=not place.cpu,
    )


def _stand_in(end: int) -> PreTrainedTokenizerFast:
    """TRL asks for a tokenizer and needs none: examples are tokens already."""
    word = Tokenizer(WordLevel({_END: end}, unk_token=_END))
    return PreTrainedTokenizerFast(tokenizer_object=word, eos_token=_END, pad_token=_END)


def _losses(
    made: SFTTrainer, shown: Mapping[str, Sequence[Packed]], work: Work
) -> dict[str, float]:
    """The mean loss of each part's tokens, which the first process reports."""
    found = {f"loss_{name}": _loss(made, each, work) for name, each in shown.items()}
    if work.place.is_first:
        work.report(int(made.state.global_step), found)
    return found


def _loss(made: SFTTrainer, examples: Sequence[Packed], work: Work) -> float:
    """The mean loss of a token: one example at a time, so that the same comes out everywhere.

    Each process computes its share; those with nothing left compute nothing, to stay together.
    """
    place, state = work.place, work.place.state
    total = torch.zeros(2, dtype=torch.float32, device=made.args.device)
    made.model.eval()
    for at in range(0, len(examples), place.processes):
        mine = [*examples[at + state.process_index :], nothing(work.end)][0]
        tokens = int((mine.labels[1:] != UNLEARNED).sum())
        batch = made.data_collator([{"input_ids": mine.tokens, "labels": mine.labels}])
        with made.accelerator.autocast():
            mean, _, _ = made.prediction_step(made.model, batch, prediction_loss_only=True)
        total += torch.tensor([float(mean) * tokens, tokens], device=total.device)
    summed = made.accelerator.reduce(total, reduction="sum")
    return float(summed[0] / summed[1])


def sealed(work: Work, folder: Path, step: int) -> None:
    """Make the checkpoint of a step count, where the run may go on."""
    work.go_on()
    work.place.wait_for_all()
    if work.place.is_first:
        checkpoints.seal(folder / f"checkpoint-{step}")


class _Telling(TrainerCallback):  # type: ignore[misc]
    """Tells how it goes, in the first process, and seals what was saved."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def on_log(
        self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_more: Any
    ) -> None:
        """A step is done."""
        if state.is_world_process_zero:
            numbers = {
                name: float(said)
                for name, said in logs.items()
                if isinstance(said, int | float | np.number)
            }
            self._work.report(int(state.global_step), numbers)

    def on_save(self, _args: Any, state: Any, _control: Any, **_more: Any) -> None:
        """A checkpoint is written: each process has written its part when all came here."""
        sealed(self._work, self._work.folder, int(state.global_step))


class Told:
    """Says in our words what PyTorch says of memory and disks in its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or (
            isinstance(error, RuntimeError) and "allocate memory" in str(error)
        ):
            raise TrainerError(
                "There is not enough memory: set training.samples_at_once to 1, "
                "training.recompute to true, training.precision to bfloat16, or a smaller "
                "training.context_tokens."
            ) from error
        if _is_full(error, self._folder):
            raise TrainerError(
                f"The disk of {self._folder} is full: free some and run the same command again; "
                "it goes on from the last checkpoint."
            ) from error


def _is_full(error: BaseException | None, folder: Path) -> bool:
    """Whether it failed for want of room: what writes tensors says so in many ways."""
    if isinstance(error, OSError):
        return files.is_full(error)
    # The folder itself may be gone: what was learned of deleted samples is removed at once.
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return isinstance(error, Exception) and files.free_bytes(there) < _ROOM_BYTES_MIN
