"""What a setting says of itself: unit, effect, bounds.

Left out: which settings there are (`echo_runtime.settings`).
"""

from __future__ import annotations

from typing import TypedDict


class About(TypedDict, total=False):
    """What a field's metadata says of it."""

    unit: str
    effect: str
    minimum: int
    maximum: int
    choices: tuple[str, ...]
    editor: bool  # an editor may say it too, for its own window
    globs: bool  # a list of patterns as in .gitignore


def about(words: About) -> dict[str, object]:
    """As the metadata of a field."""
    return dict(words)
