"""Ends of logical units inside a target: where what somebody kept may be cut without breaking it.

The values, and the plain rule for languages that no grammar reads: lines, indentation, brackets.

Left out: syntax (`echo_daemon.structure.units`), which of the ends is chosen
(`echo_core.judging.truncation`).

Rules
 - Offsets are code points of the target; white space at a unit's end is no part of it.
 - `open` counts what began inside the target and goes on behind the end. A unit is closed where
   it is 0: nothing that the target began is left half.
 - The plain rule knows no strings. A bracket in one counts, which costs an end and makes no wrong
   one: ends are where lines end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from echo_core.completion.stops import width
from echo_core.text.document import first_line, last_line

_LINES = re.compile(r"[^\r\n]+")
_BRACKETS: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
# What begins a line that still belongs to the block above it, as deep as the line that opened it.
_GOES_ON = re.compile(
    r"[)\]}]|(?:catch|do|done|elif|else|elseif|elsif|end|ensure|esac|except|fi|finally|rescue|then)\b"
)


class UnitKind(StrEnum):
    """What ends at a unit's end. In this order the later is the larger."""

    FRAGMENT = "fragment"  # a name, an argument, an expression, an element
    COMMENT = "comment"  # lines of comment that stand together
    CALL = "call"  # the bracket that closes a call
    LINE = "line"  # the rest of a line, where a statement or the head of one ends there
    STATEMENT = "statement"
    BLOCK = "block"  # a loop, a branch, a body, a definition
    WHOLE = "whole"  # everything, where it fits what stands behind it


_RANK: Final = {kind: rank for rank, kind in enumerate(UnitKind)}


@dataclass(frozen=True, slots=True)
class UnitEnd:
    """One end. `at` is the offset in the target past the unit's last character."""

    at: int
    kind: UnitKind
    open: int = 0  # what began in the target and is not closed here

    @property
    def order(self) -> tuple[int, int, int]:
        """By place, and the larger unit last."""
        return self.at, _RANK[self.kind], self.open


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the target that is not blank."""

    end: int
    columns: int  # of its indentation in the document
    goes_on: bool  # it belongs to the block above
    depth: int  # brackets that the target opened, at the line's end


def plain_ends(prefix: str, target: str, suffix: str) -> tuple[UnitEnd, ...]:
    """The ends by lines, indentation and brackets alone, in their order."""
    lines = _lines(prefix, target)
    if not lines:
        return ()
    rest = first_line(suffix, 0, len(suffix))
    ends: list[UnitEnd] = []
    inside: list[int] = []  # the indentation of lines of the target whose blocks go on
    for line, below in pairwise([*lines, _below(suffix, rest)]):
        opens = below.columns > line.columns
        if line.depth > 0:
            ends.append(UnitEnd(line.end, UnitKind.FRAGMENT, len(inside) + line.depth))
            continue
        if opens:
            inside.append(line.columns)
            ends.append(UnitEnd(line.end, UnitKind.LINE, len(inside)))
            continue
        before = len(inside)
        while inside and not _holds(inside[-1], below):
            inside.pop()
        kind = UnitKind.BLOCK if len(inside) < before else UnitKind.STATEMENT
        ends += [UnitEnd(line.end, each, len(inside)) for each in (UnitKind.LINE, kind)]
    if not (rest.strip() and lines[-1].depth > 0):
        ends.append(UnitEnd(lines[-1].end, UnitKind.WHOLE, len(inside)))
    return tuple(sorted(ends, key=lambda end: end.order))


def _lines(prefix: str, target: str) -> list[_Line]:
    head = last_line(prefix, 0, len(prefix))
    found: list[_Line] = []
    depth = 0
    for number, line in enumerate(_LINES.finditer(target)):
        text = line.group()
        depth = max(0, depth + sum(_BRACKETS.get(char, 0) for char in text))
        if text.strip():
            whole = head + text if number == 0 and line.start() == 0 else text
            goes_on = _GOES_ON.match(whole.lstrip()) is not None
            end = line.start() + len(text.rstrip())
            found.append(_Line(end, width(whole), goes_on, depth))
    return found


def _below(suffix: str, rest: str) -> _Line:
    """The line below the target; as deep as nothing is, where the target's own line goes on."""
    text = "" if rest.strip() else next((row for row in _LINES.findall(suffix) if row.strip()), "")
    return _Line(0, width(text), bool(text) and _GOES_ON.match(text.lstrip()) is not None, 0)


def _holds(columns: int, below: _Line) -> bool:
    """Whether a block whose first line is indented by `columns` goes on in the line below."""
    return below.columns > columns or (below.columns == columns and below.goes_on)
