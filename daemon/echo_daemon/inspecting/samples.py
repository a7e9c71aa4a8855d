"""One sample: what was offered, what was kept, every verdict, and exactly what would be sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from echo_core.records.wire import AskedRow, LookRow, RedactionRow, VerdictRow


class SpanKind(StrEnum):
    """What a piece of a text is."""

    SAME = "same"  # proposed and kept
    PROPOSED = "proposed"  # proposed, and not kept
    KEPT = "kept"  # kept, and not proposed
    HIDDEN = "hidden"  # of the context: nobody else sees it; what stands there is its class
    CUT = "cut"  # of what was kept: behind the cut, so no part of the sample


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text. Spans of one text, one after the other, are the whole text."""

    kind: SpanKind
    text: str
    note: str = ""  # of HIDDEN: the class of what stands there


class Standing(StrEnum):
    """Whether a sample would be sent."""

    WAITING = "waiting"
    SEALED = "sealed"
    SENT = "sent"
    DROPPED = "dropped"
    FIT = "fit"  # nothing in it forbids it; what is switched on decides
    UNFIT = "unfit"  # it never leaves


@dataclass(frozen=True, slots=True)
class Field:
    """One field of what would be sent."""

    name: str
    purpose: str
    category: str  # `echo_core.sharing.bundle.fields.Category`
    value: str


@dataclass(frozen=True, slots=True)
class Departure:
    """What of it would leave."""

    standing: Standing
    sentence: str  # why it leaves or stays
    due_ms: int = 0  # of WAITING: when at the earliest
    content: str = ""  # the record's canonical bytes, which are UTF-8; empty where none would leave
    digest: str = ""  # SHA-256 of `content`
    fields: tuple[Field, ...] = ()  # the same, for reading
    parcel: str = ""  # of SEALED and SENT: in which


@dataclass(frozen=True, slots=True)
class SamplePage:
    """All of it. Source text, for its own user's eyes only."""

    number: int
    request: str
    doc: str
    path: str
    language: str
    model: str  # of the proposal; empty where none was made
    opened_ms: int
    lived_ms: int
    reason: str
    ended: str  # in words
    before: tuple[Span, ...]  # SAME and HIDDEN
    diff: tuple[Span, ...]  # proposal against what was kept: SAME, PROPOSED, KEPT
    later: str  # what of the commit was judged, in words; empty where none was looked at
    target: tuple[Span, ...]  # what was judged: SAME up to the cut, CUT behind it
    after: tuple[Span, ...]  # SAME and HIDDEN
    proposed_chars: int
    accepted_chars: int
    kept_chars: int
    target_chars: int
    cut_chars: int
    unit: str  # what ends at the cut
    state: str
    verdict: str  # state and cause in words
    quality: float
    quality_words: str  # the factors that it is the product of
    licence: str
    verdicts: tuple[VerdictRow, ...]  # in words; in the table's order
    asked: tuple[AskedRow, ...]
    redactions: tuple[RedactionRow, ...]
    looks: tuple[LookRow, ...]  # what became of it later
    departure: Departure
    newer: int  # the number of the next newer sample; 0: none
    older: int
