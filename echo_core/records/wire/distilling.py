"""Messages about judging samples: do it now, how it stands, and why one was judged as it was.

Only `Explanation` holds source text, and it goes to the user's own terminal alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.records import SampleDetail, SampleQuery
from echo_core.records.wire.signature import Nothing, Signature

DISTILL_STATUS: Final = "distill/status"  # Nothing -> DistillStatus
DISTILL_NOW: Final = "distill/now"  # DistillAsk -> DistillReport; cancelling it ends it
DISTILL_PROGRESS: Final = "distill/progress"  # notification to who asked for it
SAMPLES_EXPLAIN: Final = "samples/explain"  # SampleQuery -> Explanation


@dataclass(frozen=True, slots=True)
class DistillStatus:
    """How far judging is."""

    pause: str  # `echo_daemon.distilling.distiller.Pause`
    sentence: str  # of it
    due: int  # samples that are to be judged, or judged again
    kept: int
    dropped: dict[str, int] = field(default_factory=dict)  # by cause


@dataclass(frozen=True, slots=True)
class DistillAsk:
    """Judge now, idle or not."""

    limit: int = 0  # samples; 0: all that are due


@dataclass(frozen=True, slots=True)
class DistillProgress:
    """How far it is."""

    due: int  # samples that were to be judged when it began
    judged: int
    kept: int


@dataclass(frozen=True, slots=True)
class DistillReport:
    """What came of it."""

    judged: int
    kept: int
    dropped: dict[str, int]  # by cause
    passed_over: int  # of files of which nothing may be kept any more
    left: int  # still to be judged
    pause: str  # why it ended: `echo_daemon.distilling.distiller.Pause`
    sentence: str  # of it


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What one check said of a sample."""

    check: str
    version: int
    asks: str  # the check's question
    finding: str  # `echo_core.judging.checks.verdict.Finding`; empty where it did not run
    cause: str
    sentence: str  # the cause's, or why it did not run
    quality: float  # its part in the sample's quality
    spans: list[tuple[int, int]] = field(default_factory=list)  # in prefix, refined target, suffix
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A question to a model, and how likely each answer was."""

    question: str
    prompt: str
    model: str
    answers: list[tuple[str, float]]  # log-probabilities


@dataclass(frozen=True, slots=True)
class RedactionRow:
    """A place of the context that is hidden before anybody else sees it."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sample is kept or dropped; only ever sent to the user's own terminal."""

    detail: SampleDetail
    unit: str = ""  # what ends where the target is cut
    licence: str = ""  # SPDX, of the workspace
    length: float = 1.0  # the length's part in the quality
    verdicts: list[VerdictRow] = field(default_factory=list)
    asked: list[AskedRow] = field(default_factory=list)
    redactions: list[RedactionRow] = field(default_factory=list)


METHODS: Final[dict[str, Signature]] = {
    DISTILL_STATUS: Signature(Nothing, DistillStatus),
    DISTILL_NOW: Signature(DistillAsk, DistillReport),
    DISTILL_PROGRESS: Signature(DistillProgress, None),
    SAMPLES_EXPLAIN: Signature(SampleQuery, Explanation),
}
