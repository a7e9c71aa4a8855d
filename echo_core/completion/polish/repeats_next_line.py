"""A completion that is the line below, written again: small models love to.

Compared as whole lines with their indentation, so that a brace which closes an inner block is
not taken for the one below that closes the outer.
"""

from __future__ import annotations

from echo_core.completion.polish.context import PolishContext
from echo_core.text.document import split_lines


def repeats_next_line(written: str, context: PolishContext) -> str | None:
    """None when the completed lines are the next ones; blank lines do not count."""
    whole = context.line_prefix + written + context.line_rest
    lines = [line.rstrip() for line in split_lines(whole) if line.strip()]
    return None if lines and lines == context.next_lines(len(lines)) else written
