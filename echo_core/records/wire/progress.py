"""Messages about how well Echo does: counters, and the rates made of them, over time.

A rate is None where it had no opportunity; its n is always beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.signature import Signature

PROGRESS: Final = "metrics/progress"  # ProgressAsk -> ProgressReport


@dataclass(frozen=True, slots=True)
class ProgressAsk:
    """How far back."""

    days: int = 28


@dataclass(frozen=True, slots=True)
class RateRow:
    """So many of so many."""

    part: int
    of: int
    value: float | None
    low: float | None = None  # Wilson's interval of 95 %, where opportunities can be counted
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """What was counted of a stretch of time, a language or a model."""

    name: str
    whole: bool  # the stretch is neither cut off nor still going on
    answers: int  # requests that were answered, with a proposal or with silence
    proposed: RateRow  # of the answers
    acceptance: RateRow  # AR: of the proposals that were shown
    generation: RateRow  # GR: of the written characters, those accepted that stayed
    retention: RateRow  # of the accepted characters, those that stayed
    typed_chars: int
    asked: int  # answers that the model wrote: the n of the latencies
    latency_p50_ms: int | None
    latency_p95_ms: int | None


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """Why nothing was offered."""

    reason: str  # `echo_core.records.reasons.Reason`
    sentence: str
    count: int


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """All of it."""

    since_ms: int  # from when on events were looked at; 0: there are none
    until_ms: int
    is_cut: bool  # there are older events, which were too many to count
    total: FiguresRow
    days: list[FiguresRow] = field(default_factory=list)  # oldest first
    weeks: list[FiguresRow] = field(default_factory=list)
    languages: list[FiguresRow] = field(default_factory=list)
    models: list[FiguresRow] = field(default_factory=list)
    silences: list[SilenceRow] = field(default_factory=list)  # the most frequent first


METHODS: Final[dict[str, Signature]] = {
    PROGRESS: Signature(ProgressAsk, ProgressReport),
}
