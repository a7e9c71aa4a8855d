"""The life of a gap: what stands between two anchors that must stay untouched (paper, 4.2).

A gap opens at each request, empty, at the cursor. An edit inside it grows it; an edit outside
both anchors that is not the person moving on moves it; anything else ends it. `BREAKS` is the
whole table; `docs/experience.md` draws it.

Left out: the text itself and what is made of an ended gap (`echo_core.experience`); storage.

Rules
 - Positions are mapped through edits, never searched for.
 - Time comes in as an argument. A break that time causes is dated when it was due, not when
   somebody looked, so that a live gap and one rebuilt from the log end at the same moment.
 - `start` clings to the text before it and `end` to the text after it: what is inserted exactly
   at either edge is inside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import NamedTuple, TypeAlias

from echo_core import limits
from echo_core.edits import Edit, Side, map_offset
from echo_core.events import Origin


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
    IMPORTED = "imported"  # nothing lived: a hunk of a commit (`echo_core.past`)


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


class Span(NamedTuple):
    """Characters `[start, end)` of the current text that accepting `proposal` brought in."""

    start: int
    end: int
    proposal: str


@dataclass(slots=True)
class Gap:
    """A live gap. Offsets are code points of the document's current text."""

    request: str
    doc: str
    start: int
    end: int
    prefix_anchor: int  # how many characters before `start` must stay untouched
    suffix_anchor: int  # how many characters after `end`
    opened_at_ms: int
    edited_at_ms: int  # of the last edit inside, or of the opening
    away_since_ms: int | None = None  # since when the cursor is off the gap's lines
    kept: list[Span] = field(default_factory=list)  # what accepting brought in and still stands

    def signal(self, edit: Edit, origin: Origin) -> Signal:
        """What `edit` means to this gap; nothing is changed."""
        if origin is Origin.EXTERNAL:
            return Signal.RELOADED
        if self.start <= edit.start and edit.end <= self.end:
            grown = self.end - self.start + edit.growth
            return Signal.OVERFLOWED if grown > limits.GAP_CHARS_MAX else Signal.FILLED
        before = edit.start < self.start and edit.end > self.start - self.prefix_anchor
        after = edit.end > self.end and edit.start < self.end + self.suffix_anchor
        if before and after:
            return Signal.SWALLOWED
        if before:
            return Signal.TOUCHED_PREFIX
        if after:
            return Signal.TOUCHED_SUFFIX
        return Signal.EDITED_ELSEWHERE if origin in OWN else Signal.MOVED

    def follow(self, edit: Edit, origin: Origin, proposal: str, at_ms: int) -> None:
        """Take part in an edit that does not end the gap."""
        inside = self.start <= edit.start and edit.end <= self.end
        self.kept = _spans_after(self.kept, edit)
        if inside:
            if origin is Origin.ACCEPTED and edit.inserted:
                self.kept.append(Span(edit.start, edit.end_after, proposal))
                self.kept.sort()
            self.end += edit.growth
            self.edited_at_ms = at_ms
            self.away_since_ms = None
        else:
            self.start = map_offset(self.start, edit, Side.AFTER)
            self.end = map_offset(self.end, edit, Side.AFTER)

    def due(self) -> tuple[int, Break]:
        """When time alone will end this gap, and how."""
        ends = [(self.opened_at_ms + limits.GAP_LIFETIME_MS, Signal.OLD)]
        if self.away_since_ms is not None:
            quiet = max(self.edited_at_ms + limits.GAP_QUIET_MS, self.away_since_ms)
            ends.append((quiet, Signal.QUIET))
            ends.append((self.away_since_ms + limits.GAP_CURSOR_AWAY_MS, Signal.CURSOR_AWAY))
        when_ms, signal = min(ends, key=lambda end: end[0])
        reason = BREAKS[signal]
        assert reason is not None  # noqa: S101 - what time does to a gap always ends it
        return when_ms, reason

    def kept_chars(self, proposal: str | None = None) -> int:
        """How many characters that came from accepting still stand; of `proposal` or of any."""
        spans = (s for s in self.kept if proposal is None or s.proposal == proposal)
        return sum(span.end - span.start for span in spans)


@dataclass(frozen=True, slots=True)
class Ended:
    """A gap that broke. Its offsets are those of the text *before* what broke it."""

    gap: Gap
    reason: Break
    at_ms: int


_Decision: TypeAlias = Callable[[Gap], Break | None]


class Gaps:
    """The live gaps of one session, over all its documents."""

    def __init__(self) -> None:
        self._live: dict[str, list[Gap]] = {}
        # No gap is due before this, so that time costs nothing at most keys. It may be too early,
        # never too late: edits only put a gap's end off, and whoever hastens one says so here.
        self._soonest_ms: float = math.inf

    def __len__(self) -> int:
        return sum(len(gaps) for gaps in self._live.values())

    def live(self, doc: str) -> tuple[Gap, ...]:
        """The live gaps of `doc`, oldest first."""
        return tuple(self._live.get(doc, ()))

    def open(self, request: str, doc: str, offset: int, length: int, at_ms: int) -> list[Ended]:
        """Open a gap at `offset` of a document of `length` characters.

        Returns what had to end for it: the oldest gap, when too many are alive.
        """
        gaps = self._live.setdefault(doc, [])
        ended = []
        if len(gaps) >= limits.GAPS_LIVE_MAX:
            ended.append(Ended(gaps.pop(0), Break.EXPIRED, at_ms))
        prefix = min(limits.GAP_ANCHOR_CHARS, offset)
        suffix = min(limits.GAP_ANCHOR_CHARS, length - offset)
        gaps.append(Gap(request, doc, offset, offset, prefix, suffix, at_ms, at_ms))
        self._soonest_ms = min(self._soonest_ms, at_ms + limits.GAP_LIFETIME_MS)
        return ended

    def edited(
        self, doc: str, edit: Edit, origin: Origin, proposal: str, at_ms: int
    ) -> list[Ended]:
        """Take an edit of `doc`; call it before the document's text changes.

        `proposal` names what was accepted where `origin` is ACCEPTED.
        """
        ended = self._where(doc, lambda gap: BREAKS[gap.signal(edit, origin)], at_ms)
        for gap in self._live.get(doc, ()):
            gap.follow(edit, origin, proposal, at_ms)
        if origin in OWN:
            reason = BREAKS[Signal.EDITED_OTHER_FILE]
            for other in [name for name in self._live if name != doc]:
                ended += self._where(other, lambda _: reason, at_ms)
        return ended

    def cursor(self, doc: str, offset: int, text: str, at_ms: int) -> None:
        """Take the cursor's place in `doc`, whose text is `text`."""
        for gap in self._live.get(doc, ()):
            if _on_its_lines(gap, offset, text):
                gap.away_since_ms = None
            elif gap.away_since_ms is None:
                gap.away_since_ms = at_ms
                self._soonest_ms = at_ms

    def closed(self, doc: str, at_ms: int) -> list[Ended]:
        """The document was closed."""
        ended = self._where(doc, lambda _: BREAKS[Signal.DOCUMENT_CLOSED], at_ms)
        self._live.pop(doc, None)
        return ended

    def replaced(self, doc: str, at_ms: int) -> list[Ended]:
        """The document was opened anew over itself: nothing links the two texts."""
        return self._where(doc, lambda _: BREAKS[Signal.RELOADED], at_ms)

    def advance(self, at_ms: int) -> list[Ended]:
        """Let time pass up to and including `at_ms`."""
        if at_ms < self._soonest_ms:
            return []
        ended = []
        self._soonest_ms = math.inf
        for doc, gaps in self._live.items():
            due = [(gap, *gap.due()) for gap in gaps]
            self._live[doc] = [gap for gap, when, _ in due if when > at_ms]
            for gap, when, reason in due:
                if when > at_ms:
                    self._soonest_ms = min(self._soonest_ms, when)
                else:
                    ended.append(Ended(gap, reason, when))
        return sorted(ended, key=lambda end: end.at_ms)

    def _where(self, doc: str, decide: _Decision, at_ms: int) -> list[Ended]:
        ended: list[Ended] = []
        lives: list[Gap] = []
        for gap in self._live.get(doc, ()):
            reason = decide(gap)
            if reason is None:
                lives.append(gap)
            else:
                ended.append(Ended(gap, reason, at_ms))
        if ended:
            self._live[doc] = lives
        return ended


def _on_its_lines(gap: Gap, offset: int, text: str) -> bool:
    """Whether `offset` is in the gap or on a line that the gap touches."""
    if offset < gap.start:
        between = text[offset : gap.start]
    elif offset > gap.end:
        between = text[gap.end : offset]
    else:
        return True
    return "\n" not in between and "\r" not in between


def _spans_after(spans: list[Span], edit: Edit) -> list[Span]:
    """What is left of `spans` of the old text in the new one; inserted text belongs to none."""
    after: list[Span] = []
    for start, end, proposal in spans:
        if end <= edit.start:
            after.append(Span(start, end, proposal))
        elif start >= edit.end:
            after.append(Span(start + edit.growth, end + edit.growth, proposal))
        else:
            if start < edit.start:
                after.append(Span(start, edit.start, proposal))
            if end > edit.end:
                after.append(Span(edit.end_after, end + edit.growth, proposal))
    return after
