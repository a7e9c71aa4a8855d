"""Gaps and samples the simple way, as an oracle: every gap looks at every event.

What `gaps.nest`, `gaps.accepted` and `text.mirror` of `echo_core` do at once for all gaps is done
here for one gap after the other, on a plain string. Both must say the same of any session.

Rules
 - Nothing is shared with the parts that it judges but the table of breaks and the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from echo_core import limits
from echo_core.experience.mining import SEEN, Mined
from echo_core.experience.sample import Sample
from echo_core.gaps.life import BREAKS, OWN, Break, Signal
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Mark,
    Marked,
    Opened,
    Origin,
    Outcome,
    Proposed,
    Renamed,
    Requested,
)
from echo_core.text.edits import Edit, Side, apply, map_offset


class Span(NamedTuple):
    """Characters `[start, end)` of the current text that accepting `proposal` brought in."""

    start: int
    end: int
    proposal: str


@dataclass(slots=True)
class NaiveGap:
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
    grown_chars: int = 0
    undone: bool = False

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
            self.grown_chars = max(self.grown_chars, self.end - self.start)
            self.undone = origin is Origin.UNDONE
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
        assert reason is not None
        return when_ms, reason

    def kept_chars(self, proposal: str | None = None) -> int:
        """How many characters that came from accepting still stand; of `proposal` or of any."""
        spans = (s for s in self.kept if proposal is None or s.proposal == proposal)
        return sum(span.end - span.start for span in spans)


@dataclass(frozen=True, slots=True)
class Ended:
    """A gap that broke. Its offsets are those of the text *before* what broke it."""

    gap: NaiveGap
    reason: Break
    at_ms: int


_Decision: TypeAlias = Callable[[NaiveGap], Break | None]


class NaiveGaps:
    """The live gaps of one session, over all its documents."""

    def __init__(self) -> None:
        self._live: dict[str, list[NaiveGap]] = {}
        # No gap is due before this, so that time costs nothing at most keys. It may be too early,
        # never too late: edits only put a gap's end off, and whoever hastens one says so here.
        self._soonest_ms: float = math.inf

    def __len__(self) -> int:
        return sum(len(gaps) for gaps in self._live.values())

    def live(self, doc: str) -> tuple[NaiveGap, ...]:
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
        gaps.append(NaiveGap(request, doc, offset, offset, prefix, suffix, at_ms, at_ms))
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

    def all(self, signal: Signal, at_ms: int) -> list[Ended]:
        """Something happens to all gaps."""
        return [
            end for doc in self._live for end in self._where(doc, lambda _: BREAKS[signal], at_ms)
        ]

    def renamed(self, doc: str, to: str) -> None:
        """The gaps of `doc` live on in `to`, where none is alive."""
        self._live.pop(to, None)
        if doc in self._live:
            gaps = self._live[to] = self._live.pop(doc)
            for gap in gaps:
                gap.doc = to

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
        ended, lives = list[Ended](), list[NaiveGap]()
        for gap in self._live.get(doc, ()):
            reason = decide(gap)
            if reason is None:
                lives.append(gap)
            else:
                ended.append(Ended(gap, reason, at_ms))
        if ended:
            self._live[doc] = lives
        return ended


def _on_its_lines(gap: NaiveGap, offset: int, text: str) -> bool:
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


@dataclass(slots=True)
class Page:
    """A document."""

    language: str
    text: str


class NaiveExperience:
    """`echo_core.experience.mining.Experience`, gap by gap."""

    def __init__(self) -> None:
        self.documents: dict[str, Page] = {}
        self.gaps = NaiveGaps()
        self._stands: dict[str, bool] = {}  # requests whose gap lives: does it become a sample?
        self._proposals: dict[str, Proposed] = {}
        self._homes: dict[str, str] = {}
        self._seen: set[tuple[str, str]] = set()  # proposals, each with its home

    def feed(self, event: Event) -> list[Mined]:
        """Take the next event; returns the gaps that it, or the time until it, ended."""
        if isinstance(event, Marked) and event.what is Mark.RESTED:
            return self._mine(self.gaps.all(Signal.RELOADED, event.at_ms))
        if isinstance(event, Marked) and event.what is Mark.RESUMED:
            return []
        mined = self.advance(event.at_ms)
        match event:
            case Marked(what=Mark.AWAY):
                mined += self._mine(self.gaps.all(Signal.EDITED_OTHER_FILE, event.at_ms))
            case Renamed() if event.doc in self.documents and event.doc != event.to:
                mined += self._mine(self.gaps.replaced(event.to, event.at_ms))
                self.gaps.renamed(event.doc, event.to)
                self.documents[event.to] = self.documents.pop(event.doc)
            case Opened():
                mined += self._mine(self.gaps.replaced(event.doc, event.at_ms))
                self.documents[event.doc] = Page(event.language, event.text)
            case Edited() if event.doc in self.documents:
                mined += self._edit(event)
            case CursorMoved() if event.doc in self.documents:
                text = self.documents[event.doc].text
                self.gaps.cursor(event.doc, event.head, text, event.at_ms)
            case Closed():
                mined += self._mine(self.gaps.closed(event.doc, event.at_ms))
                self.documents.pop(event.doc, None)
            case Requested() if event.doc in self.documents:
                mined += self._request(event)
            case Proposed() if event.request in self._stands and event.text:
                self._proposals[event.request] = event
                self._homes.setdefault(event.proposal, event.request)
            case Outcome():
                self._was_shown(event.proposal, seen=event.outcome in SEEN)
            case _:
                pass
        return mined

    def advance(self, at_ms: int) -> list[Mined]:
        """Let time pass."""
        return self._mine(self.gaps.advance(at_ms))

    def _edit(self, event: Edited) -> list[Mined]:
        page = self.documents[event.doc]
        if event.origin is Origin.ACCEPTED:
            self._was_shown(event.proposal, seen=True)
        mined: list[Mined] = []
        for number, edit in enumerate(event.edits):
            ended = self.gaps.edited(event.doc, edit, event.origin, event.proposal, event.at_ms)
            mined += self._mine(ended, number, removes=edit.start < edit.end and not edit.inserted)
            page.text = apply(page.text, edit)
        return mined

    def _request(self, event: Requested) -> list[Mined]:
        text = self.documents[event.doc].text
        self.gaps.cursor(event.doc, event.offset, text, event.at_ms)
        ended = self.gaps.open(event.request, event.doc, event.offset, len(text), event.at_ms)
        live = self.gaps.live(event.doc)[:-1]
        around = [gap for gap in live if gap.start <= event.offset <= gap.end]
        line = text[: event.offset].replace("\r", "\n").rpartition("\n")[2]
        begun_here = any(gap.start >= event.offset - len(line) for gap in around)
        self._stands[event.request] = not around or (not line.strip() and not begun_here)
        return self._mine(ended)

    def _was_shown(self, proposal: str, *, seen: bool) -> None:
        if (home := self._homes.get(proposal)) in self._stands:
            self._stands[home] = True
            self._seen |= {(proposal, home)} if seen else set()

    def _mine(
        self, ended: list[Ended], edits_before: int = 0, *, removes: bool = False
    ) -> list[Mined]:
        mined = []
        for end in ended:
            gap = end.gap
            sample = self._sample(end, removes=removes)
            nested = sample is None and end.reason is not Break.REPLACED
            mined.append(
                Mined(
                    request=gap.request,
                    doc=gap.doc,
                    reason=end.reason,
                    opened_at_ms=gap.opened_at_ms,
                    broken_at_ms=end.at_ms,
                    sample=sample,
                    nested=nested,
                    start=gap.start,
                    edits_before=edits_before,
                )
            )
        return mined

    def _sample(self, end: Ended, *, removes: bool) -> Sample | None:
        gap = end.gap
        made = self._proposals.pop(gap.request, None)
        home = made is not None and self._homes.get(made.proposal) == gap.request
        if made is not None and home:
            del self._homes[made.proposal]
        if not self._stands.pop(gap.request) or end.reason is Break.REPLACED:
            return None
        page = self.documents[gap.doc]
        return Sample(
            request=gap.request,
            doc=gap.doc,
            language=page.language,
            prefix=page.text[max(0, gap.start - limits.SAMPLE_PREFIX_CHARS_MAX) : gap.start],
            target=page.text[gap.start : gap.end],
            suffix=page.text[gap.end : gap.end + limits.SAMPLE_SUFFIX_CHARS_MAX],
            proposal=made.text if made else "",
            proposal_id=made.proposal if made else "",
            model=made.model if made else "",
            accepted_chars=gap.kept_chars(),
            kept_chars=gap.kept_chars(made.proposal) if made and home else 0,
            break_reason=end.reason,
            opened_at_ms=gap.opened_at_ms,
            broken_at_ms=end.at_ms,
            grown_chars=gap.grown_chars,
            undone=gap.undone,
            deleted=removes,
            shown=made is not None and (made.proposal, gap.request) in self._seen,
        )
