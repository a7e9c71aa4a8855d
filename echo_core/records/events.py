"""What happened, as values: the event log is the truth from which gaps and samples are made.

Left out: where events are stored (`echo_daemon.store`), how they look in a trace file
(`echo_core.records.trace`), what is concluded from them (`echo_core.gaps.life`).

Rules
 - An event is immutable and complete: a rebuild reads nothing else.
 - `at_ms` is wall-clock time, milliseconds since 1970; within a session it never falls.
 - Offsets are code points. `doc` is the document's URI as the client named it.
 - A new event kind is a new class here, a line in `KINDS`, and an entry in docs/events.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from echo_core.text.edits import Edit


class Origin(StrEnum):
    """Who caused an edit."""

    TYPED = "typed"
    ACCEPTED = "accepted"  # a proposal was taken, wholly or in part
    PASTED = "pasted"
    AUTOMATIC = "automatic"  # the editor's own: a rename, an import that it adds
    EXTERNAL = "external"  # reloaded from disk, or replaced as a whole
    FORMATTER = "formatter"  # laid out anew: the same words in other space
    UNDONE = "undone"  # undo and redo
    UNSEEN = "unseen"  # nobody recorded it: between the end of the log and a restart (adr/0009)


class Trigger(StrEnum):
    """Why a completion was asked for (LSP `InlineCompletionTriggerKind`)."""

    AUTOMATIC = "automatic"
    INVOKED = "invoked"


class OutcomeKind(StrEnum):
    """What became of a proposal in the eyes of its user."""

    SHOWN = "shown"
    ACCEPTED = "accepted"
    PARTIAL = "partial"  # a word or a line of it; `chars` says how far, from its start
    TYPED_THROUGH = "typed_through"  # the user typed what stood there, to its end
    DISMISSED = "dismissed"  # shown, then contradicted by typing or moving away
    REPLACED = "replaced"  # another proposal took its place


class HeadMove(StrEnum):
    """What moved version control's head, as its own log says."""

    UNKNOWN = "unknown"  # seen for the first time, or said by nobody
    COMMIT = "commit"  # also amending, merging, picking, pulling: work arrived
    SWITCH = "switch"  # another branch or commit was checked out
    RESET = "reset"  # the branch itself was put elsewhere, or is being rebased


class Mark(StrEnum):
    """What a rebuild must know besides what people and editors did (adr/0010)."""

    PASSED = "passed"  # time went by to here, and brought something about
    RESTED = "rested"  # nobody goes on with the session; what lives in it ends, unknown how
    RESUMED = "resumed"  # a process began to record: nobody watched what was open before
    AWAY = "away"  # the person's own edit of a document that was forgotten since


@dataclass(frozen=True, slots=True)
class Opened:
    """A document came into the editor, with its whole text."""

    kind: ClassVar[str] = "open"
    at_ms: int
    doc: str
    language: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Edited:
    """Edits of one change notification; they apply one after the other."""

    kind: ClassVar[str] = "edit"
    at_ms: int
    doc: str
    version: int
    edits: tuple[Edit, ...]
    origin: Origin
    proposal: str = ""  # what was accepted, where `origin` is ACCEPTED


@dataclass(frozen=True, slots=True)
class CursorMoved:
    """The selection changed without an edit; `anchor` == `head` when nothing is selected."""

    kind: ClassVar[str] = "cursor"
    at_ms: int
    doc: str
    anchor: int
    head: int


@dataclass(frozen=True, slots=True)
class Focused:
    """Another document came to the front."""

    kind: ClassVar[str] = "focus"
    at_ms: int
    doc: str


@dataclass(frozen=True, slots=True)
class Saved:
    """The document was written to disk by the editor."""

    kind: ClassVar[str] = "save"
    at_ms: int
    doc: str


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """Version control moved, or where it stood was seen for the first time."""

    kind: ClassVar[str] = "head"
    at_ms: int
    ref: str  # the branch, or the commit where none is checked out; opaque
    repo: str = ""  # the URI of the folder that is checked out; empty: unknown
    commit: str = ""  # empty: there is none yet, or unknown
    move: HeadMove = HeadMove.UNKNOWN


@dataclass(frozen=True, slots=True)
class Committed:
    """A document as a commit holds it; recorded where something in it is followed."""

    kind: ClassVar[str] = "commit"
    at_ms: int
    doc: str
    commit: str
    text: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that a commit of the past changed: the parent's text, and edits of it."""

    kind: ClassVar[str] = "import"
    at_ms: int  # of the import
    doc: str
    language: str
    commit: str
    made_ms: int  # when it was committed
    text: str
    edits: tuple[Edit, ...]  # all of them of `text`: they do not apply one after the other


@dataclass(frozen=True, slots=True)
class Renamed:
    """A document goes on under another name, as it is; `to` is another's no more."""

    kind: ClassVar[str] = "rename"
    at_ms: int
    doc: str
    to: str
    confidence: float = 1.0  # below 1 where nobody said so, and it was recognised by its text


@dataclass(frozen=True, slots=True)
class Marked:
    """Nothing happened in the editor; see `Mark`. Holds no text and names no document."""

    kind: ClassVar[str] = "mark"
    at_ms: int
    what: Mark


@dataclass(frozen=True, slots=True)
class Closed:
    """The document left the editor; its text at that moment is implied by what came before."""

    kind: ClassVar[str] = "close"
    at_ms: int
    doc: str


@dataclass(frozen=True, slots=True)
class Requested:
    """A completion was asked for; a gap opens here."""

    kind: ClassVar[str] = "request"
    at_ms: int
    request: str  # id, unique in the store
    doc: str
    version: int
    offset: int
    trigger: Trigger


ALTERNATIVE: Final = "alternative"  # the `reason` of a proposal that is not its request's first


@dataclass(frozen=True, slots=True)
class Proposed:
    """The answer to a request. `text` is empty when it was silence, and `reason` says why.

    A request made by hand may be answered with several: each is an event of its own, in the order
    in which they were offered, and all but the first have the reason "alternative".
    """

    kind: ClassVar[str] = "proposal"
    at_ms: int
    request: str
    proposal: str  # id; equal to an earlier one's when this continues the same ghost text
    text: str
    model: str  # catalogue name or file digest; empty when no model was asked
    logprob_mean: float  # nats per token; 0.0 when no token was written
    latency_ms: float
    tokens_prompt: int  # tokens of the whole prompt
    tokens_evaluated: int  # of them, those that were not in the KV cache
    tokens_written: int
    reason: (
        str  # `echo_core.records.reasons.Reason`, "proposed" when there is a text; or ALTERNATIVE
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something became of a proposal."""

    kind: ClassVar[str] = "outcome"
    at_ms: int
    proposal: str
    outcome: OutcomeKind
    chars: int  # how much of the proposal is meant, from its start, in code points


Event: TypeAlias = (
    Opened
    | Edited
    | CursorMoved
    | Focused
    | Saved
    | HeadMoved
    | Committed
    | Imported
    | Renamed
    | Marked
    | Closed
    | Requested
    | Proposed
    | Outcome
)
_ALL: tuple[type[Event], ...] = (
    Opened,
    Edited,
    CursorMoved,
    Focused,
    Saved,
    HeadMoved,
    Committed,
    Imported,
    Renamed,
    Marked,
    Closed,
    Requested,
    Proposed,
    Outcome,
)
KINDS: dict[str, type[Event]] = {cls.kind: cls for cls in _ALL}
