"""New samples come into the outbox, and what waits there is looked at again before it is sealed.

Left out: sealing.

Rules
 - Only what ended after the person said yes, in files of which they may share it; what was imported
   has a leave of its own, which holds for all of it.
 - What was imported waits behind what was kept, and no import fills the outbox.
 - What was proposed and not kept goes along only where the person set that it may.
 - What waits is what would be sent, byte for byte. A sample that is judged otherwise meanwhile
   waits anew, as it is then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from echo_core.errors import InputError
from echo_core.places import holds, path_of
from echo_core.sharing.bundle.contents import bytes_of
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.fields import canonical
from echo_core.sharing.bundle.making import KeptSample, contribution
from echo_core.sharing.consent import LEAVES, Switch
from echo_core.sharing.outbox import DropCause, Item, ItemState
from echo_daemon.sharing.api import Others, SharingOptions

ROUND_MAX: Final = 100  # samples that are taken in at once: the next round is a minute later
HISTORY_WAITING_MAX: Final = 500  # of them imported: some days of `sharing.samples_a_day`
WAITING_MAX: Final = 5_000  # beyond this the outbox is no place to look through; they wait outside


class Collector:
    """From kept samples to what may be sealed now."""

    def __init__(self, others: Others, options: SharingOptions) -> None:
        self._outbox = others.outbox
        self._samples = others.samples
        self._sealer = others.sealer
        self._leave = others.leave
        self._clock = others.clock
        self._options = options

    async def collect(self) -> int:
        """Take new samples in; how many."""
        since_ms = self._leave.since_ms(Switch.CONTRIBUTE)
        waits = await self._outbox.items(ItemState.WAITING, ItemState.SEALED)
        room = min(ROUND_MAX, WAITING_MAX - len(waits))
        imported = sum(item.kind == Kind.HISTORY for item in waits)
        known = await self._outbox.known()
        found = await self._samples.kept(since_ms, history=self._leave.allows(Switch.HISTORY))
        allowed: dict[tuple[Kind, str], bool] = {}
        taken: list[Item] = []
        for row in found:
            if len(taken) >= room or (row.kind is Kind.HISTORY and imported >= HISTORY_WAITING_MAX):
                break
            if row.request in known:
                continue
            if (row.kind, row.doc) not in allowed:
                allowed[row.kind, row.doc] = self._allows(row.kind, row.doc)
            sample = await self._samples.sample(row.request) if allowed[row.kind, row.doc] else None
            if sample is not None:
                taken.append(await self._item(sample))
                imported += row.kind is Kind.HISTORY
        await self._outbox.put(taken)
        return len(taken)

    async def ready(self) -> list[Item]:
        """What may be sealed now, the one that waits longest first; what was imported behind it."""
        now_ms = self._clock.wall_ms()
        paused = await self._outbox.paused()
        ready: list[Item] = []
        for item in await self._outbox.items(ItemState.WAITING):
            if item.due_ms > now_ms:
                break
            path = path_of(item.doc)
            if not any(folder and holds(folder, path) for folder in paused):
                looked = await self._looked_at(item)
                ready += [looked] if looked is not None else []
        return sorted(ready, key=lambda item: item.kind == Kind.HISTORY)

    async def made(self, request: str) -> bytes:
        """What would be sent of a sample, whether or not it waits; nothing of one that may not."""
        sample = await self._samples.sample(request)
        return b"" if sample is None else (await self._item(sample)).content

    def _allows(self, kind: Kind, doc: str) -> bool:
        return all(self._leave.allows(switch, doc) for switch in LEAVES[kind])

    async def _looked_at(self, item: Item) -> Item | None:
        """The item, if it may be sent as it is."""
        if not self._allows(Kind(item.kind), item.doc):
            await self._outbox.drop([item.request], DropCause.CONSENT)
            return None
        sample = await self._samples.sample(item.request)
        if sample is None:
            await self._outbox.drop([item.request], DropCause.NOT_KEPT)
            return None
        since_ms = self._leave.since_ms(Switch.CONTRIBUTE)
        if sample.kind is Kind.SAMPLES and sample.broken_at_ms < since_ms:
            await self._outbox.drop([item.request], DropCause.CONSENT)
            return None
        fresh = await self._item(sample)
        if fresh.content == item.content:
            return item
        if fresh.state is ItemState.DROPPED:
            await self._outbox.drop([item.request], DropCause.UNFIT)
        else:
            await self._outbox.put([fresh])
        return None

    async def _item(self, sample: KeptSample) -> Item:
        secret = await self._outbox.secret(sample.kind, self._sealer.new_secret())
        now_ms = self._clock.wall_ms()
        item = Item(
            sample.request,
            sample.doc,
            sample.language,
            added_ms=now_ms,
            due_ms=now_ms + self._options.delay_ms,
            kind=sample.kind,
        )
        try:
            if not self._options.rejected:
                sample = replace(sample, rejected="")
            made = contribution(sample, self._sealer.sample_id(secret, sample.request))
            bytes_of(made)
        except InputError:
            return replace(item, state=ItemState.DROPPED, cause=DropCause.UNFIT)
        return replace(item, content=canonical(made))
