"""What people ask of the outbox, in the words of the wire.

Left out: what becomes of it (`echo_daemon.sharing`).
"""

from __future__ import annotations

from collections.abc import Callable

from echo_core.clock import Clock
from echo_core.errors import InputError
from echo_core.records.wire import (
    OutboxDrop,
    OutboxDropped,
    OutboxItem,
    OutboxPause,
    OutboxPreview,
    OutboxRow,
    OutboxState,
    ParcelRow,
    WishRow,
)
from echo_core.sharing.bundle.contents import digest
from echo_core.sharing.bundle.sending import Caps
from echo_core.sharing.outbox import DropCause, Item, Parcel, Wish
from echo_daemon.sharing.office import SharingOffice, added_since, lies_in, request_is


class Outgoing:
    """The outbox of one profile, for its fronts."""

    def __init__(self, office: SharingOffice, clock: Clock) -> None:
        self._office = office
        self._clock = clock

    async def state(self) -> OutboxState:
        """All of it, without source text."""
        standing = await self._office.standing()
        return OutboxState(
            rows=[_row(item) for item in standing.items],
            parcels=[_parcel(parcel) for parcel in standing.parcels],
            wishes=[_wish(wish) for wish in standing.wishes],
            paused=sorted(standing.paused),
            problem=standing.problem,
        )

    async def preview(self, which: OutboxItem) -> OutboxPreview:
        """Exactly what would be sealed.

        Raises:
            InputError: nothing of that name waits.
        """
        if which.request:
            content = await self._office.content_of(which.request)
        else:
            content = await self._office.preview()
        if not content:
            raise InputError("Nothing of that name waits: see `echoctl outbox list`.")
        return OutboxPreview(content.decode(), digest(content))

    async def first_bundle(self) -> bytes:
        """What would be sealed if all that waits were due; nothing where nothing waits."""
        return await self._office.preview()

    async def item(self, request: str) -> Item | None:
        """A sample on its way out, or one that was."""
        return await self._office.item(request)

    async def made(self, request: str) -> bytes:
        """What would be sent of a sample, whether or not it waits."""
        return await self._office.made(request)

    async def today(self) -> Caps:
        """How much was sealed today."""
        return await self._office.today()

    async def drop(self, what: OutboxDrop) -> OutboxDropped:
        """Take things out that were not sent.

        Raises:
            InputError: nothing is named.
        """
        return OutboxDropped(await self._office.drop(self._takes(what)))

    def _takes(self, what: OutboxDrop) -> Callable[[Item], bool]:
        if what.everything:
            return lambda _: True
        if what.request:
            return request_is(what.request)
        if what.path:
            return lies_in(what.path)
        if what.last_ms > 0:
            return added_since(self._clock.wall_ms() - what.last_ms)
        raise InputError("Say what to drop: a sample, a file, a while, or everything.")

    async def pause(self, choice: OutboxPause) -> OutboxState:
        """Send nothing, or go on."""
        await self._office.pause(choice.folder, paused=choice.paused)
        return await self.state()

    async def send(self) -> OutboxState:
        """Send what waits, now."""
        await self._office.send_now()
        return await self.state()


def _row(item: Item) -> OutboxRow:
    return OutboxRow(
        request=item.request,
        doc=item.doc,
        language=item.language,
        added_ms=item.added_ms,
        due_ms=item.due_ms,
        bytes=len(item.content),
        state=item.state,
        cause=DropCause(item.cause).sentence if item.cause else "",
    )


def _parcel(parcel: Parcel) -> ParcelRow:
    return ParcelRow(
        id=parcel.id,
        kind=parcel.kind,
        week=parcel.week,
        digest=parcel.digest,
        samples=parcel.samples,
        size=parcel.size,
        made_ms=parcel.made_ms,
        due_ms=parcel.due_ms,
        attempts=parcel.attempts,
        state=parcel.state,
        cause=parcel.cause,
        receipt=parcel.receipt.decode(),
    )


def _wish(wish: Wish) -> WishRow:
    return WishRow(
        id=wish.id,
        kind=wish.kind,
        week=wish.week,
        asked_ms=wish.asked_ms,
        attempts=wish.attempts,
        cause=wish.cause,
        receipt=wish.receipt.decode(),
        done_ms=wish.done_ms,
    )
