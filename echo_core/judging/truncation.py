"""Where a commit state is cut: the first logical unit of it that a person verifies at a glance.

A gap holds all that was written until its user left it; a completion should have offered the first
step of that (the paper's section 4.3). The ends of units say where a step may end
(`echo_core.judging.units`), the glance how far one may be (`echo_core.limits`), and a teacher, or
the rule here, which of them it is.

Left out: finding the ends, asking a teacher.

Rules
 - What comes out is an exact prefix of the commit state: a `RefinedTarget` holds the whole and a
   length, and has no other text.
 - No cut lies inside a name, a surrogate pair, a character with its marks, or a CRLF.
 - White space at a cut is dropped, unless text stands behind the target on its line: then a cut
   at a line's end takes the line end along, and the whole is taken as it is.
 - Without a teacher: the first closed unit; else the first line; else the first comment; else the
   longest piece. A wider glance never gives a shorter cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from echo_core import limits
from echo_core.judging.units import UnitEnd, UnitKind
from echo_core.text.document import first_line, split_lines

_CLOSED: Final = frozenset({UnitKind.LINE, UnitKind.STATEMENT, UnitKind.BLOCK, UnitKind.WHOLE})
_PIECES: Final = frozenset({UnitKind.FRAGMENT, UnitKind.CALL})
_PIECE: Final = 3  # the weight of what is smaller than any unit
_AT_LINE_END: Final = frozenset(UnitKind) - _PIECES - {UnitKind.WHOLE}
_LINE_END_AND_INDENT = re.compile(r"[^\S\r\n]*(?:\r\n|\r|\n)([ \t]*)")
_CLOSERS: Final = (")", "]", "}", "end")
_JOINERS: Final = frozenset("\u200c\u200d\ufe0e\ufe0f")  # what makes one character of several


@dataclass(frozen=True, slots=True)
class Glance:
    """How much a person verifies in seconds. Indentation is not read."""

    lines_max: int = limits.GLANCE_LINES_MAX
    chars_max: int = limits.GLANCE_CHARS_MAX

    def holds(self, text: str) -> bool:
        """Whether `text` is within it; so is then every prefix of `text`."""
        lines = split_lines(text.strip())
        return len(lines) <= self.lines_max and sum(map(len, map(str.strip, lines))) <= (
            self.chars_max
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """A place to cut, and what ends there."""

    at: int  # characters of the target that stay
    kind: UnitKind
    open: int = 0  # what the target began and leaves open here

    @property
    def closed(self) -> bool:
        """Whether a whole unit ends here, and the target leaves nothing half."""
        return self.kind is UnitKind.WHOLE or (self.kind in _CLOSED and not self.open)


@dataclass(frozen=True, slots=True)
class RefinedTarget:
    """The first `length` characters of a commit state: nothing else can be said with it."""

    whole: str  # y*, as it was mined
    length: int

    def __post_init__(self) -> None:
        if not 0 <= self.length <= len(self.whole):
            raise ValueError("a refined target is a prefix of the commit state")

    @property
    def text(self) -> str:
        """The refined commit state."""
        return self.whole[: self.length]


GLANCE: Final = Glance()


def refine(target: str, choice: Cut) -> RefinedTarget:
    """`target` as far as `choice`.

    Raises:
        ValueError: the cut lies outside of the target.
    """
    return RefinedTarget(target, choice.at)


def every_cut(
    target: str, suffix: str, ends: Iterable[UnitEnd], glance: Glance = GLANCE
) -> tuple[Cut, ...]:
    """All cuts within the glance, in their order: one a place, of the largest unit there."""
    found: dict[int, Cut] = {}
    for end in sorted(ends, key=lambda one: one.order):
        at = _settled(target, suffix, end)
        if at is not None and _parts(target, suffix, at, end.kind):
            found[at] = Cut(at, end.kind, end.open)
    cuts = [found[at] for at in sorted(found)]
    # Behind the last thing that is complete somebody was still writing; prose has no such end.
    complete = max((cut.at for cut in cuts if cut.kind in _CLOSED), default=0)
    return tuple(
        cut
        for cut in takewhile(lambda cut: glance.holds(target[: cut.at]), cuts)
        if cut.at <= complete or not cut.open or cut.kind is UnitKind.COMMENT
    )


def first_unit(cuts: Sequence[Cut]) -> Cut | None:
    """The choice without a teacher among `every_cut`; None where there is nothing to choose."""
    comments = {UnitKind.COMMENT}
    for chosen in (
        [cut for cut in cuts if cut.closed][:1],
        [cut for cut in cuts if cut.kind is UnitKind.LINE][:1],
        [cut for cut in cuts if cut.kind in comments and not cut.open][:1],
        cuts[-1:],
    ):
        if chosen:
            return chosen[0]
    return None


def offered(cuts: Sequence[Cut], count: int = limits.GLANCE_CUTS_MAX) -> tuple[Cut, ...]:
    """At most `count` of `every_cut`, for a teacher to choose among, in their order.

    The first unit is one of them; whole units come before what is open, near before far. Pieces are
    offered only where there is nothing else: small models like the smallest best (docs).
    """
    first = first_unit(cuts)
    larger = [cut for cut in cuts if _weight(cut) < _PIECE] or cuts
    ranked = sorted({*larger, *([] if first is None else [first])}, key=lambda cut: cut.at)
    ranked.sort(key=lambda cut: (cut != first, _weight(cut)))
    return tuple(sorted(ranked[:count], key=lambda cut: cut.at))


def _weight(cut: Cut) -> int:
    """What a teacher is asked about first: whole units, heads and lines, calls, pieces at last."""
    if cut.closed or (cut.kind is UnitKind.COMMENT and not cut.open):
        return 0
    if cut.kind in _CLOSED:
        return 1
    return 2 if cut.kind is UnitKind.CALL and not cut.open else _PIECE


def _settled(target: str, suffix: str, end: UnitEnd) -> int | None:
    """Where a cut at `end` really lies, with or without the white space behind it."""
    at = len(target[: max(end.at, 0)].rstrip())
    rest = first_line(suffix, 0, len(suffix)).strip()
    if not at:
        return None
    if not rest:
        return at
    if end.kind is UnitKind.WHOLE:
        return len(target)
    behind = _LINE_END_AND_INDENT.match(target, at)
    if behind is None or end.kind not in _AT_LINE_END:
        return at
    return behind.start(1) if rest.startswith(_CLOSERS) else behind.end()


def _parts(target: str, suffix: str, at: int, kind: UnitKind) -> bool:
    """Whether a cut at `at` leaves names, characters and line ends whole."""
    if at == len(target) and kind is UnitKind.WHOLE:
        return True  # the user's own end
    before, after = target[at - 1], (target[at:] or suffix)[:1]
    if _in_name(before) and (_in_name(after) or _in_name(suffix[:1])):
        return False  # the latter: it would run into what stands behind the target
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    return before != "\u200d" and not (after and _clings(after))


def _clings(char: str) -> bool:
    """Whether a character is a part of the one before."""
    return char in _JOINERS or unicodedata.combining(char) != 0


def _in_name(char: str) -> bool:
    return char.isalnum() or (char != "" and (char in "_$" or unicodedata.combining(char) != 0))
