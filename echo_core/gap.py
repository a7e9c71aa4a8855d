"""The life of a gap, as a transition table. (Being written.)"""

from __future__ import annotations

from enum import StrEnum


class Break(StrEnum):
    """Why a gap's life ended (docs/experience.md)."""

    PREFIX_EDITED = "prefix_edited"
    SUFFIX_EDITED = "suffix_edited"
    LEFT = "left"
    SWITCHED = "switched"
    CLOSED = "closed"
    SETTLED = "settled"
    EXPIRED = "expired"
    REPLACED = "replaced"
