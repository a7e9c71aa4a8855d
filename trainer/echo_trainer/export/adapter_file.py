"""A LoRA as llama.cpp reads it: the one place that writes such files.

Left out: where the numbers come from (`lora`; in tests, chance).

Rules
 - llama.cpp multiplies with alpha / rank, where the rank is that of each tensor.
 - The same input makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from echo_trainer.export.architectures import Matrix


def write_adapter(
    path: Path,
    architecture: str,
    alpha: float,
    pairs: Iterable[tuple[str, Matrix, Matrix]],
    *,
    half: bool = False,
) -> None:
    """Write an adapter.

    Args:
        path: where it goes; what is there is replaced.
        architecture: of the model that it is for.
        alpha: see above.
        pairs: a tensor's name, a [rank, columns] and b [rows, rank].
        half: store numbers in 16 bits.
    """
    writer: Any = gguf.GGUFWriter(str(path), architecture)
    try:
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
        for name, a, b in pairs:
            for end, matrix in ((".lora_a", a), (".lora_b", b)):
                held = matrix.astype(np.float16) if half else matrix.astype(np.float32, copy=False)
                writer.add_tensor(name + end, np.ascontiguousarray(held))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
