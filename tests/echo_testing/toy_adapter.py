"""A LoRA adapter of random numbers over a real model's file: what it says is nothing, but it fits.

`python -m echo_testing.toy_adapter BASE.gguf OUT.gguf [--scale 0.5] [--rank 4] [--seed 1]`

Left out: training.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

ALPHA = 8.0


def write(
    base: Path, out: Path, *, scale: float = 0.02, rank: int = 4, seed: int = 1, arch: str = ""
) -> None:
    """Write an adapter for `base`; with `arch` one that says it is for another architecture.

    `scale` is that of the numbers: 0.02 shifts the logits a little, 1.0 makes noise of them.
    """
    import gguf  # noqa: PLC0415 - a second to load, and few need it

    from echo_trainer.export.adapter_file import write_adapter  # noqa: PLC0415 - it loads gguf
    from echo_trainer.export.architectures import TENSORS  # noqa: PLC0415

    reader: Any = gguf.GGUFReader(str(base))
    found = str(reader.fields["general.architecture"].contents())
    chance = np.random.default_rng(seed)
    pairs = []
    for tensor in reader.tensors:
        if tensor.name.removesuffix(".weight").rpartition(".")[2] not in TENSORS.values():
            continue
        if not tensor.name.endswith(".weight"):
            continue
        columns, rows = (int(each) for each in tensor.shape)
        a = chance.standard_normal((rank, columns)).astype(np.float32) * scale
        b = chance.standard_normal((rows, rank)).astype(np.float32) * scale
        pairs.append((str(tensor.name), a, b))
    write_adapter(out, arch or found, ALPHA, pairs)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=float, default=0.02)
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.base, given.out, scale=given.scale, rank=given.rank, seed=given.seed)


if __name__ == "__main__":
    main()
