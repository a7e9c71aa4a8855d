"""Closers at the end that close nothing: neither what was written opened it, nor what is above.

Left out: closers that stand behind the cursor already (`suffix_overlap`).

Rules
 - Only the end is cut, and only where nothing but closers and punctuation follows.
 - In doubt a closer stays: brackets in comments count as opened, and where the lines above do not
   reach back to the document's start, a `}` may close what is not seen.
"""

from __future__ import annotations

import re
from typing import Final

from echo_core.completion.polish.context import PolishContext
from echo_core.text.document import split_lines

_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_ENDS: Final = frozenset(")]},; \t\r\n")
_BRACKETS: Final = frozenset("()[]{}")
# Strings are taken whole. Possessive: a quote without its partner costs one look at its line.
_STRING_OR_BRACKET: Final = re.compile(r"""(["'`])(?:\\.|(?!\1)[^\\])*+\1|[()\[\]{}]""", re.DOTALL)


def bracket_balance(written: str, context: PolishContext) -> str | None:
    """`written` without closers too many at its end; None when there is nothing else."""
    if _PAIRS.keys().isdisjoint(written):
        return written
    opened: list[str] = []
    looked_above = False  # which takes longer than all the rest, and is seldom needed
    at = 0
    for number, line in enumerate(split_lines(written)):
        prefix = "" if number else context.line_prefix
        for column, char in _brackets(prefix + line):
            if column < len(prefix):
                continue
            if not looked_above and _PAIRS.get(char, char) not in (char, *opened):
                looked_above = True
                opened = [*_opened_above(context), *opened]
            where = at + column - len(prefix)
            unseen = char == "}" and not context.whole
            if not _closes(opened, char) and not unseen and _ENDS.issuperset(written[where:]):
                kept = written[:where].rstrip(" \t")
                return kept if kept.strip() else None
        at += len(line)
        at += 2 if written.startswith("\r\n", at) else 1
    return written


def _opened_above(context: PolishContext) -> list[str]:
    """What is open where the completion begins."""
    opened: list[str] = []
    for line in (*context.above, context.line_prefix):
        for _, char in _brackets(line):
            _closes(opened, char)
    return opened


def _closes(opened: list[str], char: str) -> bool:
    """Count one bracket; False when it closes nothing."""
    opener = _PAIRS.get(char)
    if opener is None:
        opened.append(char)
        return True
    if opener not in opened:
        return False
    while opened.pop() != opener:
        pass  # left open, in a comment perhaps
    return True


def _brackets(line: str) -> list[tuple[int, str]]:
    """The brackets of `line` outside of strings that end on it, unlike the one in `don't`."""
    return [
        (found.start(), found.group())
        for found in _STRING_OR_BRACKET.finditer(line)
        if found.group() in _BRACKETS
    ]
