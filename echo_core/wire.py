"""The messages between a front (echo-lsp, echoctl) and the daemon: method names and their values.

JSON-RPC 2.0 with the framing of LSP. A method's parameters and result are the dataclasses named
in `METHODS`; `echo_runtime.rpc` turns them into JSON and back and refuses what does not fit.

Left out: sockets, framing, who may connect (`echo_runtime.rpc`, `echo_daemon.rpc`).

Rules
 - Offsets are code points of the text that the daemon mirrors.
 - A front that speaks another `PROTOCOL_VERSION` is refused by `HELLO` with a sentence.
 - Every request is answered exactly once; a cancelled one with JSON-RPC's RequestCancelled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

PROTOCOL_VERSION: Final = 1

# --- the first message of every connection --------------------------------------------------
HELLO: Final = "echo/hello"  # Hello -> Welcome

# --- documents; notifications, from the front ------------------------------------------------
DOCUMENT_OPEN: Final = "document/open"
DOCUMENT_EDIT: Final = "document/edit"
DOCUMENT_CURSOR: Final = "document/cursor"
DOCUMENT_FOCUS: Final = "document/focus"
DOCUMENT_SAVE: Final = "document/save"
DOCUMENT_CLOSE: Final = "document/close"
# --- notifications, from the daemon ----------------------------------------------------------
DOCUMENT_RESYNC: Final = "document/resync"  # the mirrors differ: please open it again
STATUS_CHANGED: Final = "status/changed"  # Status

# --- completion ------------------------------------------------------------------------------
COMPLETION: Final = "completion/request"  # CompletionAsk -> CompletionAnswer
OUTCOME: Final = "completion/outcome"  # notification, from the front
COMPLETION_LAST: Final = "completion/last"  # Nothing -> LastCompletion: for tools that measure
COMPLETION_WHY: Final = "completion/why"  # Nothing -> Why: the newest request's end, in words
COMPLETION_SNOOZE: Final = "completion/snooze"  # Snooze -> Snooze

# --- administration; requests -----------------------------------------------------------------
DAEMON_STATUS: Final = "daemon/status"  # Nothing -> DaemonStatus
DAEMON_STOP: Final = "daemon/stop"  # Nothing -> Nothing
DAEMON_FLUSH: Final = "daemon/flush"  # Nothing -> Flushed: all that was received is durable
ENGINE_DESCRIBE: Final = "engine/describe"  # Nothing -> EngineDescription; loads the model
ENGINE_RELOAD: Final = "engine/reload"  # Nothing -> Nothing: the chosen model changed
CONSENT_SET: Final = "consent/record"  # ConsentChoice -> ConsentState
CONSENT_GET: Final = "consent/get"  # Nothing -> ConsentState
SAMPLES_LIST: Final = "samples/list"  # SamplesQuery -> SampleList
SAMPLES_SHOW: Final = "samples/show"  # SampleQuery -> SampleDetail
METRICS: Final = "metrics/summary"  # Nothing -> Metrics
TRACE_EXPORT: Final = "trace/export"  # TraceQuery -> TraceLines


@dataclass(frozen=True, slots=True)
class Nothing:
    """No parameters, or no result."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who connects. `reports_shown`: the editor tells when it shows a proposal (ADR 0001)."""

    protocol: int
    client: str  # name and version of the editor or tool
    pid: int
    roots: list[str] = field(default_factory=list)  # workspace folders, as URIs
    reports_shown: bool = False
    token: str = ""  # needed where there are no Unix sockets


@dataclass(frozen=True, slots=True)
class Status:
    """What an editor shows of Echo. `kind`: ready, loading, no_model, error, off."""

    kind: str
    message: str  # one sentence with the remedy; empty when all is well
    busy: bool
    recording: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """The daemon's answer to Hello."""

    protocol: int
    version: str
    session: str
    status: Status


@dataclass(frozen=True, slots=True)
class DocumentOpen:
    """A document with its whole text; a second one for the same `doc` replaces the first."""

    doc: str
    language: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class DocumentEdit:
    """Edits `[start, deleted, inserted]` that apply one after the other.

    `length` is the text's length afterwards: where the daemon's mirror disagrees it asks for
    DOCUMENT_RESYNC and ignores edits until the document is opened again.
    """

    doc: str
    version: int
    edits: list[tuple[int, int, str]]
    length: int


@dataclass(frozen=True, slots=True)
class DocumentCursor:
    """The selection moved without an edit."""

    doc: str
    anchor: int
    head: int


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document by name: focus, save, close, resync."""

    doc: str


@dataclass(frozen=True, slots=True)
class CompletionAsk:
    """A completion at `offset` of version `version`. `trigger`: automatic, invoked."""

    doc: str
    version: int
    offset: int
    trigger: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal: put `text` in place of `[start, end)`. `id` comes back in outcomes."""

    id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CompletionAnswer:
    """What may be shown. `reason` is a `echo_core.reasons.Reason`; `hit` tells where it came from.

    The figures are for tools that measure; an editor ignores them.
    """

    offers: list[Offer]
    reason: str
    hit: str = ""  # "engine", "typed_through", "exact"
    latency_ms: float = 0.0
    tokens_evaluated: int = 0


@dataclass(frozen=True, slots=True)
class LastCompletion:
    """The figures of the newest answer of this daemon to any front; zeros before the first."""

    answers: int  # how many there were, this one included
    reason: str
    hit: str
    latency_ms: float
    tokens_prompt: int
    tokens_evaluated: int
    tokens_written: int
    engine_ms: float = 0.0  # of latency_ms: nothing was left to do but to wait for the engine


@dataclass(frozen=True, slots=True)
class Why:
    """How the newest request of any front ended; `reason` is empty before the first."""

    reason: str  # a `echo_core.reasons.Reason`
    sentence: str
    figures: LastCompletion  # zeros where nothing was tried
    chars: int = 0  # of the proposal
    logprob_mean: float = 0.0  # nats per token


@dataclass(frozen=True, slots=True)
class Snooze:
    """Asked: be silent for so long, 0 to end it. Answered: for how long that still holds."""

    minutes: float


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """What the editor did with a proposal. `outcome` is a `echo_core.events.OutcomeKind`."""

    proposal: str
    outcome: str
    chars: int  # of the offer's text, from its start, code points


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """For `echoctl status`; every field a number, an enum or a path of ours."""

    version: str
    pid: int
    uptime_ms: int
    fronts: int
    documents: int
    status: Status
    model: str
    engine_state: str
    engine_pid: int
    engine_restarts: int
    store_state: str  # off, open, failed
    store_bytes: int
    key_source: str  # keyring backend, key file, none
    events_recorded: int
    gaps_live: int
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flushed:
    """How many events of this store are durable."""

    events: int


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """The engine as it is loaded."""

    model: str
    path: str
    architecture: str
    family: str
    quantisation: str
    parameters: int
    file_bytes: int
    context_tokens: int
    threads: int
    backend: str  # cpu, cuda, metal, vulkan
    gpu_layers: int
    layers: int
    flash_attention: bool
    llama_cpp: str
    load_ms: int
    pid: int


@dataclass(frozen=True, slots=True)
class ConsentChoice:
    """Switch recording on this machine on or off; `by` names the program that asked."""

    record: bool
    by: str


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What was chosen, what holds, and why."""

    record: bool
    chosen: bool
    reason: str  # a sentence
    text_version: str


@dataclass(frozen=True, slots=True)
class SamplesQuery:
    """Newest first. `break_reason` empty: all."""

    limit: int = 50
    break_reason: str = ""
    with_proposal: bool = False


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


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """`session` empty: the newest one; `offset` for paging, in lines."""

    session: str = ""
    offset: int = 0
    lines_max: int = 5000


@dataclass(frozen=True, slots=True)
class TraceLines:
    """A page of a trace in the format of docs/trace-format.md."""

    session: str
    lines: list[str]
    more: bool


class Signature(NamedTuple):
    """What a method carries; `result` is None for a notification."""

    params: type
    result: type | None


METHODS: Final[dict[str, Signature]] = {
    HELLO: Signature(Hello, Welcome),
    DOCUMENT_OPEN: Signature(DocumentOpen, None),
    DOCUMENT_EDIT: Signature(DocumentEdit, None),
    DOCUMENT_CURSOR: Signature(DocumentCursor, None),
    DOCUMENT_FOCUS: Signature(DocumentRef, None),
    DOCUMENT_SAVE: Signature(DocumentRef, None),
    DOCUMENT_CLOSE: Signature(DocumentRef, None),
    DOCUMENT_RESYNC: Signature(DocumentRef, None),
    STATUS_CHANGED: Signature(Status, None),
    COMPLETION: Signature(CompletionAsk, CompletionAnswer),
    OUTCOME: Signature(OutcomeReport, None),
    COMPLETION_LAST: Signature(Nothing, LastCompletion),
    COMPLETION_WHY: Signature(Nothing, Why),
    COMPLETION_SNOOZE: Signature(Snooze, Snooze),
    DAEMON_STATUS: Signature(Nothing, DaemonStatus),
    DAEMON_STOP: Signature(Nothing, Nothing),
    DAEMON_FLUSH: Signature(Nothing, Flushed),
    ENGINE_DESCRIBE: Signature(Nothing, EngineDescription),
    ENGINE_RELOAD: Signature(Nothing, Nothing),
    CONSENT_SET: Signature(ConsentChoice, ConsentState),
    CONSENT_GET: Signature(Nothing, ConsentState),
    SAMPLES_LIST: Signature(SamplesQuery, SampleList),
    SAMPLES_SHOW: Signature(SampleQuery, SampleDetail),
    METRICS: Signature(Nothing, Metrics),
    TRACE_EXPORT: Signature(TraceQuery, TraceLines),
}
