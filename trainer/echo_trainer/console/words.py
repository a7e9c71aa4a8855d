"""Digests and numbers as pages show them; filters besides those of all pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

DIGEST_CHARS: Final = 12  # as the commands print it


def brief(digest: str) -> str:
    """The beginning of a digest."""
    return digest[:DIGEST_CHARS]


def figure(value: object) -> str:
    """A parameter or a measured number."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.4g}" if isinstance(value, float) else str(value)


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "brief": brief,
    "figure": figure,
}
