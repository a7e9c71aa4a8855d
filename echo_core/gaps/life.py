"""The life of a gap: what stands between two anchors that must stay untouched (paper, 4.2).

A gap opens at each request, empty, at the cursor. An edit inside it grows it; an edit outside
both anchors that is not the person moving on moves it; anything else ends it. `BREAKS` is the
whole table; `docs/experience.md` draws it.

Left out: how the live gaps of a document are found and moved at every key (`echo_core.gaps.nest`);
the text and what is made of an ended gap (`echo_core.experience.mining`); storage.

Rules
 - Positions are mapped through edits, never searched for.
 - Time comes in as an argument and never falls. A break that time causes is dated when it was
   due, not when somebody looked, so that a live gap and one rebuilt from the log end at the same
   moment.
 - `start` clings to the text before it and `end` to the text after it: what is inserted exactly
   at either edge is inside.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final, NamedTuple

from echo_core import limits
from echo_core.records.events import Origin
from echo_core.text.edits import Edit


class Break(StrEnum):
    """Why a gap's life ended (docs/experience.md)."""

    PREFIX_EDITED = "prefix_edited"
    SUFFIX_EDITED = "suffix_edited"
    LEFT = "left"
    SWITCHED = "switched"
    CLOSED = "closed"
    SETTLED = "settled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    IMPORTED = "imported"  # nothing lived: a hunk of a commit (`echo_core.experience.past`)

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Break.PREFIX_EDITED: "What stood before it was edited.",
    Break.SUFFIX_EDITED: "What stood behind it was edited.",
    Break.LEFT: "You went on elsewhere in the file.",
    Break.SWITCHED: "You went on in another file.",
    Break.CLOSED: "The file was closed.",
    Break.SETTLED: "You had stopped typing, and left the line.",
    Break.EXPIRED: "It had lived for as long as a gap may.",
    Break.REPLACED: "Something else was put in the place of all around it.",
    Break.IMPORTED: "It comes from a commit of the past.",
}


class Signal(Enum):
    """What can happen to a live gap."""

    FILLED = "an edit inside"
    MOVED = "an edit outside both anchors that is not the person's own"
    TOUCHED_PREFIX = "an edit reaches into the prefix anchor"
    TOUCHED_SUFFIX = "an edit reaches into the suffix anchor"
    SWALLOWED = "one edit covers the gap and reaches into both anchors"
    OVERFLOWED = "more stands in the gap than a sample may hold"
    RELOADED = "the document was replaced as a whole"
    EDITED_ELSEWHERE = "the person's own edit elsewhere in the file"
    CURSOR_AWAY = "the cursor was elsewhere for longer than the limit"
    EDITED_OTHER_FILE = "the person's own edit in another file"
    DOCUMENT_CLOSED = "the document was closed"
    QUIET = "no edit for the quiet time, and the cursor has left the line"
    OLD = "the lifetime cap"


BREAKS: dict[Signal, Break | None] = {
    Signal.FILLED: None,
    Signal.MOVED: None,
    Signal.TOUCHED_PREFIX: Break.PREFIX_EDITED,
    Signal.TOUCHED_SUFFIX: Break.SUFFIX_EDITED,
    Signal.SWALLOWED: Break.REPLACED,
    Signal.OVERFLOWED: Break.REPLACED,
    Signal.RELOADED: Break.REPLACED,
    Signal.EDITED_ELSEWHERE: Break.LEFT,
    Signal.CURSOR_AWAY: Break.LEFT,
    Signal.EDITED_OTHER_FILE: Break.SWITCHED,
    Signal.DOCUMENT_CLOSED: Break.CLOSED,
    Signal.QUIET: Break.SETTLED,
    Signal.OLD: Break.EXPIRED,
}

# Edits that a person makes; the others happen to the person (formatter, rename, reload).
OWN = frozenset({Origin.TYPED, Origin.ACCEPTED, Origin.PASTED, Origin.UNDONE})


class Gap(NamedTuple):
    """A gap at one moment. Offsets are code points of the document's text at that moment.

    A tuple, because one is made for each request that ends: a frozen dataclass costs three times
    as much.
    """

    request: str
    doc: str
    start: int
    end: int
    prefix_anchor: int  # how many characters before `start` must stay untouched
    suffix_anchor: int  # how many characters after `end`
    opened_at_ms: int
    grown_chars: int = 0  # the most that ever stood in it
    undone: bool = False  # the last edit in it took something back, or brought it back

    def signal(self, edit: Edit, origin: Origin) -> Signal:
        """What `edit` means to this gap."""
        if origin is Origin.EXTERNAL:
            return Signal.RELOADED
        start, end = self.start, self.end
        if start <= edit.start and edit.end <= end:
            grown = end - start + edit.growth
            return Signal.OVERFLOWED if grown > limits.GAP_CHARS_MAX else Signal.FILLED
        before = edit.start < start and edit.end > start - self.prefix_anchor
        after = edit.end > end and edit.start < end + self.suffix_anchor
        if before and after:
            return Signal.SWALLOWED
        if before:
            return Signal.TOUCHED_PREFIX
        if after:
            return Signal.TOUCHED_SUFFIX
        return Signal.EDITED_ELSEWHERE if origin in OWN else Signal.MOVED


class Ended(NamedTuple):
    """A gap that broke. Its offsets are those of the text *before* what broke it."""

    gap: Gap
    reason: Break
    at_ms: int


def due(opened_at_ms: int, inside_at_ms: int, away_since_ms: float) -> tuple[int, Signal]:
    """When time alone ends a gap, and how.

    `inside_at_ms`: of the last edit inside, or of the opening. `away_since_ms`: since when the
    cursor is off the gap's lines; infinite while it is on them.
    """
    ends = (
        (opened_at_ms + limits.GAP_LIFETIME_MS, Signal.OLD),
        (max(inside_at_ms + limits.GAP_QUIET_MS, away_since_ms), Signal.QUIET),
        (away_since_ms + limits.GAP_CURSOR_AWAY_MS, Signal.CURSOR_AWAY),
    )
    when_ms, signal = min(ends, key=lambda end: end[0])
    return int(when_ms), signal
