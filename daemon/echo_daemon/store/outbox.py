"""The outbox as whoever sends needs it: every method is one durable transaction.

Left out: the SQL (`outbox_rows`), what is sent and when (`echo_daemon.sharing`).

Rules
 - It works whether or not recording is on: what waits, and wishes to delete, are there in any case.
 - What was decided about sending survives a power cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from echo_core.errors import StoreError
from echo_core.sharing.bundle.sending import Caps
from echo_core.sharing.outbox import DropCause, Item, ItemState, Parcel, ParcelState, Week, Wish
from echo_daemon.store import outbox_rows as rows
from echo_daemon.store.database import Connection, Value, durable_transaction
from echo_daemon.store.recorder import Store
from echo_daemon.store.rows import RowWriter

T = TypeVar("T")
_SEED: Final = "secret:"
_PAUSED: Final = "paused:"  # with a folder behind it; without, everything
_CLOSED: Final = "The store cannot be asked: nothing was recorded yet, or its key is gone."


class StoreOutbox:
    """The outbox of one store. Every method raises `StoreError` where the store refuses."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def exists(self) -> bool:
        """Whether there is a store: without one nothing waits and nothing was sent."""
        return self._store.exists()

    async def _run(self, action: Callable[[Connection], T], *, create: bool = False) -> T:
        found: list[T] = []

        def steps(connection: Connection, _rows: RowWriter) -> Iterator[None]:
            yield from ()  # it is one step
            with durable_transaction(connection):
                found.append(action(connection))

        await self._store.work(steps, create=create)
        if not found:
            raise StoreError(_CLOSED)
        return found[0]

    # --- notes ----------------------------------------------------------------------------------

    async def secret(self, kind: str, fresh: bytes) -> bytes:
        """The secret from which the pseudonyms of a kind come; `fresh` where there was none."""

        def action(connection: Connection) -> bytes:
            held = rows.note(connection, _SEED + kind)
            if isinstance(held, bytes):
                return held
            rows.set_note(connection, _SEED + kind, fresh)
            return fresh

        return await self._run(action)

    async def note(self, name: str) -> Value:
        """What was noted under `name`."""
        return await self._run(lambda connection: rows.note(connection, name))

    async def set_notes(self, values: Mapping[str, Value]) -> None:
        """Note something; None takes a note away."""

        def action(connection: Connection) -> None:
            for name, value in values.items():
                rows.set_note(connection, name, value)

        await self._run(action)

    async def paused(self) -> frozenset[str]:
        """The folders of which nothing is sent; an empty name stands for everything."""
        return await self._run(lambda connection: frozenset(rows.notes(connection, _PAUSED)))

    async def pause(self, folder: str, *, paused: bool) -> None:
        """Send nothing of a folder (empty: nothing at all), or go on. What is sealed is opened."""

        def action(connection: Connection) -> None:
            rows.set_note(connection, _PAUSED + folder, 1 if paused else None)
            inside = rows.lies_in(folder)
            for item in rows.items(connection, ItemState.SEALED):
                if paused and folder and inside(item):
                    rows.unseal(connection, item.parcel, "paused")

        await self._run(action)

    # --- items ----------------------------------------------------------------------------------

    async def known(self) -> set[str]:
        """The requests of all that is in the outbox, or ever was."""
        return await self._run(rows.known)

    async def put(self, items: Sequence[Item]) -> None:
        """Take `items` in."""
        await self._run(lambda connection: rows.put(connection, items))

    async def items(self, *states: ItemState) -> list[Item]:
        """Items, the one that waits longest first."""
        return await self._run(lambda connection: rows.items(connection, *states))

    async def drop(self, requests: Sequence[str], cause: DropCause) -> int:
        """Take items out that were not sent; how many went."""
        return await self._run(lambda connection: rows.drop(connection, requests, cause))

    async def due_now(self, now_ms: int) -> None:
        """Nothing waits any longer."""
        await self._run(lambda connection: rows.due_now(connection, now_ms))

    # --- parcels --------------------------------------------------------------------------------

    async def seal(
        self, parcel: Parcel, requests: Sequence[str], notes: Mapping[str, Value]
    ) -> None:
        """A parcel was made of these items; `notes` come with it."""

        def action(connection: Connection) -> None:
            rows.seal(connection, parcel, requests)
            for name, value in notes.items():
                rows.set_note(connection, name, value)

        await self._run(action)

    async def unseal(self, parcel: str, cause: str) -> None:
        """A parcel will not be sent; what was in it waits again."""
        await self._run(lambda connection: rows.unseal(connection, parcel, cause))

    async def parcels(self, *states: ParcelState) -> list[Parcel]:
        """Parcels, the oldest first."""
        return await self._run(lambda connection: rows.parcels(connection, *states))

    async def tried(self, parcel: str, due_ms: int) -> None:
        """An attempt begins."""
        await self._run(lambda connection: rows.tried(connection, parcel, due_ms))

    async def put_off(self, parcel: str, due_ms: int) -> None:
        """The other side asked for a longer wait."""
        await self._run(lambda connection: rows.put_off(connection, parcel, due_ms))

    async def sent(self, parcel: str, receipt: bytes, now_ms: int) -> None:
        """A parcel was confirmed."""
        await self._run(lambda connection: rows.sent(connection, parcel, receipt, now_ms))

    async def refused(self, parcel: str, cause: DropCause, said: str, now_ms: int) -> None:
        """A parcel was given up, and its samples with it."""
        await self._run(lambda connection: rows.refused(connection, parcel, cause, said, now_ms))

    async def sent_since(self, since_ms: int) -> Caps:
        """How much may have arrived since then."""
        return await self._run(lambda connection: rows.sent_since(connection, since_ms))

    # --- going away -----------------------------------------------------------------------------

    async def weeks(self, kind: str) -> list[Week]:
        """The pseudonyms under which something may have arrived, and nobody asked for deletion."""
        return await self._run(lambda connection: rows.weeks(connection, kind))

    async def revoke(self, kind: str, wishes: Sequence[Wish]) -> None:
        """All of it or nothing: wishes are queued, what waits is dropped, the secret is gone."""

        def action(connection: Connection) -> None:
            rows.ask_deletion(connection, kind, wishes)
            rows.drop_where(connection, lambda item: item.kind == kind, DropCause.CONSENT)
            rows.set_note(connection, _SEED + kind, None)

        await self._run(action)

    async def wishes(self) -> list[Wish]:
        """All wishes, the oldest first."""
        return await self._run(rows.wishes)

    async def wish_tried(self, wish: str, due_ms: int, cause: str) -> None:
        """A wish was sent and not confirmed."""
        await self._run(lambda connection: rows.wish_tried(connection, wish, due_ms, cause))

    async def wish_done(self, wish: str, receipt: bytes, now_ms: int) -> None:
        """A wish was confirmed."""
        await self._run(lambda connection: rows.wish_done(connection, wish, receipt, now_ms))

    async def keep_wishes(self, wishes: Sequence[Wish]) -> None:
        """Take wishes over from a store that was erased; makes a store where there is none."""
        left = [replace(wish, attempts=0) for wish in wishes if not wish.done_ms]
        if left:
            await self._run(lambda connection: rows.ask_deletion(connection, "", left), create=True)
