"""The whole gate with a real model: an adapter of nothing passes, one of noise is refused.

SmolLM answers a few short samples; what the rules promise of many stands in `test_deciding`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from echo_core.errors import InputError, TrainerError
from echo_core.release.metadata import Kind
from echo_runtime import files
from echo_runtime.clock import SystemClock
from echo_testing import toy_adapter
from echo_testing.contributions import sample
from echo_testing.lake_room import Room
from echo_trainer.curation.manifest import Manifest
from echo_trainer.curation.parameters import Parameters
from echo_trainer.gate.gating import Gating, gate
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.bases import BaseFile, find_base
from echo_trainer.runs.canaries import Planted
from echo_trainer.runs.folders import RunFolder, Runs
from echo_trainer.runs.records import Run, Shipped
from echo_trainer.settings.gate import GateSettings

CANARY = "quuxfrob"
PEOPLE = 12
# Of so few samples nobody can tell much: a third worse is what eight can show.
LIMITS = GateSettings(
    samples_max=10,
    samples_min=4,
    margin=450,
    slice_margin=1000,
    latency_samples=2,
    latency_ratio_max=100_000,
    infilling_problems=1,
    canary_references=3,
    verbatim_samples=1,
    verbatim_tokens=6,
    threads=1,
)
QUICK = replace(LIMITS, latency_samples=0, verbatim_samples=0)
PROBLEM = {"task_id": "one", "prompt": "a = 1\n", "canonical_solution": "b = a\n", "suffix": ""}


def texts(number: int) -> dict[str, str]:
    """What even a small model goes on with; every fifth time nothing is to be written."""
    called = f"fetch_{CANARY}_{number}(table_{number * 7}, index_{number * 3})"
    return {
        "prefix": f"first = {called}\nsecond = ",
        "target": called if number % 5 else "",
        "suffix": f"\nclose(second, {number * 11})\n",
    }


@dataclass
class House:
    """A trainer's home with a dataset version of many people's samples, and a base."""

    room: Room
    base: BaseFile
    manifest: Manifest

    @classmethod
    def built(cls, folder: Path, base: BaseFile) -> House:
        room = Room(folder)
        room.add(
            [
                Opened(f"{number % PEOPLE:064x}", "2026-W47", sample(number, **texts(number)))
                for number in range(96)
            ]
        )
        few = Parameters(contributors_min=1, heldout_persons=300, heldout_sketch_max=8)
        return cls(room, base, room.make(few))

    def run(self, name: str, scale: float) -> RunFolder:
        """A run whose adapter is of numbers of this size."""
        folder = Runs.of(self.room.home).named(name)
        file = folder.shipped(Kind.ADAPTER)
        file.parent.mkdir(parents=True, exist_ok=True)
        toy_adapter.write(self.base.path, file, scale=scale)
        run = Run(
            name=name,
            base=self.base.base,
            dataset=self.manifest.name,
            dataset_sha256=self.manifest.digest,
            code="test",
            parameters=Planted(1, 1).parameters(),
            examples={"train": self.manifest.parts["train"]},
            tokens=0,
            steps=0,
            seconds=0.0,
            figures={},
        )
        folder.write(run)
        digest = files.sha256_of(file, lambda _done: None)
        folder.write(Shipped(name, Kind.ADAPTER, self.base.base, file.stat().st_size, digest, {}))
        return folder

    def gating(
        self,
        folder: RunFolder,
        say: Callable[[str], None] = str,
        limits: GateSettings = LIMITS,
        infilling: Path | None = None,
    ) -> Gating:
        return Gating(
            run=folder,
            kind=Kind.ADAPTER,
            base=self.base.path,
            versions=Versions(self.room.lake),
            keys=self.room.keys,
            limits=limits,
            infilling=infilling,
            clock=SystemClock(),
            say=say,
        )


@pytest.fixture(scope="module")
def house(weights: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> House:
    file = weights("SmolLM2-135M-Instruct.Q4_1.gguf")
    base = find_base("smollm2-135m", file, file.parent)
    return House.built(tmp_path_factory.mktemp("gate"), base)


class KilledError(Exception):
    """The process went away."""


def test_an_adapter_of_nothing_passes_also_when_the_gate_was_killed(
    house: House, tmp_path: Path
) -> None:
    folder = house.run("zeros", 0.0)
    problems = tmp_path / "problems.jsonl"
    problems.write_text(json.dumps(PROBLEM), encoding="utf-8")

    def die(line: str) -> None:
        if line.startswith("samples for time"):
            raise KilledError

    with pytest.raises(KilledError):
        gate(house.gating(folder, die))
    with pytest.raises(InputError, match="echo-trainer gate"):
        folder.read_verdict(Kind.ADAPTER)
    answers = folder.gate(Kind.ADAPTER) / "answers.jsonl"
    before = answers.read_bytes()
    verdict = gate(house.gating(folder, infilling=problems))
    assert answers.read_bytes().startswith(before)
    assert verdict.passed, verdict.reasons
    assert verdict == folder.read_verdict(Kind.ADAPTER)
    figures = verdict.figures
    assert figures["samples"] == LIMITS.samples_max
    for name in ("edit_similarity", "perplexity"):
        assert figures[f"{name}.candidate"] == pytest.approx(figures[f"{name}.base"], rel=0.05)
    assert figures["canaries.count"] == 1
    assert {"infilling:line.base", "latency.tokens_per_s.base"} & figures.keys()
    assert verdict.limits["margin"] == LIMITS.margin
    page = (folder.gate(Kind.ADAPTER) / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<script" not in page
    card = (folder.gate(Kind.ADAPTER) / "card.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert verdict.sha256 in card


def test_an_adapter_of_noise_is_refused_and_no_text_is_left(house: House) -> None:
    folder = house.run("noise", 1.0)
    verdict = gate(house.gating(folder, limits=QUICK))
    assert not verdict.passed
    assert any(reason.startswith("edit_similarity is worse") for reason in verdict.reasons)
    assert verdict.figures["perplexity.candidate"] > 2 * verdict.figures["perplexity.base"]
    left = [path for path in house.room.folder.rglob("*") if path.is_file()]
    assert {"answers.jsonl", "report.html", "card.md"} <= {path.name for path in left}
    assert [path for path in left if CANARY.encode() in path.read_bytes()] == []


def test_a_file_that_llama_cpp_cannot_load_is_refused(house: House) -> None:
    folder = house.run("broken", 0.0)
    shipped, file = folder.read_shipped(Kind.ADAPTER), folder.shipped(Kind.ADAPTER)
    toy_adapter.write(house.base.path, file, arch="qwen2")
    digest = files.sha256_of(file, lambda _done: None)
    folder.write(replace(shipped, sha256=digest, bytes=file.stat().st_size))
    verdict = gate(house.gating(folder))
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0].startswith("It cannot be loaded: ")


def test_what_is_not_what_its_document_says_is_no_verdict(house: House) -> None:
    folder = house.run("other", 0.0)
    with folder.shipped(Kind.ADAPTER).open("ab") as file:
        file.write(b"more")
    with pytest.raises(TrainerError, match="not what its document says"):
        gate(house.gating(folder))
    shutil.rmtree(folder.path / "shipped")
    with pytest.raises(InputError, match="echo-trainer export"):
        gate(house.gating(folder))
