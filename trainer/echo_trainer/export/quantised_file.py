"""The merged model quantised again, in a file of about the base's size.

Left out: writing it unquantised (`merged_file`), how good the result is (`checking`).

Rules
 - What nothing was added to is the base's, byte for byte: it is looked at afterwards.
 - What something was added to is in the base's own types, or finer. The base's numbers lie on the
   grid of their type already, so whatever is added that is smaller than half a step of that grid
   is rounded away as a whole: a short training leaves nothing behind (docs/export.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gguf
import numpy as np

from echo_core.errors import ModelError
from echo_trainer.export import apart
from echo_trainer.export.lora import Laid
from echo_trainer.export.model_file import ModelTensors

# The finest that is quantised at all: steps of a hundredth of a block's largest number.
_FINER: Final = gguf.GGMLQuantizationType.Q8_0
FINER_BYTES: Final = 34 / 32  # of a number in it


def quantise(source: Path, target: Path, laid: Laid, *, finer: bool) -> None:
    """Each tensor in the type that the base has for it; `finer`: but for the trained ones.

    Raises:
        ModelError: llama.cpp cannot, or did something else.
    """
    kinds = {
        each.name: int(_FINER) if finer and each.name in laid.pairs else each.type
        for each in laid.base.tensors()
    }
    matrices = {each.name for each in laid.base.tensors() if len(each.shape) > 1}
    wanted = {name: kind for name, kind in kinds.items() if name in matrices}
    apart.apart(apart.quantise, source, target, laid.base.file_type, wanted)
    written = ModelTensors(target)
    for tensor in laid.base.tensors():
        found = written.tensor(tensor.name)
        if found is None or (found.type, found.shape) != (kinds[tensor.name], tensor.shape):
            raise _other(f"wrote {tensor.name} in another form than it was asked for")
        if tensor.name not in laid.pairs and not np.array_equal(found.data, tensor.data):
            raise _other(f"changed {tensor.name}, which the adapter leaves alone")


def _other(what: str) -> ModelError:
    return ModelError(
        f"llama.cpp {what}: this llama-cpp-python is not one that Echo was tested with; install "
        "the one that `pip install echo-completion` chooses."
    )
