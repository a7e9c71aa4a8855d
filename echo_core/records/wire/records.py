"""Messages about what is recorded: whether it may be, samples, counters, traces, a rebuild.

Only `SampleDetail` and `TraceLines` hold source text, and they go to the user's own terminal alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.documents import DocumentRef
from echo_core.records.wire.signature import Nothing, Signature

CONSENT_SET: Final = "consent/record"  # ConsentChoice -> ConsentState
CONSENT_GET: Final = "consent/get"  # Nothing -> ConsentState
SAMPLES_LIST: Final = "samples/list"  # SamplesQuery -> SampleList
SAMPLES_SHOW: Final = "samples/show"  # SampleQuery -> SampleDetail
SAMPLES_LOOKS: Final = "samples/looks"  # SampleQuery -> LookList
METRICS: Final = "metrics/summary"  # Nothing -> Metrics
TRACE_EXPORT: Final = "trace/export"  # TraceQuery -> TraceLines
MINE_REBUILD: Final = "mine/rebuild"  # Nothing -> RebuildReport
MINE_PROGRESS: Final = "mine/progress"  # notification to who asked for it
CONSENT_WHY: Final = "consent/why"  # DocumentRef -> RecordVerdict
DATA_SIZE: Final = "data/size"  # Nothing -> DataSize
DATA_FORGET: Final = "data/forget"  # Forget -> Forgotten
DATA_ERASE: Final = "data/erase"  # Nothing -> Nothing: store and key are gone, recording is off


@dataclass(frozen=True, slots=True)
class ConsentChoice:
    """Switch recording on or off; `by` names the program that asked."""

    record: bool
    by: str
    workspace: str = ""  # the path of a folder, for all in it; empty: this machine


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What holds, and why."""

    record: bool
    overruled: bool  # it does not, although the person chose it, or nobody knows what they chose
    reason: str  # a sentence
    text_version: str
    workspaces_off: list[str] = field(default_factory=list)  # nothing in these is recorded


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """Whether what happens in a document is recorded, and by which rule."""

    recorded: bool
    reason: str  # a sentence


@dataclass(frozen=True, slots=True)
class SamplesQuery:
    """Newest first. What is empty asks for all."""

    limit: int = 50
    break_reason: str = ""
    with_proposal: bool = False
    state: str = ""  # `echo_core.judging.judgement.State`
    cause: str = ""  # `echo_core.judging.checks.causes.Cause`, of what was dropped
    language: str = ""
    model: str = ""  # of the proposal
    path: str = ""  # a file or folder, absolute
    accepted: bool = False  # only those of which something was accepted
    before: int = 0  # only numbers below this one; 0: from the newest on


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One line of a list of samples; no source text."""

    id: int
    doc: str
    language: str
    opened_at_ms: int
    lived_ms: int
    break_reason: str
    target_chars: int
    target_lines: int
    accepted_chars: int
    proposed_chars: int
    state: str = "candidate"  # `echo_core.judging.judgement.State`
    cause: str = ""  # why it was dropped
    cut_chars: int = 0  # of the refined target, where it is judged
    quality: float = 0.0  # 0 to 1, where it is judged
    model: str = ""  # of the proposal; empty where none was made
    kept_chars: int = 0  # of the proposal, that stood when the gap ended


@dataclass(frozen=True, slots=True)
class SampleList:
    """Rows and how many there are in all."""

    rows: list[SampleRow]
    total: int


@dataclass(frozen=True, slots=True)
class SampleQuery:
    """One sample by its number."""

    id: int


@dataclass(frozen=True, slots=True)
class SampleDetail:
    """A sample with its text; only ever sent to the user's own terminal."""

    row: SampleRow
    request: str
    model: str
    prefix: str
    target: str
    suffix: str
    proposal: str
    later: str = "none"  # `echo_core.judging.checks.later.Later`, where it is judged
    committed: str = ""  # what the commit holds there, where that was judged instead

    @property
    def judged(self) -> str:
        """What the judgement is of, and `cut_chars` counts in."""
        return self.committed or self.target


@dataclass(frozen=True, slots=True)
class LookRow:
    """What a look at a sample's place saw, some time after; no source text."""

    moment: str  # `echo_core.experience.looks.Moment`
    at_ms: int
    place: str  # `echo_core.experience.looks.Place`
    confidence: float
    target_chars: int
    kept_chars: int
    accepted_chars: int
    accepted_kept_chars: int
    now_chars: int
    distance: int
    in_file: bool
    text_chars: int  # of the commit's text, where it differs


@dataclass(frozen=True, slots=True)
class LookList:
    """The looks at one sample, in the order of their moments."""

    rows: list[LookRow]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counters of the whole store; rates are made by whoever prints them."""

    requests: int
    shown: int
    accepted: int  # wholly or in part, counted once a proposal
    accepted_chars: int  # that came into documents by accepting
    accepted_kept_chars: int  # of them, those that still stood when their gap ended
    typed_chars: int
    latency_p50_ms: float
    latency_p95_ms: float
    tokens_per_key_p50: float
    gaps: dict[str, int] = field(default_factory=dict)  # by break reason; "live" for the others
    samples: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)  # by kind
    edits: int = 0  # single edits inside the edit events
    nested: int = 0  # ended gaps for which another sample of their burst stands


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """`session` empty: the newest one; `after`: where the page before ended.

    `last_ms`, of a first page: only what happened in so much time at the session's end.
    """

    session: str = ""
    after: int = 0
    lines_max: int = 5000
    last_ms: int = 0
    start_ms: int = 0  # as the page before says


@dataclass(frozen=True, slots=True)
class TraceLines:
    """A page of a trace in the format of docs/trace-format.md."""

    session: str
    lines: list[str]
    after: int
    start_ms: int  # when the trace begins
    more: bool


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a rebuild has come."""

    sessions: int
    sessions_all: int
    events: int


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What came of making gaps, samples and looks again from the log.

    Compared by request; one that is new or gone differs. `differing` names at most 100 of them.
    """

    sessions: int
    events: int
    gaps: int
    gaps_differing: int
    samples_before: int
    samples_after: int
    samples_identical: int
    samples_differing: int
    differing: list[str] = field(default_factory=list)
    looks_identical: int = 0
    looks_differing: int = 0  # of those that the log can judge


@dataclass(frozen=True, slots=True)
class SizeRow:
    """What one kind of thing takes in the store, without what the file's structure takes."""

    kind: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DataSize:
    """What is in the store."""

    rows: list[SizeRow]
    file_bytes: int
    oldest_ms: int  # when the oldest event happened; 0 of none


@dataclass(frozen=True, slots=True)
class Forget:
    """What has to go: what happened in the last while, or all of a folder; one of them."""

    last_ms: int = 0
    workspace: str = ""  # an absolute path


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went; looked for again afterwards, and not found."""

    events: int
    samples: int
    documents: int  # of which nothing is left
    waits: str = ""  # why it could not be done yet, and what happens then; the others are 0


METHODS: Final[dict[str, Signature]] = {
    CONSENT_SET: Signature(ConsentChoice, ConsentState),
    CONSENT_GET: Signature(Nothing, ConsentState),
    SAMPLES_LIST: Signature(SamplesQuery, SampleList),
    SAMPLES_SHOW: Signature(SampleQuery, SampleDetail),
    SAMPLES_LOOKS: Signature(SampleQuery, LookList),
    METRICS: Signature(Nothing, Metrics),
    TRACE_EXPORT: Signature(TraceQuery, TraceLines),
    MINE_REBUILD: Signature(Nothing, RebuildReport),
    MINE_PROGRESS: Signature(RebuildProgress, None),
    CONSENT_WHY: Signature(DocumentRef, RecordVerdict),
    DATA_SIZE: Signature(Nothing, DataSize),
    DATA_FORGET: Signature(Forget, Forgotten),
    DATA_ERASE: Signature(Nothing, Nothing),
}
