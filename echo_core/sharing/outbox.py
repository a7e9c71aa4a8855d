"""What waits to leave, as values: samples, sealed parcels, wishes to delete.

Left out: where they are kept (`echo_daemon.store.outbox`), what is done with them
(`echo_daemon.sharing`).

Rules
 - A sample waits, is sealed into a parcel, and is sent; or it is dropped, with a cause. What was
   sent or dropped stays known by its request, so that it never comes back.
 - A parcel that was tried may have arrived, whatever was answered: its week counts as sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.sharing.bundle.envelope import Kind


class ItemState(StrEnum):
    """Where a sample is on its way out."""

    WAITING = "waiting"
    SEALED = "sealed"  # in a parcel that was not confirmed yet
    SENT = "sent"
    DROPPED = "dropped"


class ParcelState(StrEnum):
    """Where a sealed parcel is."""

    SEALED = "sealed"
    SENT = "sent"
    REFUSED = "refused"


class DropCause(StrEnum):
    """Why a sample left the outbox without being sent."""

    PERSON = "person"
    CONSENT = "consent"
    NOT_KEPT = "not_kept"
    REFUSED = "refused"
    TOO_OLD = "too_old"
    UNFIT = "unfit"

    @property
    def sentence(self) -> str:
        """The cause in words."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    DropCause.PERSON: "You dropped it.",
    DropCause.CONSENT: "What you agreed to does not cover it any more.",
    DropCause.NOT_KEPT: "It was judged again, and is not kept any more.",
    DropCause.REFUSED: "The trainer refused it.",
    DropCause.TOO_OLD: "It could not be sent for two weeks.",
    DropCause.UNFIT: "Its target holds something that must not leave, or it is too large.",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One sample in the outbox. `content` is its written form: exactly what would be sent."""

    request: str
    doc: str
    language: str
    added_ms: int
    due_ms: int  # not sent before
    kind: str = Kind.SAMPLES  # in which kind of parcel it goes
    content: bytes = b""  # empty once it was sent or dropped
    state: ItemState = ItemState.WAITING
    cause: str = ""
    parcel: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed bundle or report."""

    id: str  # the digest of its envelope
    kind: str  # `echo_core.sharing.bundle.envelope.Kind`
    week: str
    digest: str  # of what is inside: what a preview shows
    samples: int
    made_ms: int
    due_ms: int  # no attempt before
    intake: str  # for whom it is sealed
    envelope: bytes = b""  # empty once it was sent or given up
    content: bytes = b""  # what is inside; as long as the envelope
    attempts: int = 0
    state: ParcelState = ParcelState.SEALED
    cause: str = ""
    receipt: bytes = b""
    ended_ms: int = 0
    size: int = 0  # bytes of the envelope


@dataclass(frozen=True, slots=True)
class Week:
    """A week's pseudonym under which something may have arrived somewhere."""

    kind: str
    week: str
    intake: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A signed wish to delete, and what became of it."""

    id: str  # the digest of `content`
    kind: str
    week: str
    asked_ms: int
    due_ms: int
    intake: str
    content: bytes
    attempts: int = 0
    cause: str = ""
    receipt: bytes = b""  # empty: not confirmed
    done_ms: int = 0
