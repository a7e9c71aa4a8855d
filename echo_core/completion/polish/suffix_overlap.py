"""The end of what was written that stands behind the cursor already: `value)` before `)`.

Two views, the first that finds something wins:
 - by characters: the longest end of the completion that the text behind the cursor starts with;
 - by lines: the completion's last lines are the next lines that are not blank.

Rules
 - What is cut never closes a bracket or a string that the completion itself opened: in
   `print(|foo(a))` the `)` of `foo(a)` is its own. Whole lines with a word in them may: the same
   words below are the better witness.
 - A word is never cut in two, on either side; nor is indentation: a line that is indented more is
   another line.
"""

from __future__ import annotations

from typing import Final

from echo_core.completion.polish.context import PolishContext
from echo_core.text.document import last_line, split_lines

_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_OPENERS: Final = frozenset(_PAIRS.values())
_QUOTES: Final = "\"'`"


def suffix_overlap(written: str, context: PolishContext) -> str | None:
    """`written` without the end that repeats what follows; None when nothing else is left."""
    keep = _by_characters(written, context)
    if keep is None and not context.line_rest.strip():
        keep = _by_lines(written, context)
    if keep is None:
        return written
    return written[:keep] if written[:keep].strip() else None


def _by_characters(written: str, context: PolishContext) -> int | None:
    after = context.after
    for size in range(min(len(written), len(after)), 0, -1):
        keep = len(written) - size
        if (
            written.endswith(after[:size])
            and after[:size].strip()
            and not _inside_word(written, keep)
            and not _inside_word(after, size)
            and not _inside_white(context.line_prefix + written, len(context.line_prefix) + keep)
            and not _closes_own(written, keep)
        ):
            return keep
    return None


def _by_lines(written: str, context: PolishContext) -> int | None:
    # Where each line that is not blank starts; the first is part of the cursor's line and stays.
    starts = []
    at = 0
    lines = split_lines(written)
    for line in lines:
        starts.append(at)
        at += len(line)
        at += 2 if written.startswith("\r\n", at) else 1
    full = [number for number in range(1, len(lines)) if lines[number].strip()]
    next_lines = context.next_lines(len(full))
    for first in range(len(full)):
        tail = [lines[number].rstrip() for number in full[first:]]
        keep = starts[full[first]]
        said_before = any(map(_is_word, written[keep:])) or not _closes_own(written, keep)
        if tail == next_lines[: len(tail)] and said_before:
            return keep
    return None


def _inside_word(text: str, at: int) -> bool:
    """Whether `at` stands between two characters of one word."""
    return _is_word(text[at - 1 : at]) and _is_word(text[at : at + 1])


def _inside_white(text: str, at: int) -> bool:
    """Whether `at` stands within the white space that a line starts with."""
    start = last_line(text, 0, at)
    return bool(start) and not start.strip() and text[at : at + 1] in (" ", "\t")


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _closes_own(written: str, keep: int) -> bool:
    """Whether `written[keep:]` closes what `written[:keep]` opened.

    Brackets in strings and comments count as well; what that costs is a completion that is shown
    with one bracket too many, as it was written.
    """
    open_before: list[str] = []
    for at, char in enumerate(written):
        if char in _OPENERS:
            open_before.append(char if at < keep else "")
        elif char in _PAIRS and open_before:
            if at >= keep and open_before[-1] == _PAIRS[char]:
                return True
            open_before.pop()
    quote = _open_quote(split_lines(written[:keep])[-1])
    return bool(quote) and quote in split_lines(written[keep:])[0]


def _open_quote(line: str) -> str:
    """The quotation mark of a string that is still open at the end of `line`; "" for none."""
    quote = ""
    escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == quote:
            quote = ""
        elif not quote and char in _QUOTES:
            quote = char
    return quote
