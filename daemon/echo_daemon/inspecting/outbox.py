"""What waits to leave, what left, and what is asked back."""

from __future__ import annotations

from dataclasses import dataclass

from echo_core.records.wire import OutboxRow, ParcelRow, WishRow
from echo_core.sharing.outbox import ItemState, ParcelState


@dataclass(frozen=True, slots=True)
class Cap:
    """How much may go in a day, and how much went today."""

    words: str  # samples, bytes
    used: int
    most: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sample that waits."""

    row: OutboxRow
    path: str  # of its file
    number: int  # of the sample; 0 where it is gone
    leaves: str  # when, or why not, in words


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed bundle or report."""

    row: ParcelRow
    words: str  # where it is, in words


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish to delete."""

    row: WishRow
    words: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """All of it; of rows that are through, the newest."""

    intake: str  # where it goes; empty: nowhere is named
    problem: str  # why nothing goes, where nothing goes
    all_paused: bool
    folders_paused: tuple[str, ...]
    delay_hours: int
    caps: tuple[Cap, ...]
    waiting: tuple[Waiting, ...]  # the one that leaves first first
    past: tuple[Waiting, ...]  # sent or dropped, newest first
    past_total: int
    parcels: tuple[Parcel, ...]  # newest first
    parcels_total: int
    wishes: tuple[Wish, ...]
    preview: str  # the bundle that all that waits would make now; empty where nothing waits
    preview_digest: str


def leaves(row: OutboxRow, now_ms: int) -> str:
    """When a sample leaves, or what became of it, in words."""
    match row.state:
        case ItemState.WAITING:
            left = max(0, row.due_ms - now_ms)
            hours, minutes = left // 3_600_000, left // 60_000 % 60
            return f"Leaves in {hours} h {minutes} min at the earliest." if left else "Is due."
        case ItemState.SEALED:
            return "Is sealed, and tried until it arrives."
        case ItemState.SENT:
            return "Was sent."
        case _:
            return row.cause


def parcel_words(row: ParcelRow) -> str:
    """Where a parcel is, in words."""
    match row.state:
        case ParcelState.SENT:
            return "Arrived; the receipt is kept."
        case ParcelState.REFUSED:
            return f"Was given up: {row.cause}" if row.cause else "Was given up."
        case _:
            tried = f" Tried {row.attempts} times." if row.attempts else ""
            return f"Waits to be sent.{tried}"


def wish_words(row: WishRow) -> str:
    """What became of a wish to delete, in words."""
    if row.receipt:
        return "Deletion is confirmed."
    tried = f" Tried {row.attempts} times." if row.attempts else ""
    return f"Asked for, not confirmed yet.{tried}"
