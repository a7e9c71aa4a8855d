"""A character or two are typed faster than they are read and taken.

Closers, punctuation and white space do not count: editors insert them by themselves.
"""

from __future__ import annotations

from typing import Final

from echo_core.completion.polish.context import PolishContext

CHARS_MIN: Final = 2
_UNCOUNTED: Final = frozenset(")]}>\"'`,; \t\r\n")


def too_short(written: str, context: PolishContext) -> str | None:
    """None when `written` is hardly anything, unless the user asked for it."""
    count = sum(1 for char in written if char not in _UNCOUNTED)
    return written if count >= CHARS_MIN or context.invoked else None
