"""Supervised fine-tuning of a LoRA: TRL's trainer on examples that are tokens already.

Left out: what is learned from (`gathering`), the base (`weights`), what is written of a run
(`course`).

Rules
 - One process a device: a launcher (torchrun, accelerate, Ray) starts several, and each calls this.
 - A checkpoint holds the LoRA, the optimiser, the draws and numbers; no token of a sample.
 - A checkpoint counts when its last file is whole: what was killed while it wrote one goes on from
   the one before.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import datasets
import numpy as np
import pyarrow as pa
import torch
from accelerate import PartialState
from peft import LoraConfig
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast, PrinterCallback, TrainerCallback
from transformers.utils import logging
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from echo_core.errors import TrainerError
from echo_runtime import files
from echo_trainer.lake.columns import lists
from echo_trainer.runs.shippable import TARGETS
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.gathering import Packed

_STATE: Final = "trainer_state.json"  # transformers writes it last
_KEPT: Final = 2  # the newest checkpoint, and the one before while that is written
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


def table_of(examples: Sequence[Packed]) -> datasets.Dataset:
    """Examples as TRL reads them; in memory, never in a cache on disk."""
    columns = {
        "input_ids": lists([each.tokens for each in examples], pa.int32()),
        "labels": lists([each.labels for each in examples], pa.int32()),
    }
    return datasets.Dataset(datasets.table.InMemoryTable(pa.table(columns)))


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done.

    `parts` are examples by name: "train" is learned from, and of each the loss is taken before and
    after. `report` is told a step's number and its figures, in the first process only. `end` is the
    token that fills up what is shorter than its neighbours.
    """

    parts: Mapping[str, Sequence[Packed]]
    settings: TrainingSettings
    place: Place
    folder: Path
    report: Report
    end: int


def fit(model: Any, work: Work) -> tuple[Fitted, Any]:
    """Train, going on from the last checkpoint in the folder; how it went, and the trained model.

    Raises:
        TrainerError: there is no room in memory or on disk, or the loss is no number.
    """
    train, settings = work.parts["train"], work.settings
    arguments = _arguments(work, len(train))
    shown = {
        name: table_of(each[: settings.heldout_samples])
        for name, each in work.parts.items()
        if each[: settings.heldout_samples]
    }
    with Told(work.folder):
        made = _trainer(model, work, arguments)
        figures = _losses(made, shown, "before")
        made.train(resume_from_checkpoint=last_checkpoint(work.folder))
        figures |= _losses(made, shown, "after")
    if not all(map(math.isfinite, figures.values())):
        raise TrainerError(
            "The loss is no number any more: set a smaller training.learning_rate_millionths, or "
            "training.precision to float32."
        )
    steps = int(made.state.global_step)
    a_step = arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps
    whole, rest = divmod(steps, math.ceil(len(train) / (a_step * work.place.processes)))
    samples = whole * len(train) + rest * a_step * work.place.processes
    read = samples * sum(len(each.tokens) for each in train) // len(train)
    return Fitted(steps, read, figures), made.model


def last_checkpoint(folder: Path) -> str | None:
    """The newest checkpoint that is whole; None: there is none."""
    found = sorted(folder.glob("checkpoint-*"), key=_step_of, reverse=True)
    return next((str(each) for each in found if _is_whole(each)), None)


def sweep_checkpoints(folder: Path) -> None:
    """Remove what was being written when a run was cut off."""
    for each in folder.glob("checkpoint-*"):
        if not _is_whole(each):
            shutil.rmtree(each)


def _step_of(path: Path) -> int:
    number = path.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads((path / _STATE).read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _trainer(model: Any, work: Work, arguments: SFTConfig) -> SFTTrainer:
    logging.set_verbosity_error()
    made = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=table_of(work.parts["train"]),
        processing_class=_stand_in(work.end),
        data_collator=DataCollatorForLanguageModeling(pad_token_id=work.end),
        peft_config=LoraConfig(
            r=work.settings.rank,
            lora_alpha=work.settings.alpha,
            target_modules=list(TARGETS),
            task_type="CAUSAL_LM",
        ),
        callbacks=[_Telling(work.report)],
    )
    made.processing_class = None  # so that no checkpoint holds it
    made.remove_callback(PrinterCallback)
    return made


def _arguments(work: Work, samples: int) -> SFTConfig:
    settings, place, world = work.settings, work.place, work.place.processes
    at_once = min(settings.samples_at_once, max(1, settings.batch_samples // world))
    rounds = max(1, settings.batch_samples // (at_once * world))
    steps = settings.epochs * math.ceil(samples / (at_once * world * rounds))
    steps = min(steps, settings.steps_max or steps)
    return SFTConfig(
        output_dir=str(work.folder),
        per_device_train_batch_size=at_once,
        per_device_eval_batch_size=at_once,
        gradient_accumulation_steps=rounds,
        max_steps=steps,
        learning_rate=settings.learning_rate_millionths / 1e6,
        lr_scheduler_type="cosine",
        warmup_steps=steps * settings.warmup_thousandths // 1000,
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=place.dtype is torch.bfloat16,
        use_cpu=place.cpu,
        gradient_checkpointing=settings.recompute,
        save_steps=settings.checkpoint_steps,
        save_total_limit=_KEPT,
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


def _losses(made: SFTTrainer, shown: Mapping[str, datasets.Dataset], when: str) -> dict[str, float]:
    """The mean loss of each part."""
    found = {}
    for name, each in shown.items():
        said = made.evaluate(each, metric_key_prefix=f"eval_{name}")
        found[f"loss_{name}_{when}"] = float(said[f"eval_{name}_loss"])
    return found


class _Telling(TrainerCallback):  # type: ignore[misc]
    """Tells how it goes, in the first process."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def on_log(
        self, _args: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_more: Any
    ) -> None:
        """A step is done, or something was measured."""
        if state.is_world_process_zero:
            numbers = {
                name: float(said)
                for name, said in logs.items()
                if isinstance(said, int | float | np.number)
            }
            self._report(int(state.global_step), numbers)


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
    return isinstance(error, Exception) and files.free_bytes(folder) < _ROOM_BYTES_MIN
