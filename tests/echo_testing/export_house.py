"""Runs over tiny models, as training leaves them, and what exports them.

Left out: training.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from echo_runtime.clock import SystemClock
from echo_testing import tiny_base, tiny_lora
from echo_trainer.export.exporting import Export
from echo_trainer.runs.bases import BaseFile
from echo_trainer.runs.folders import RunFolder
from echo_trainer.runs.records import Base, Run

FAMILY = "qwen2.5-coder"


@dataclass(frozen=True)
class House:
    """A run's folder, its base, and how they are exported."""

    folder: RunFolder
    base: BaseFile

    def export(self, **options: Any) -> Export:
        return Export(self.folder, self.base, SystemClock(), lambda _line: None, **options)


def make_house(path: Path, architecture: str, kind: str = "Q8_0", **lora: Any) -> House:
    """A run that was trained on a tiny model, quantised as `kind`; `lora` as `tiny_lora` has it."""
    path.mkdir(parents=True, exist_ok=True)
    model = path / "base.gguf"
    tiny_base.write(model, arch=architecture, kind=kind, tied=architecture == "llama")
    return house_of(path, model, architecture, FAMILY, **lora)


def house_of(path: Path, model: Path, architecture: str, family: str, **lora: Any) -> House:
    """A run that was trained on a model that is there."""
    content = model.read_bytes()
    base = Base(tiny_base.NAME, sha256(content).hexdigest(), len(content), architecture, family)
    folder = RunFolder(path / "first")
    lora_options = {"rank": tiny_lora.RANK, "alpha": tiny_lora.ALPHA, **lora}
    tiny_lora.write(folder.adapter, model, **lora_options)
    run = Run(
        name="first",
        base=base,
        dataset="0" * 16,
        dataset_sha256="b" * 64,
        code="0.1.0",
        parameters={"rank": tiny_lora.RANK, "alpha": int(tiny_lora.ALPHA)},
        examples={"train": 1},
        tokens=1,
        steps=1,
        seconds=1.0,
        figures={},
        made="2026-01-02",
    )
    folder.write(run)
    return House(folder, BaseFile(base, model))
