"""From events to samples: a fold over the event log, the same live and in a rebuild.

`Experience` holds what the events imply of one session: the documents' texts, the live gaps,
the proposals. Each event may end gaps; each ended gap is a `Mined`, with a sample unless the
break says that nothing was learned.

Left out: where events come from and where samples go (`echo_daemon.mining`).

Rules
 - Nothing but events and time goes in: what is mined live is what a rebuild mines.
 - Time passes before an event of that time is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_core import limits
from echo_core.edits import apply
from echo_core.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Opened,
    Proposed,
    Requested,
)
from echo_core.gap import Break, Ended, Gap, Gaps
from echo_core.sample import Sample


@dataclass(slots=True)
class Document:
    """A mirrored document as its events imply it."""

    language: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Mined:
    """An ended gap, and what it taught; `sample` is None where the region was replaced."""

    request: str
    doc: str
    reason: Break
    opened_at_ms: int
    broken_at_ms: int
    sample: Sample | None
    start: int  # where the gap began in the text as it stood at the break
    edits_before: int = 0  # of the event that broke it, those that were applied before the break


class Experience:
    """The state of one session, folded from its events in order."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self._gaps = Gaps()
        self._open: set[str] = set()  # requests whose gap lives
        self._proposals: dict[str, Proposed] = {}  # by request, of those
        self._homes: dict[str, str] = {}  # proposal -> the request it was first made for

    @property
    def gaps_live(self) -> int:
        """How many gaps are alive."""
        return len(self._gaps)

    def feed(self, event: Event) -> list[Mined]:
        """Take the next event; returns the gaps that it, or the time until it, ended."""
        mined = self.advance(event.at_ms)
        match event:
            case Opened():
                mined += self._mine(self._gaps.replaced(event.doc, event.at_ms))
                self.documents[event.doc] = Document(event.language, event.version, event.text)
            case Edited():
                mined += self._edit(event)
            case CursorMoved() if event.doc in self.documents:
                text = self.documents[event.doc].text
                self._gaps.cursor(event.doc, event.head, text, event.at_ms)
            case Closed():
                mined += self._mine(self._gaps.closed(event.doc, event.at_ms))
                self.documents.pop(event.doc, None)
            case Requested() if event.doc in self.documents:
                mined += self._request(event)
            case Proposed() if event.request in self._open and event.text:
                self._proposals[event.request] = event
                self._homes.setdefault(event.proposal, event.request)
            case _:
                pass
        return mined

    def advance(self, at_ms: int) -> list[Mined]:
        """Let time pass; returns the gaps that time alone ended."""
        return self._mine(self._gaps.advance(at_ms))

    def _edit(self, event: Edited) -> list[Mined]:
        document = self.documents.get(event.doc)
        if document is None:
            return []
        mined: list[Mined] = []
        for number, edit in enumerate(event.edits):
            ended = self._gaps.edited(event.doc, edit, event.origin, event.proposal, event.at_ms)
            mined += self._mine(ended, number)
            document.text = apply(document.text, edit)
        document.version = event.version
        return mined

    def _request(self, event: Requested) -> list[Mined]:
        text = self.documents[event.doc].text
        self._gaps.cursor(event.doc, event.offset, text, event.at_ms)
        self._open.add(event.request)
        return self._mine(
            self._gaps.open(event.request, event.doc, event.offset, len(text), event.at_ms)
        )

    def _mine(self, ended: list[Ended], edits_before: int = 0) -> list[Mined]:
        return [
            Mined(
                request=end.gap.request,
                doc=end.gap.doc,
                reason=end.reason,
                opened_at_ms=end.gap.opened_at_ms,
                broken_at_ms=end.at_ms,
                sample=self._sample(end),
                start=end.gap.start,
                edits_before=edits_before,
            )
            for end in ended
        ]

    def _sample(self, end: Ended) -> Sample | None:
        gap: Gap = end.gap
        self._open.discard(gap.request)
        made = self._proposals.pop(gap.request, None)
        home = made is not None and self._homes.get(made.proposal) == gap.request
        if made is not None and home:
            del self._homes[made.proposal]
        if end.reason is Break.REPLACED:
            return None
        document = self.documents[gap.doc]
        text = document.text
        return Sample(
            request=gap.request,
            doc=gap.doc,
            language=document.language,
            prefix=text[max(0, gap.start - limits.SAMPLE_PREFIX_CHARS_MAX) : gap.start],
            target=text[gap.start : gap.end],
            suffix=text[gap.end : gap.end + limits.SAMPLE_SUFFIX_CHARS_MAX],
            proposal=made.text if made else "",
            proposal_id=made.proposal if made else "",
            model=made.model if made else "",
            accepted_chars=gap.kept_chars(),
            kept_chars=gap.kept_chars(made.proposal) if made and home else 0,
            break_reason=end.reason,
            opened_at_ms=gap.opened_at_ms,
            broken_at_ms=end.at_ms,
        )
