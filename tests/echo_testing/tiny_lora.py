"""A LoRA of random numbers over a model's file, as PEFT saves one.

Left out: training; the same as llama.cpp reads it (`toy_adapter`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.numpy import save_file

from echo_trainer.export.architectures import TENSORS, Matrix
from echo_trainer.runs.shippable import TARGETS

RANK, ALPHA = 4, 8.0


def write(
    folder: Path,
    base: Path,
    *,
    targets: Sequence[str] = TARGETS,
    rank: int = RANK,
    alpha: float = ALPHA,
    seed: int = 1,
    scale: float = 0.1,
    layers_to_transform: Sequence[int] | None = None,
    **options: object,
) -> dict[str, Matrix]:
    """A LoRA over `base` as PEFT saves one; `options` go into its configuration.

    Gives what is in the file, so that a test can spoil it and `save` again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "alpha_pattern": {},
        "auto_mapping": None,
        "base_model_name_or_path": base.name,
        "bias": "none",
        "exclude_modules": None,
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_to_transform": layers_to_transform,
        "lora_alpha": alpha,
        "lora_dropout": 0.05,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": rank,
        "rank_pattern": {},
        "target_modules": list(targets),
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
        **options,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    reader: Any = gguf.GGUFReader(str(base))
    modules = {tensor: module for module, tensor in TENSORS.items()}
    chance = np.random.default_rng(seed)
    weights: dict[str, Matrix] = {}
    for tensor in reader.tensors:
        block, _, part = tensor.name.removesuffix(".weight").rpartition(".")
        module = modules.get(part, "")
        if not tensor.name.endswith(".weight") or module.rpartition(".")[2] not in targets:
            continue
        layer = int(block.partition(".")[2])
        if layers_to_transform is not None and layer not in layers_to_transform:
            continue
        columns, rows = (int(each) for each in tensor.shape)
        where = f"base_model.model.model.layers.{layer}.{module}"
        a = chance.standard_normal((rank, columns)) / np.sqrt(columns)
        b = chance.standard_normal((rows, rank)) * scale
        weights[f"{where}.lora_A.weight"] = a.astype(np.float32)
        weights[f"{where}.lora_B.weight"] = b.astype(np.float32)
    save(folder, weights)
    return weights


def save(folder: Path, weights: dict[str, Matrix]) -> None:
    """The numbers of a LoRA, where PEFT puts them."""
    save_file(weights, folder / "adapter_model.safetensors")
