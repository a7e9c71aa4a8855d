"""From events to samples: a fold over the event log, the same live and in a rebuild.

`Experience` holds what the events imply of one session: the documents' texts, the live gaps,
the proposals. Each event may end gaps; each ended gap is a `Mined`, with a sample unless the
break says that nothing was learned, or others of its burst stand for it.

Left out: where events come from and where samples go (`echo_daemon.mining`).

Rules
 - Nothing but events and time goes in: what is mined live is what a rebuild mines.
 - Time passes before an event of that time is taken.
 - A request at each key of a burst opens gaps that end alike and teach the same. A gap that opens
   inside a live one becomes a sample only if it is the first that starts on its line, with nothing
   but white space before it; or if a proposal made for it was shown. The others are *nested*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from echo_core import limits
from echo_core.experience.sample import Sample
from echo_core.gaps.accepted import Accepted
from echo_core.gaps.index import Gaps
from echo_core.gaps.life import Break, Ended, Gap
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
    OutcomeKind,
    Proposed,
    Renamed,
    Requested,
)
from echo_core.text.mirror import Mirror

# Until these, nobody can say that time passed: nobody watched.
UNWATCHED = frozenset({Mark.RESTED, Mark.RESUMED})
# These say that a proposal was before the user's eyes; typing it through does not (adr/0001).
SEEN = frozenset({OutcomeKind.SHOWN, OutcomeKind.ACCEPTED, OutcomeKind.PARTIAL})


class Document:
    """A mirrored document as its events imply it."""

    __slots__ = ("accepted", "language", "mirror", "version")

    def __init__(self, language: str, version: int, text: str) -> None:
        self.language = language
        self.version = version
        self.mirror = Mirror(text)
        self.accepted = Accepted(len(text))

    @property
    def text(self) -> str:
        """The whole text."""
        return self.mirror.text


class Mined(NamedTuple):
    """An ended gap, and what it taught."""

    request: str
    doc: str
    reason: Break
    opened_at_ms: int
    broken_at_ms: int
    sample: Sample | None  # None where the region was replaced, or the gap is nested
    nested: bool = False  # others of its burst stand for it
    start: int = 0  # where the gap began in the text as it stood at the break
    edits_before: int = 0  # of the event that broke it, those that were applied before the break
    session: str = ""  # in which it lived


@dataclass(slots=True)
class _Asked:
    """What is known of a live gap's request."""

    stands: bool  # for its burst, or for nobody but itself: it becomes a sample
    # The answers that have a text; what was accepted of them comes first.
    offered: list[Proposed] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # proposals that were before the user's eyes


class Experience:
    """The state of one session, folded from its events in order."""

    def __init__(self, session: str = "") -> None:
        self._session = session
        self.documents: dict[str, Document] = {}
        self._gaps = Gaps()
        self._asked: dict[str, _Asked] = {}  # by request whose gap lives
        self._homes: dict[str, str] = {}  # proposal -> the request it was first made for

    @property
    def gaps_live(self) -> int:
        """How many gaps are alive."""
        return len(self._gaps)

    @property
    def soonest_ms(self) -> float:
        """Time ends no gap before this; it may be too early, never too late."""
        return self._gaps.soonest_ms

    def feed(self, event: Event) -> list[Mined]:
        """Take the next event; returns the gaps that it, or the time until it, ended."""
        if isinstance(event, Marked) and event.what in UNWATCHED:
            rested = event.what is Mark.RESTED
            return self._mine(self._gaps.rested(event.at_ms)) if rested else []
        mined = self.advance(event.at_ms) if self._gaps.soonest_ms <= event.at_ms else []
        match event:
            case Edited():
                mined += self._edit(event)
            case Requested():
                mined += self._request(event)
            case Proposed() if event.text and event.request in self._asked:
                self._asked[event.request].offered.append(event)
                self._homes.setdefault(event.proposal, event.request)
            case Outcome():
                self._was_shown(event.proposal, seen=event.outcome in SEEN)
            case CursorMoved():
                self._look(event.doc, event.head, event.at_ms)
            case Opened():
                mined += self._mine(self._gaps.replaced(event.doc, event.at_ms))
                self.documents[event.doc] = Document(event.language, event.version, event.text)
            case Closed():
                mined += self._mine(self._gaps.closed(event.doc, event.at_ms))
                self.documents.pop(event.doc, None)
            case Renamed() if event.doc in self.documents and event.doc != event.to:
                mined += self._mine(self._gaps.replaced(event.to, event.at_ms))
                self._gaps.renamed(event.doc, event.to)
                self.documents[event.to] = self.documents.pop(event.doc)
            case Marked(what=Mark.AWAY):
                mined += self._mine(self._gaps.away(event.at_ms))
            case _:
                pass
        return mined

    def advance(self, at_ms: int) -> list[Mined]:
        """Let time pass; returns the gaps that time alone ended."""
        ended = self._gaps.advance(at_ms)
        return self._mine(ended) if ended else []

    def _edit(self, event: Edited) -> list[Mined]:
        document = self.documents.get(event.doc)
        if document is None:
            return []
        accepted = event.proposal if event.origin is Origin.ACCEPTED else None
        if accepted is not None:
            self._was_accepted(accepted)
        mined: list[Mined] = []
        for number, edit in enumerate(event.edits):
            ended = self._gaps.edited(event.doc, edit, event.origin, event.at_ms)
            if ended:
                removes = edit.start < edit.end and not edit.inserted
                mined += self._mine(ended, number, deleted=removes)
            document.mirror.edit(edit)
            document.accepted.follow(edit, accepted)
            if accepted is not None:
                hull = self._gaps.hull(event.doc)
                document.accepted.forget(*(hull or (document.mirror.length, 0)))
        document.version = event.version
        return mined

    def _look(self, doc: str, offset: int, at_ms: int) -> Document | None:
        document = self.documents.get(doc)
        if document is not None:
            start, end = document.mirror.line(offset)
            self._gaps.cursor(doc, start, end, at_ms)
        return document

    def _request(self, event: Requested) -> list[Mined]:
        document = self.documents.get(event.doc)
        if document is None:
            return []
        mirror = document.mirror
        offset = min(event.offset, mirror.length)
        line, line_end = mirror.line(offset)
        self._gaps.cursor(event.doc, line, line_end, event.at_ms)
        ended, around = self._gaps.open(
            event.request, event.doc, offset, mirror.length, event.at_ms
        )
        stands = around is None or (around < line and not mirror.cut(line, offset).strip())
        self._asked[event.request] = _Asked(stands)
        return self._mine(ended) if ended else []

    def _was_shown(self, proposal: str, *, seen: bool) -> None:
        """Something became of a proposal: the gap it was made for is a sample."""
        asked = self._asked.get(self._homes.get(proposal, ""))
        if asked is not None:
            asked.stands = True
            if seen:
                asked.shown.add(proposal)

    def _was_accepted(self, proposal: str) -> None:
        """Of several that were offered together, this one is what its gap was offered."""
        self._was_shown(proposal, seen=True)
        asked = self._asked.get(self._homes.get(proposal, ""))
        if asked is not None:
            asked.offered.sort(key=lambda one: one.proposal != proposal)

    def _mine(
        self, ended: list[Ended], edits_before: int = 0, *, deleted: bool = False
    ) -> list[Mined]:
        mined = []
        for gap, reason, at_ms in ended:
            asked = self._asked.pop(gap.request)
            sample = self._sample(gap, asked, reason, at_ms, deleted=deleted)
            nested = sample is None and reason is not Break.REPLACED
            mined.append(
                Mined(
                    request=gap.request,
                    doc=gap.doc,
                    reason=reason,
                    opened_at_ms=gap.opened_at_ms,
                    broken_at_ms=at_ms,
                    sample=sample,
                    nested=nested,
                    start=gap.start,
                    edits_before=edits_before,
                    session=self._session,
                )
            )
        return mined

    def _sample(
        self, gap: Gap, asked: _Asked, reason: Break, at_ms: int, *, deleted: bool
    ) -> Sample | None:
        made = asked.offered[0] if asked.offered else None
        home = made is not None and self._homes.get(made.proposal) == gap.request
        for one in asked.offered:
            if self._homes.get(one.proposal) == gap.request:
                del self._homes[one.proposal]
        if reason is Break.REPLACED or not asked.stands:
            return None
        document = self.documents[gap.doc]
        cut, start, end = document.mirror.cut, gap.start, gap.end
        kept = document.accepted.count_of(made.proposal, start, end) if made and home else 0
        return Sample(
            request=gap.request,
            doc=gap.doc,
            language=document.language,
            prefix=cut(max(0, start - limits.SAMPLE_PREFIX_CHARS_MAX), start),
            target=cut(start, end),
            suffix=cut(end, end + limits.SAMPLE_SUFFIX_CHARS_MAX),
            proposal=made.text if made else "",
            proposal_id=made.proposal if made else "",
            model=made.model if made else "",
            accepted_chars=document.accepted.count(start, end),
            kept_chars=kept,
            break_reason=reason,
            opened_at_ms=gap.opened_at_ms,
            broken_at_ms=at_ms,
            grown_chars=gap.grown_chars,
            undone=gap.undone,
            deleted=deleted,
            shown=made is not None and home and made.proposal in asked.shown,
        )
