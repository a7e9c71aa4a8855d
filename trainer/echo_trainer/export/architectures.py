"""What the parts of a model are called in GGUF, and in which order their rows stand there.

Left out: which were tested (`echo_trainer.runs.shippable`), files (`peft_folder`, `model_file`).
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from echo_core.errors import InputError
from echo_trainer.runs.shippable import ARCHITECTURES, TARGETS

Matrix: TypeAlias = NDArray[np.float32]

# What PEFT's modules are in GGUF. Embeddings and the output are none of them: llama.cpp looks rows
# of embeddings up, and where both are one tensor a change of one would be a change of both.
TENSORS: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_MODULE: Final = re.compile(r"model\.layers\.(\d+)\.(\w+\.\w+)")


# Those whose rows of queries and keys stand in another order than transformers has.
PERMUTED: Final = frozenset({"llama"})


def check_architecture(name: str) -> None:
    """Refuse an architecture that was not tested.

    Raises:
        InputError: it was not.
    """
    if name not in ARCHITECTURES:
        raise InputError(
            f"Adapters are exported for {' and '.join(ARCHITECTURES)}, which were tested, not for "
            f"{name!r}: train on one of these."
        )


def tensor_of(module: str) -> str:
    """What the weight of a module is called in GGUF.

    Raises:
        InputError: the module is none that can be exported.
    """
    found = _MODULE.fullmatch(module)
    part = TENSORS.get(found[2]) if found else None
    if found is None or part is None:
        raise InputError(
            f"The module {module} cannot be exported: train with {', '.join(TARGETS)} alone."
        )
    return f"blk.{int(found[1])}.{part}.weight"


def is_rotated(tensor: str) -> bool:
    """Whether positions turn what this tensor makes: queries and keys."""
    return tensor.endswith((".attn_q.weight", ".attn_k.weight"))


def permuted(rows: Matrix, heads: int) -> Matrix:
    """Rows of queries or keys as llama.cpp wants them, from the order that transformers has.

    A position turns pairs of rows: there the halves of a head, here neighbours.
    """
    total, columns = rows.shape
    return rows.reshape(heads, 2, total // heads // 2, columns).swapaxes(1, 2).reshape(rows.shape)
