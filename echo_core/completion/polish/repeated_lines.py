"""Lines at the end that say what those before them said: a model in a loop.

Up to three lines in a row that come again are cut, and so is a line of the same few characters
again and again. Lines above the cursor count as said, where it would be the third time for a line
or the second for two or three.

Left out: the lines below the cursor (`repeats_next_line`, `suffix_overlap`).

Rules
 - Lines are compared as they will stand, indentation included: `}` closes another block then.
 - Lines without a word are no repetition.
 - The last line may not be finished; it counts as the one that it is a beginning of, where
   something has come again in whole.
"""

from __future__ import annotations

import re
from typing import Final

from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.lines import says_something, written_lines

CYCLE_LINES_MAX: Final = 3  # longer ones do not fit a completion twice
_STUTTER_CHARS_MAX: Final = 400  # of a line's end that are looked at
# Six times something of three characters or more: a row of zeros is no loop, `0, 0, 0, ...` is.
_STUTTER: Final = re.compile(r"(.{3,40}?)\1{5,}")


def repeated_lines(written: str, context: PolishContext) -> str | None:
    """`written` without what comes again; None when all of it does."""
    written = _without_stutter(written)
    lines = [line for line in written_lines(written, context.line_prefix) if not line.blank]
    above = [line.rstrip() for line in context.above if line.strip()][-2 * CYCLE_LINES_MAX :]
    said = above + [line.whole.rstrip() for line in lines]
    cut = max(_again(said, size, len(above)) for size in range(1, CYCLE_LINES_MAX + 1))
    if not cut:
        return written
    kept = lines[: max(0, len(lines) - cut)]
    text = written[: kept[-1].end] if kept else ""
    return text if text.strip() else None


def _again(said: list[str], size: int, above: int) -> int:
    """How many lines at the end say again what the `size` lines before each of them said."""
    count = 0
    last = len(said) - 1
    while last - count - size >= 0:
        line, model = said[last - count], said[last - count - size]
        unfinished = count == 0 and model.startswith(line)
        if line != model and not unfinished:
            break
        count += 1
    full = count if not count or said[last] == said[last - size] else count - 1
    if full < size or not says_something(said[-size:]):
        return 0
    # One line that is the one above is often meant; the third of its kind is not.
    if size == 1 and len(said) - count <= above and full < 2:
        return 0
    return count


def _without_stutter(written: str) -> str:
    start = max(0, len(written) - _STUTTER_CHARS_MAX)
    found = _STUTTER.search(written, start)
    if found is None or not found.group(1).strip() or not says_something([found.group(1)]):
        return written
    rest = written[found.end() :]
    if not found.group(1).startswith(rest):
        return written  # it found its way out
    return written[: found.end(1)]
