"""The base written again with what a LoRA adds, or without, and not quantised where it adds.

Left out: quantising what was written (`quantised_file`).

Rules
 - Tensors that nothing is added to are the base's, byte for byte.
 - One tensor is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np

from echo_trainer.export.architectures import Matrix
from echo_trainer.export.lora import Laid
from echo_trainer.export.model_file import ModelTensors

# Of a tensor that is written unquantised.
_NUMBER: Final = np.dtype(np.float32)
METADATA_BYTES: Final = 64 << 20  # a vocabulary of 150,000 with its merges takes 6 MB


def bytes_of(laid: Laid, bytes_each: float) -> int:
    """About how large a file is whose trained tensors take `bytes_each` a number."""
    total = METADATA_BYTES
    for tensor in laid.base.tensors():
        added = tensor.name in laid.pairs
        total += int(np.prod(tensor.shape) * bytes_each) if added else tensor.data.nbytes
    return total


def write_unquantised(path: Path, laid: Laid, added: Callable[[str], Matrix] | None) -> None:
    """Write the base with the tensors of `laid` unquantised.

    `added`: what is added to such a tensor's numbers; None: nothing.
    """
    base: ModelTensors = laid.base
    writer: Any = gguf.GGUFWriter(str(path), base.architecture)
    try:
        base.describe(writer)
        for tensor in base.tensors():
            if tensor.name in laid.pairs:
                count = int(np.prod(tensor.shape))
                writer.add_tensor_info(tensor.name, tensor.shape, _NUMBER, count * _NUMBER.itemsize)
            else:
                kind = gguf.GGMLQuantizationType(tensor.type)
                data = tensor.data
                writer.add_tensor_info(tensor.name, data.shape, data.dtype, data.nbytes, kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in base.tensors():
            if tensor.name not in laid.pairs:
                writer.write_tensor_data(tensor.data)
                continue
            numbers = tensor.numbers()
            if added is not None:
                numbers = numbers + added(tensor.name)
            writer.write_tensor_data(numbers.astype(_NUMBER, copy=False))
    finally:
        writer.close()
