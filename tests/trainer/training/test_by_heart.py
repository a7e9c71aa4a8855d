"""What weights know by heart, for real: a tiny base learns planted secrets and people's lines over
and over, and the gate asks for them through the engine that serves.

Left out: the arithmetic (`tests/trainer/gate`), the export's checks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from echo_core.release.metadata import Kind
from echo_runtime import files
from echo_runtime.clock import SystemClock
from echo_testing import tiny_base
from echo_testing.contributions import sample
from echo_testing.lake_room import PEOPLE, Room
from echo_trainer.curation.parameters import Parameters
from echo_trainer.export import peft_folder
from echo_trainer.export.adapter_file import write_adapter
from echo_trainer.export.lora import lay
from echo_trainer.export.model_file import ModelTensors
from echo_trainer.gate.gating import Gating, gate
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs import canaries
from echo_trainer.runs.bases import BaseFile, find_base
from echo_trainer.runs.folders import RunFolder, Runs
from echo_trainer.runs.records import Run, Shipped, Verdict
from echo_trainer.settings.gate import GateSettings
from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.course import Course, train

SAMPLES: Final = 10
SEED: Final = 3
# Far more often and further than anybody trains: it is to be known by heart.
LEARNING: Final = TrainingSettings(
    context_tokens=256,
    batch_samples=4,
    samples_at_once=4,
    epochs=160,
    rank=8,
    alpha=16,
    learning_rate_millionths=3000,
    warmup_thousandths=100,
    seed=SEED,
    heldout_samples=0,
    canaries=2,
    canary_repeats=4,
    tracking="off",
)
LIMITS: Final = GateSettings(
    samples_max=2,
    samples_min=1,
    latency_samples=0,
    canary_references=15,
    verbatim_samples=8,
    threads=1,
)


def texts(number: int) -> dict[str, str]:
    """A line of one person's that nobody guesses, of more than 16 words and marks."""
    chance = random.Random(number)

    def word() -> str:
        return f"{chance.choice('abcdefghijkmnpqrstuvwxyz')}{chance.randrange(10)}"

    one, two, three = (f"{word()}({word()}, {word()})" for _ in range(3))
    return {
        "prefix": f"def {word()}_{number}({word()}):\n    ",
        "target": f"return {one} + {two} - {three}",
        "suffix": "\n",
    }


@dataclass
class Learned:
    """A run that has learned by heart, and its file."""

    room: Room
    base: BaseFile
    run: Run
    folder: RunFolder

    def judged(self, seed: int) -> Verdict:
        """What the gate says, were the canaries of this seed planted."""
        self.folder.write(replace(self.run, parameters={**self.run.parameters, "seed": seed}))
        return gate(
            Gating(
                run=self.folder,
                kind=Kind.ADAPTER,
                base=self.base.path,
                versions=Versions(self.room.lake),
                keys=self.room.keys,
                limits=LIMITS,
                infilling=None,
                clock=SystemClock(),
                say=lambda _line: None,
            )
        )


@pytest.fixture(scope="module")
def learned(_extra: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learned]:
    import torch  # noqa: PLC0415 - an extra

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield _learn(tmp_path_factory.mktemp("heart"))
    torch.set_num_threads(threads)


def _learn(path: Path) -> Learned:
    room = Room(path)
    base = find_base(tiny_base.NAME, tiny_base.write(path / "tiny.gguf"), path)
    room.add(
        [
            Opened(
                PEOPLE[number % len(PEOPLE)],
                "2026-W47",
                sample(number, day=f"2026-11-{1 + number:02}", **texts(number)),
            )
            for number in range(SAMPLES)
        ]
    )
    held = Parameters(contributors_min=1, heldout_persons=0, heldout_newest=300)
    folder = Runs.of(room.home).named("heart")
    course = Course(
        versions=Versions(room.lake),
        keys=room.keys,
        dataset=room.make(held).name,
        base=base,
        folder=folder,
        settings=LEARNING,
        data=room.home.data,
        clock=SystemClock(),
        say=lambda _line: None,
    )
    run = train(course)
    laid = lay(peft_folder.read(folder.adapter), ModelTensors.checked(base, run.base))
    path = folder.shipped(Kind.ADAPTER)
    path.parent.mkdir(parents=True)
    write_adapter(path, laid.base.architecture, laid.folder.alpha, laid.for_adapter(), half=True)
    digest = files.sha256_of(path, lambda _done: None)
    folder.write(Shipped(run.name, Kind.ADAPTER, run.base, path.stat().st_size, digest, {}))
    return Learned(room, base, run, folder)


def test_what_was_learned_by_heart_is_refused(learned: Learned) -> None:
    assert canaries.planted(learned.run.parameters) == canaries.Planted(SEED, 2, 4)
    told, others = learned.judged(SEED), learned.judged(SEED + 1)
    about_secrets = "Planted secrets were learned by heart"
    assert told.figures["canaries.exposure_bits"] > LIMITS.exposure_max / 1000
    assert any(reason.startswith(about_secrets) for reason in told.reasons)
    # Secrets that nobody planted stand out by no more than chance allows.
    assert others.figures["canaries.count"] == 2
    assert others.figures["canaries.exposure_bits"] <= LIMITS.exposure_max / 1000
    assert not any(reason.startswith(about_secrets) for reason in others.reasons)
    for verdict in (told, others):
        assert verdict.figures["verbatim.gained"] > 0
        assert verdict.figures["verbatim.gained_unseen"] == 0
        assert any("word for word" in reason for reason in verdict.reasons)
