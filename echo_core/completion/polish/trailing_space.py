"""White space at the end of what was written, which no one types and formatters remove.

Kept where something follows on the line: in `f(|b)` the completion `a, ` needs its space, and
before an existing line a new one needs its line end.
"""

from __future__ import annotations

from typing import Final

from echo_core.completion.polish.context import PolishContext

_NEEDS_NO_SPACE: Final = (")", "]", "}", ",", ";", " ", "\t")


def trailing_space(written: str, context: PolishContext) -> str | None:
    """`written` without white space at its end, where that means nothing there."""
    rest = context.line_rest
    if not rest.strip():
        return written.rstrip()
    if rest.startswith(_NEEDS_NO_SPACE):
        return written.rstrip(" \t")
    return written
