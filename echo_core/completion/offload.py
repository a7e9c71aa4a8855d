"""How much of a model is put on a GPU: as many layers as fit there, and a word where not all do.

Left out: how much memory there is and what a layer weighs (`echo_engine.placing`).

Rules
 - The estimate only says where to begin. What really fits is known by loading it, so each failure
   halves what is tried, and after `FAILURES_MAX` of them nothing is put there.
 - Fewer layers than were wished for are never put there in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FAILURES_MAX: Final = 2  # all that should fit, half of it, then none: each try loads the model

NO_BACKEND: Final = (
    "The installed llama.cpp has no GPU backend: build it with `make run GPU=cuda` (or metal,"
    " vulkan), or take `engine.gpu_layers` out of config.toml."
)
NO_DEVICE: Final = (
    "The installed llama.cpp finds no GPU, so the model runs on the CPU: see that the driver is"
    " installed, or take `engine.gpu_layers` out of config.toml."
)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model takes on a GPU."""

    layers: int  # the blocks, and the output as one more
    layer_bytes: int  # the weights and the cache of one of them, on the average
    once_bytes: int  # room to compute in, taken as soon as there is one layer

    def bytes_for(self, layers: int) -> int:
        """What so many layers take."""
        return self.once_bytes + layers * self.layer_bytes if layers else 0


@dataclass(frozen=True, slots=True)
class Placement:
    """Layers on the GPU, and one sentence where they are fewer than was wished for."""

    layers: int
    note: str = ""


def placed(needs: Needs, wanted: int, free_bytes: int | None, failures: int = 0) -> Placement:
    """Where to put a model of which `wanted` layers (-1: all) shall be on the GPU.

    `free_bytes`: None where the GPU does not tell. `failures`: how often it was tried before.
    """
    most = needs.layers if wanted < 0 else min(wanted, needs.layers)
    fitting = most if free_bytes is None else min(most, _fitting(needs, free_bytes))
    layers = 0 if failures >= FAILURES_MAX else fitting >> failures
    if layers == most:
        return Placement(layers)
    if fitting < most and free_bytes is not None:
        why = (
            f"The model does not fit the GPU's memory ({_size(free_bytes)} free, "
            f"{_size(needs.bytes_for(most))} needed)"
        )
    else:
        why = "The GPU could not take the model"
    where = (
        f"{layers} of {needs.layers} layers are there, the rest runs on the CPU"
        if layers
        else "all of it runs on the CPU"
    )
    return Placement(layers, f"{why}: {where}.")


def _fitting(needs: Needs, free_bytes: int) -> int:
    if needs.layer_bytes <= 0:
        return needs.layers
    return max(0, min(needs.layers, (free_bytes - needs.once_bytes) // needs.layer_bytes))


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
