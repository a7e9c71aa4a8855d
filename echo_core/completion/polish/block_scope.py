"""What falls out of the block that the cursor is in.

The block is known by indentation: that of the cursor's line, or in column 0 of the first written
line. Behind a line that opens a block, it is what is indented more, and the line that closes it.

Left out: writing that never begins (`echo_core.completion.stops` ends most of this while it is
written).

Rules
 - The first written line is what was asked for and stays.
 - A closing line is kept if it closes the bracket that the cursor's line has opened; what comes
   behind it is cut.
"""

from __future__ import annotations

from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.lines import BLOCK_OPENERS, Line, written_lines
from echo_core.completion.stops import width

_CLOSERS = (")", "]", "}")


def block_scope(written: str, context: PolishContext) -> str | None:
    """`written` up to where it leaves the block; None when it never was in it."""
    lines = written_lines(written, context.line_prefix)
    full = [line for line in lines if not line.blank]
    if not full:
        return written
    opens = context.line_prefix.rstrip().endswith(BLOCK_OPENERS) and full[0].whole.rstrip() == (
        context.line_prefix.rstrip()
    )
    base = width(full[0].whole)
    if context.line_prefix:
        base = min(base, width(context.line_prefix)) if not opens else base
    for number, line in enumerate(full[1:], start=1):
        columns = width(line.whole)
        if columns > base or (columns == base and not opens):
            continue
        if opens and columns == base and number > 1 and line.whole.lstrip().startswith(_CLOSERS):
            return written[: _closing_end(line)]
        return _cut(written, full[number - 1])
    return written


def _closing_end(line: Line) -> int:
    """Where the closers and punctuation that `line` begins with end."""
    text = line.whole
    rest = text.lstrip().lstrip(")]},;")
    return line.end - len(rest)


def _cut(written: str, last: Line) -> str | None:
    kept = written[: last.end]
    return kept if kept.strip() else None
