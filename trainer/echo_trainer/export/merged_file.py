"""The base written again with what a LoRA adds, or without, and some of it not quantised.

Left out: quantising what was written (`quantised_file`).

Rules
 - Tensors that are not expanded are the base's, byte for byte.
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


def trained(laid: Laid) -> frozenset[str]:
    """The tensors that something is added to."""
    return frozenset(laid.pairs)


def blocks(laid: Laid) -> frozenset[str]:
    """The matrices of all layers, trained or not."""
    return frozenset(
        each.name
        for each in laid.base.tensors()
        if len(each.shape) > 1 and each.name.startswith("blk.")
    )


def bytes_of(laid: Laid, expanded: frozenset[str], bytes_each: float) -> int:
    """About how large a file is whose `expanded` tensors take `bytes_each` a number."""
    total = METADATA_BYTES
    for tensor in laid.base.tensors():
        count = int(np.prod(tensor.shape))
        total += int(count * bytes_each) if tensor.name in expanded else tensor.data.nbytes
    return total


def write_unquantised(
    path: Path,
    laid: Laid,
    expanded: frozenset[str],
    added: Callable[[str], Matrix] | None,
) -> None:
    """Write the base with some tensors unquantised.

    Args:
        path: where it goes; what is there is replaced.
        laid: the base, and what is laid over it.
        expanded: the tensors, the trained ones among them.
        added: what is added to the numbers of a trained tensor; None: nothing.
    """
    base: ModelTensors = laid.base
    writer: Any = gguf.GGUFWriter(str(path), base.architecture)
    try:
        base.describe(writer)
        for tensor in base.tensors():
            if tensor.name in expanded:
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
            if tensor.name not in expanded:
                writer.write_tensor_data(tensor.data)
                continue
            numbers = tensor.numbers()
            if added is not None and tensor.name in laid.pairs:
                numbers = numbers + added(tensor.name)
            writer.write_tensor_data(numbers.astype(_NUMBER, copy=False))
    finally:
        writer.close()
