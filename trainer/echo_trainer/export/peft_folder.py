"""A LoRA as PEFT saves it: adapter_config.json and adapter_model.safetensors.

Left out: what it is for (`lora`).

Rules
 - What we do not know may change what an adapter means, so it is refused: options by name, tensors
   by name, and numbers that are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, deserialize

from echo_core.errors import InputError
from echo_trainer.export.architectures import Matrix

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = "adapter_model.safetensors"
CONFIG_BYTES_MAX: Final = 1 << 20  # PEFT writes one kilobyte
WEIGHTS_BYTES_MAX: Final = 4 << 30  # rank 64 over a model of 30 billion numbers has 2

_TENSOR: Final = re.compile(r"base_model\.model\.(.+)\.lora_([AB])\.weight")
# Options that say nothing about what the adapter computes.
_HARMLESS: Final = frozenset({
    "auto_mapping", "base_model_name_or_path", "revision", "peft_version", "task_type",
    "inference_mode", "r", "lora_alpha", "target_modules", "exclude_modules", "lora_dropout",
    "layers_to_transform", "layers_pattern", "runtime_config", "megatron_core",
    "qalora_group_size",
})  # fmt: skip
# What the others must be to say nothing; one that is not named must be empty.
_PLAIN: Final[Mapping[str, tuple[object, ...]]] = {
    "peft_type": ("LORA",),
    "bias": ("none",),
    # The other ways to begin change the base too, of which the adapter knows nothing.
    "init_lora_weights": (True, "gaussian"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """What is added to one module's weight is scale · b @ a."""

    a: Matrix  # [rank, columns]
    b: Matrix  # [rows, rank]


@dataclass(frozen=True, slots=True)
class Folder:
    """A LoRA that means what it says."""

    rank: int
    alpha: float
    targets: tuple[str, ...]
    layers: tuple[int, ...] | None  # None: all
    pairs: Mapping[str, Pair]  # by the module's name, as transformers has it
    sha256: str  # of both files

    @property
    def scale(self) -> float:
        """What b @ a is multiplied with."""
        return self.alpha / self.rank


def read(folder: Path) -> Folder:
    """The LoRA in a folder.

    Raises:
        InputError: it is none, is damaged, or is of a kind that cannot be exported.
    """
    config, weights = folder / CONFIG, folder / WEIGHTS
    said, held = _content(config, CONFIG_BYTES_MAX), _content(weights, WEIGHTS_BYTES_MAX)
    digest = sha256(sha256(said).digest() + sha256(held).digest()).hexdigest()
    options = _options(said, config)
    rank, alpha = options.get("r"), options.get("lora_alpha")
    if type(rank) is not int or rank < 1 or type(alpha) not in (int, float) or not alpha:
        raise InputError(f"{config} names no rank or no alpha: train again.")
    return Folder(
        rank=rank,
        alpha=float(alpha),
        targets=_targets(options, config),
        layers=_layers(options, config),
        pairs=_pairs(held, weights, rank),
        sha256=digest,
    )


def _content(path: Path, bytes_max: int) -> bytes:
    try:
        if path.stat().st_size > bytes_max:
            raise InputError(f"{path} is larger than {bytes_max >> 20} MiB: it is no adapter.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}): `echo-trainer train` writes it."
        ) from error


def _options(content: bytes, path: Path) -> dict[str, Any]:
    try:
        options = json.loads(content)
    except ValueError as error:
        raise InputError(f"{path} is not JSON: train again.") from error
    if not isinstance(options, dict) or options.get("peft_type") != "LORA":
        raise InputError(f"{path} is of no LoRA: nothing else can be exported.")
    for name, value in options.items():
        wanted = _PLAIN.get(name)
        plain = value in wanted if wanted else not value
        if name not in _HARMLESS and not plain:
            raise InputError(f"A LoRA with {name} = {value!r} cannot be exported: train without.")
    return options


def _targets(options: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    targets = options.get("target_modules")
    if not isinstance(targets, list) or not all(isinstance(each, str) for each in targets):
        raise InputError(f"{path} does not list its target modules: train with a list of them.")
    return tuple(sorted(targets))


def _layers(options: Mapping[str, Any], path: Path) -> tuple[int, ...] | None:
    layers = options.get("layers_to_transform")
    if layers is None:
        return None
    if type(layers) is int:
        return (layers,)
    if not isinstance(layers, list) or not all(type(each) is int for each in layers):
        raise InputError(f"{path} does not list its layers: train with a list of them.")
    return tuple(sorted(layers))


def _pairs(content: bytes, path: Path, rank: int) -> dict[str, Pair]:
    try:
        tensors: list[tuple[str, dict[str, Any]]] = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise InputError(f"{path} is damaged or cut off: train again.") from error
    halves: dict[str, dict[str, Matrix]] = {}
    for name, table in tensors:
        found = _TENSOR.fullmatch(name)
        if found is None:
            raise InputError(f"{path} holds {name}, which is no part of a LoRA that we export.")
        halves.setdefault(found[1], {})[found[2]] = _matrix(table, name)
    return {module: _pair(module, found, rank) for module, found in sorted(halves.items())}


def _matrix(table: Mapping[str, Any], name: str) -> Matrix:
    shape, data = table["shape"], table["data"]
    match table["dtype"]:
        case "F32":
            matrix = np.frombuffer(data, "<f4")
        case "F16":
            matrix = np.frombuffer(data, "<f2").astype(np.float32)
        case "BF16":  # the upper half of a float32
            matrix = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
        case other:
            raise InputError(f"{name} is of {other}: only F32, F16 and BF16 are exported.")
    if len(shape) != 2:
        raise InputError(f"{name} is no matrix: only linear modules are exported.")
    if not np.isfinite(matrix).all():
        raise InputError(
            f"{name} holds what is no number: training went astray; train with smaller steps."
        )
    return matrix.reshape(shape)


def _pair(module: str, halves: Mapping[str, Matrix], rank: int) -> Pair:
    if halves.keys() != {"A", "B"}:
        raise InputError(f"Of {module} only one half of the LoRA is there: train again.")
    a, b = halves["A"], halves["B"]
    if not a.shape[0] == b.shape[1] == rank:
        raise InputError(
            f"{module} has rank {a.shape[0]}, and the configuration says {rank}: they belong to "
            "different runs."
        )
    return Pair(a, b)
