"""Which layers of a model file go on the GPU: what the devices have free, what the file needs.

Left out: the decision (`echo_core.completion.offload`), loading (`llama`).

Rules
 - Without a GPU, or where none is wanted, nothing is read and nothing is said, unless a number of
   layers was asked for.
 - Several GPUs count as one with the memory of all: llama.cpp divides the layers among them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llama_cpp import llama_cpp as ll

from echo_core.completion.offload import NO_BACKEND, NO_DEVICE, Needs, Placement, placed
from echo_engine import llama
from echo_engine.devices import Device, gpus
from echo_engine.vocabulary import Vocabulary

# What a device needs besides weights, cache and logits: attention's scratch and its kernels'
# buffers, and what the driver keeps back.
_SCRATCH_BYTES: Final = 256 << 20
_F16_BYTES: Final = 2  # of a number in the cache
_F32_BYTES: Final = 4  # of a logit


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement and the devices that it is on."""

    placement: Placement
    gpus: tuple[Device, ...] = ()

    @property
    def backend(self) -> str:
        """What evaluates the model."""
        return self.gpus[0].backend if self.placement.layers else "cpu"


def place(path: Path, wanted: int, context_tokens: int, failures: int) -> Placed:
    """Where the model in `path` goes; `failures`: how often a GPU refused it before.

    Raises:
        LoadError: it is no model.
    """
    found = tuple(gpus()) if ll.llama_supports_gpu_offload() else ()
    if wanted == 0:
        return Placed(Placement(0), found)
    if not found:
        absent = NO_DEVICE if ll.llama_supports_gpu_offload() else NO_BACKEND
        return Placed(Placement(0, absent if wanted > 0 else ""))
    sizes = [device.free_bytes for device in found]
    free_bytes = sum(size or 0 for size in sizes) if None not in sizes else None
    needs = needs_of(path, context_tokens, len(found))
    return Placed(placed(needs, wanted, free_bytes, failures), found)


def needs_of(path: Path, context_tokens: int, devices: int = 1) -> Needs:
    """What a model file would take on so many GPUs, by what it says of itself.

    Raises:
        LoadError: it is no model.
    """
    model = llama.open_model(path, vocabulary_only=True)
    try:
        about = model.metadata

        def number(key: str) -> int:
            # Some architectures have a list of one number for each layer.
            found = re.findall(r"\d+", model.meta(f"{about.architecture}.{key}"))
            return max(map(int, found), default=0)

        heads = number("attention.head_count") or 1
        head_size = number("embedding_length") // heads
        key_size = number("attention.key_length") or head_size
        value_size = number("attention.value_length") or head_size
        kv_heads = number("attention.head_count_kv") or heads
        cache_bytes = (
            (context_tokens + llama.ASIDE_TOKENS) * kv_heads * (key_size + value_size) * _F16_BYTES
        )
        vocabulary = Vocabulary(model).size
    finally:
        model.close()
    layers = about.layers + 1
    logits_bytes = vocabulary * llama.BATCH_TOKENS * _F32_BYTES
    return Needs(
        layers=layers,
        layer_bytes=-(-(about.file_bytes + about.layers * cache_bytes) // layers),
        once_bytes=logits_bytes + devices * _SCRATCH_BYTES,
    )
