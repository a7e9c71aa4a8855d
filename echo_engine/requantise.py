"""A model file written again with other types of numbers: llama.cpp's own quantisation.

Left out: what is in the file that it reads (`echo_trainer.export`).

Rules
 - A tensor whose type is not to change is copied byte for byte.
 - It is run where a crash costs nothing but itself: no caller does so in a process of value.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from llama_cpp import llama_cpp as ll

from echo_core.errors import ModelError
from echo_engine.llama import start

# Rows that are held as float32 at once; llama.cpp's own default is 8 GiB.
_ROWS_BYTES_MAX: Final = 512 << 20


def requantise(source: Path, target: Path, file_type: int, types: Mapping[str, int]) -> None:
    """Write `source` to `target`, each tensor in the type that `types` has for it.

    Args:
        source: a GGUF file.
        target: where it goes; what is there is replaced, and may be half written after an error.
        file_type: what the file says of itself as a whole (`general.file_type`).
        types: ggml's number of a type, by the tensor's name.

    Raises:
        ModelError: llama.cpp could not.
    """
    start()
    parameters = ll.llama_model_quantize_default_params()
    parameters.ftype = file_type
    parameters.allow_requantize = True  # of what is copied in the end, but asked for all the same
    parameters.max_buf_size = _ROWS_BYTES_MAX
    # Patterns are regular expressions, and a list of them ends with one that is null.
    overrides = (ll.llama_model_tensor_override * (len(types) + 1))()
    for override, (name, kind) in zip(overrides, types.items(), strict=False):
        override.pattern = f"^{re.escape(name)}$".encode()
        override.type = kind
    parameters.tt_overrides = ctypes.cast(overrides, type(parameters.tt_overrides))
    failed = ll.llama_model_quantize(
        os.fsencode(source), os.fsencode(target), ctypes.byref(parameters)
    )
    if failed:
        raise ModelError(
            "llama.cpp cannot quantise the merged model: see that there is room on the disk."
        )
