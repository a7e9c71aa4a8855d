"""Sharing as a service: a round once a minute, and what people ask of the outbox.

    a round:  leave taken back?  →  wishes go out  →  new samples come in  →  what is due is sealed
              →  parcels go out

Left out: the steps themselves (`collecting`, `packing`, `sending`), consent
(`echo_core.sharing.consent`).

Rules
 - One round at a time. Whoever takes their leave back does not wait for it: it is stopped where it
   is, which may be in the middle of an upload.
 - Taking back is not an event that could be missed: as long as the person's answer is no, every
   start of the daemon sees that nothing is left.
 - While nothing is allowed and nothing is to be deleted, the store is not even opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from echo_core.errors import EchoError, SharingError
from echo_core.places import holds, path_of
from echo_core.sharing.bundle.contents import digest
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.sending import Caps, Metered
from echo_core.sharing.consent import LEAVES, Switch
from echo_core.sharing.outbox import DropCause, Item, ItemState, Parcel, ParcelState, Wish
from echo_daemon.sharing.api import Note, Others, SharingOptions
from echo_daemon.sharing.collecting import Collector
from echo_daemon.sharing.key_lists import KeyLists
from echo_daemon.sharing.packing import Packer
from echo_daemon.sharing.sending import Sender

ROUND_MS = 60_000  # how late something is sent
_EVERY = {switch for switches in LEAVES.values() for switch in switches}
_NOT_SENT = (ItemState.WAITING, ItemState.SEALED)
_NO_TRAINER = "No trainer is named: see `sharing.intake` and `sharing.root_key` in config.toml."


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in the outbox, and why nothing goes, where nothing goes."""

    items: Sequence[Item]
    parcels: Sequence[Parcel]
    wishes: Sequence[Wish]
    paused: frozenset[str]
    problem: str


class SharingOffice:
    """The service of one daemon."""

    def __init__(self, others: Others, options: SharingOptions) -> None:
        self._outbox = others.outbox
        self._leave = others.leave
        self._link = others.link
        self._sealer = others.sealer
        self._counts = others.counts
        self._clock = others.clock
        self._options = options
        self._collector = Collector(others, options)
        self._keys = KeyLists(others, options)
        self._packer = Packer(others, self._keys, options)
        self._sender = Sender(others, self._keys, options)
        self._roots: Mapping[str, Note] = {}  # of trainers, while the store is erased
        self._one_at_a_time = asyncio.Lock()
        self._round: asyncio.Task[None] | None = None
        self._settled: set[Kind] = set()  # taken back, and nothing is left
        self._wishes_open = True  # as far as anybody looked
        self.problem = ""  # why nothing was sent in the last round

    # --- rounds -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """A round every minute, for ever."""
        while True:
            await self.round()
            await self._clock.sleep_ms(ROUND_MS)

    async def round(self, *, by_hand: bool = False) -> None:
        """Do what is due; never raises for what is outside. `by_hand`: a person waits for it."""
        async with self._one_at_a_time:
            self._round = asyncio.ensure_future(self._do(by_hand=by_hand))
            try:
                # Not awaited itself: whoever is cancelled here must not look like a stopped round.
                await asyncio.wait({self._round})
                if not self._round.cancelled():
                    self._round.result()
            except EchoError as error:
                self.problem = str(error)
            finally:
                self._round.cancel()
                self._round = None

    async def settle(self) -> None:
        """Somebody chose anew: stop what is under way, and see to what was taken back.

        Raises:
            StoreError: it could not be written down; the next round tries again.
        """
        if self._round is not None:
            self._round.cancel()
        async with self._one_at_a_time:
            await self._take_back()

    async def _do(self, *, by_hand: bool) -> None:
        self.problem = ""
        if not self._outbox.exists():
            return
        await self._take_back()
        if self._wishes_open and any(map(self._leave.was_given, _EVERY)):
            self._wishes_open = await self._sender.ask_deletions()
        contributes = self._leave.allows(Switch.CONTRIBUTE)
        measures = self._leave.allows(Switch.METRICS)
        if contributes:
            await self._collector.collect()
        if not (contributes or measures):
            return
        self.problem = await self._hindrance(by_hand=by_hand)
        if self.problem:
            return
        problem = ""
        try:
            ready = await self._collector.ready() if contributes else []
            await self._packer.pack(ready)
            if measures:
                await self._packer.report(self._counts)
        except SharingError as error:  # what is sealed already can go all the same
            problem = str(error)
        self.problem = await self._sender.send() or problem

    async def _hindrance(self, *, by_hand: bool) -> str:
        if not (self._options.intake and self._options.root_key):
            return _NO_TRAINER
        if "" in await self._outbox.paused():
            return "Sending is paused: `echoctl outbox resume`."
        metered = not (by_hand or self._options.on_metered)
        if metered and await self._link.metered() is Metered.YES:
            return "The network is metered: see `sharing.on_metered`."
        return ""

    # --- taking back ------------------------------------------------------------------------------

    async def _take_back(self) -> None:
        for kind, switches in LEAVES.items():
            if not any(map(self._leave.is_refused, switches)):
                self._settled.discard(kind)
            elif kind not in self._settled and self._outbox.exists():
                await self._revoke(kind)
                self._settled.add(kind)

    async def _revoke(self, kind: Kind) -> None:
        now_ms = self._clock.wall_ms()
        wishes: list[Wish] = []
        weeks = await self._outbox.weeks(kind)
        if weeks:
            secret = await self._outbox.secret(kind, self._sealer.new_secret())
            for week in weeks:
                content = self._sealer.deletion(secret, kind, week.week)
                wishes.append(
                    Wish(digest(content), kind, week.week, now_ms, now_ms, week.intake, content)
                )
        await self._outbox.revoke(kind, wishes)
        self._wishes_open = True

    async def wishes_to_keep(self) -> list[Wish]:
        """What the store may not take with it when it is erased."""
        await self.settle()
        if not self._outbox.exists():
            return []
        self._roots = await self._keys.roots()
        return await self._outbox.wishes()

    async def erased(self, wishes: Sequence[Wish]) -> None:
        """The store was erased; `wishes` go on, in a new one that holds nothing else."""
        await self._outbox.keep_wishes(wishes)
        if self._outbox.exists():
            await self._outbox.set_notes(self._roots)
        self._settled.clear()

    # --- what people ask --------------------------------------------------------------------------

    async def standing(self) -> Standing:
        """Everything that waits, was sent or is to be deleted."""
        if not self._outbox.exists():
            return Standing((), (), (), frozenset(), self.problem)
        return Standing(
            items=await self._outbox.items(*ItemState),
            parcels=await self._outbox.parcels(*ParcelState),
            wishes=await self._outbox.wishes(),
            paused=await self._outbox.paused(),
            problem=self.problem,
        )

    async def preview(self) -> bytes:
        """What would be sealed if everything that waits were due: the first bundle of it."""
        waiting = await self._outbox.items(ItemState.WAITING) if self._outbox.exists() else []
        return await self._packer.preview(waiting) if waiting else b""

    async def content_of(self, request: str) -> bytes:
        """What would be sent of one sample; nothing where it does not wait."""
        waiting = await self._outbox.items(*_NOT_SENT) if self._outbox.exists() else []
        return next((item.content for item in waiting if item.request == request), b"")

    async def item(self, request: str) -> Item | None:
        """A sample on its way out, or one that was; None where it never came so far."""
        items = await self._outbox.items(*ItemState) if self._outbox.exists() else []
        return next((item for item in items if item.request == request), None)

    async def made(self, request: str) -> bytes:
        """What would be sent of a sample, whether or not it waits; nothing of one that may not."""
        return await self._collector.made(request) if self._outbox.exists() else b""

    async def today(self) -> Caps:
        """How much was sealed today (UTC)."""
        return await self._packer.today() if self._outbox.exists() else Caps(0, 0)

    async def drop(self, takes: Callable[[Item], bool]) -> int:
        """Take out what fits and was not sent; how many went."""
        if not self._outbox.exists():
            return 0
        found = await self._outbox.items(*_NOT_SENT)
        requests = [item.request for item in found if takes(item)]
        return await self._outbox.drop(requests, DropCause.PERSON)

    async def pause(self, folder: str, *, paused: bool) -> None:
        """Send nothing (of a folder), or go on.

        Raises:
            StoreError: there is no store yet.
        """
        if paused and not folder and self._round is not None:
            self._round.cancel()
        await self._outbox.pause(folder, paused=paused)

    async def send_now(self) -> str:
        """Send everything that waits, without its delay; why not all of it went, or nothing."""
        if self._outbox.exists():
            await self.round(by_hand=True)  # new samples come in
            await self._outbox.due_now(self._clock.wall_ms())
            await self.round(by_hand=True)
        return self.problem


def request_is(request: str) -> Callable[[Item], bool]:
    """Whether an item is this one."""
    return lambda item: item.request == request


def lies_in(folder: str) -> Callable[[Item], bool]:
    """Whether an item's file is `folder`, or lies in it."""
    return lambda item: holds(folder, path_of(item.doc))


def added_since(since_ms: int) -> Callable[[Item], bool]:
    """Whether an item came in since then."""
    return lambda item: item.added_ms >= since_ms
