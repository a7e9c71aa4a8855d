"""A LoRA laid over a base: which tensor each pair belongs to, and what it adds there.

Left out: reading either (`peft_folder`, `model_file`), writing (`adapter_file`, `merged_file`).

Rules
 - Every pair has its tensor and every target module in every layer its pair: what is missing was
   cut off somewhere.
 - What is merged is computed in another way than what is written as an adapter, from what
   llama.cpp says of the model, so that comparing the two says something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from echo_core.errors import InputError
from echo_trainer.export.architectures import PERMUTED, Matrix, is_rotated, permuted, tensor_of
from echo_trainer.export.model_file import ModelTensors
from echo_trainer.export.peft_folder import Folder, Pair


@dataclass(frozen=True, slots=True)
class Laid:
    """A LoRA whose parts all fit their tensors."""

    folder: Folder
    base: ModelTensors
    pairs: Mapping[str, Pair]  # by the tensor's name, rows as transformers has them

    def for_adapter(self) -> Iterator[tuple[str, Matrix, Matrix]]:
        """Name, a and b of each tensor, as `write_adapter` takes them."""
        for name, pair in self.pairs.items():
            b = pair.b
            if self.base.architecture in PERMUTED and is_rotated(name):
                b = permuted(b, self._heads(name))
            yield name, pair.a, b

    def added(self, name: str, interleaves: bool) -> Matrix:
        """What is added to the numbers of one of its tensors.

        `interleaves`: whether llama.cpp turns neighbouring rows of queries and keys.
        """
        pair = self.pairs[name]
        total: Matrix = pair.b @ pair.a
        total *= np.float32(self.folder.scale)
        if not interleaves or not is_rotated(name):
            return total
        spread = np.empty_like(total)
        size = len(total) // self._heads(name)
        for start in range(0, len(total), size):
            head, half = slice(start, start + size), start + size // 2
            spread[head][0::2] = total[start:half]
            spread[head][1::2] = total[half : start + size]
        return spread

    def _heads(self, name: str) -> int:
        queries, keys = self.base.heads
        return queries if name.endswith(".attn_q.weight") else keys


def lay(folder: Folder, base: ModelTensors) -> Laid:
    """`folder` over `base`.

    Raises:
        InputError: they do not belong together, or something is missing.
    """
    blocks = base.count("block_count")
    layers = range(blocks) if folder.layers is None else folder.layers
    pairs = {tensor_of(module): pair for module, pair in folder.pairs.items()}
    wanted = {tensor_of(_module(target, layer)) for target in folder.targets for layer in layers}
    if missing := sorted(wanted - pairs.keys()):
        raise InputError(
            f"The adapter lacks {missing[0]} and {len(missing) - 1} others that it should have: "
            "it was cut off; train again."
        )
    if odd := sorted(pairs.keys() - wanted):
        raise InputError(f"The adapter holds {odd[0]}, which its configuration does not name.")
    for name, pair in pairs.items():
        tensor = base.tensor(name)
        shape = (len(pair.b), pair.a.shape[1])
        if tensor is None or tensor.shape != shape:
            found = "no such tensor" if tensor is None else f"{tensor.shape[0]} x {tensor.shape[1]}"
            raise InputError(
                f"{name} is {shape[0]} x {shape[1]} in the adapter, and {found} in "
                f"{base.path.name}: the run was trained on another model."
            )
    return Laid(folder, base, pairs)


def _module(target: str, layer: int) -> str:
    """A target's module in a layer, by its last name as PEFT finds it."""
    group = "mlp" if target in {"gate_proj", "up_proj", "down_proj"} else "self_attn"
    return f"model.layers.{layer}.{group}.{target}"
