"""Messages about the outbox: what waits to leave, what was sent, what is asked back.

Only `OutboxPreview` holds source text: exactly what would be sent, for the user's own eyes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.signature import Nothing, Signature

OUTBOX_LIST: Final = "outbox/list"  # Nothing -> OutboxState
OUTBOX_PREVIEW: Final = "outbox/preview"  # OutboxItem -> OutboxPreview
OUTBOX_DROP: Final = "outbox/drop"  # OutboxDrop -> OutboxDropped
OUTBOX_PAUSE: Final = "outbox/pause"  # OutboxPause -> OutboxState
OUTBOX_SEND: Final = "outbox/send"  # Nothing -> OutboxState: now, without the delay


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One sample; no source text."""

    request: str
    doc: str
    language: str
    added_ms: int
    due_ms: int  # not sent before
    bytes: int  # of what would be sent; 0 once it was sent or dropped
    state: str  # `echo_core.sharing.outbox.ItemState`
    cause: str  # a sentence, where it was dropped


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """One sealed bundle, or one week of counters."""

    id: str
    kind: str
    week: str
    digest: str  # of what is inside: the same as that of its preview
    samples: int
    size: int  # bytes on the wire
    made_ms: int
    due_ms: int
    attempts: int
    state: str  # `echo_core.sharing.outbox.ParcelState`
    cause: str
    receipt: str  # what the trainer confirmed, as it was written


@dataclass(frozen=True, slots=True)
class WishRow:
    """One wish to delete what was sent in a week."""

    id: str
    kind: str
    week: str
    asked_ms: int
    attempts: int
    cause: str  # what was answered so far
    receipt: str  # empty: not confirmed yet
    done_ms: int


@dataclass(frozen=True, slots=True)
class OutboxState:
    """All of it. `paused`: folders; an empty one stands for everything."""

    rows: list[OutboxRow] = field(default_factory=list)
    parcels: list[ParcelRow] = field(default_factory=list)
    wishes: list[WishRow] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)
    problem: str = ""  # why nothing goes, where nothing goes


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Which sample; empty: the first bundle that what waits would make."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class OutboxPreview:
    """Exactly what would be sealed."""

    content: str
    digest: str  # SHA-256 of `content` in UTF-8


@dataclass(frozen=True, slots=True)
class OutboxDrop:
    """What is to be dropped: one sample, a file or folder, what came in lately, or all."""

    request: str = ""
    path: str = ""
    last_ms: int = 0
    everything: bool = False


@dataclass(frozen=True, slots=True)
class OutboxDropped:
    """How many went."""

    count: int


@dataclass(frozen=True, slots=True)
class OutboxPause:
    """Send nothing of a folder (empty: nothing at all), or go on."""

    paused: bool
    folder: str = ""


METHODS: Final[dict[str, Signature]] = {
    OUTBOX_LIST: Signature(Nothing, OutboxState),
    OUTBOX_PREVIEW: Signature(OutboxItem, OutboxPreview),
    OUTBOX_DROP: Signature(OutboxDrop, OutboxDropped),
    OUTBOX_PAUSE: Signature(OutboxPause, OutboxState),
    OUTBOX_SEND: Signature(Nothing, OutboxState),
}
