"""Prompts: how a window around a gap becomes what a model reads. One renderer, for all.

The same `render` serves completion and, later, training: what a model is trained on is what it
is asked. A prompt is symbolic here: marks stay marks, and whoever owns a vocabulary turns each
mark into its one token and each text into tokens **without** parsing special tokens, so that
source code which contains a mark's spelling cannot forge one.

Layout (measured, docs/adr/0005): `PRE head SUF suffix MID tail`. `head` and `suffix` are the
gap's anchors and stay put while the user types; `tail`, the last lines and what has been typed,
stands behind the middle mark. A keystroke therefore costs one to three tokens.

Left out: where windows begin and end (`echo_core.window`), vocabularies, token healing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Mark:
    """A special token, by its spelling in the vocabulary."""

    spelling: str


Part: TypeAlias = Mark | str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads, in order. The last part is the text before the cursor.

    `stable` is how many of the parts, from the first, stay the same while a gap is filled.
    """

    parts: tuple[Part, ...]
    stable: int
