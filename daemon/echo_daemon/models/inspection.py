"""What can be told about a model file before it is used.

Left out: who tells it. The engine does, because only llama.cpp knows what llama.cpp can load; the
composition root passes its answer in as an `Inspect`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Inspection:
    """What llama.cpp says of a file that it can load."""

    architecture: str  # `general.architecture`, such as "qwen2"
    name: str  # `general.name`, or empty
    family: str  # the family of prompts (`echo_core.completion.fim`), or empty
    parameters: int
    quantisation: str  # such as "Q4_K_M"
    has_fim: bool


# Raises EngineError or ModelError when llama.cpp cannot load the file.
Inspect: TypeAlias = Callable[[Path], Inspection]
