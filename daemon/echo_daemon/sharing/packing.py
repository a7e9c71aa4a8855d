"""What is due becomes parcels: bundles of samples, and weeks of counters, sealed for the trainer.

Left out: sending.

Rules
 - A parcel is sealed for one intake, by a key that its root key signed and that holds today.
 - What is inside is kept as long as the envelope: what a person sees is what goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from echo_core.sharing.bundle.contents import (
    SCHEMA,
    Bundle,
    Contribution,
    WeekReport,
    digest,
    filled,
    week_of,
    week_start_ms,
)
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.fields import canonical, read
from echo_core.sharing.bundle.sending import Caps
from echo_core.sharing.consent import LEAVES, Switch
from echo_core.sharing.consent_text import text_digest
from echo_core.sharing.outbox import Item, Parcel
from echo_daemon.sharing.api import Note, Others, SharingOptions, WeekCounts
from echo_daemon.sharing.key_lists import KeyLists

DAY_MS: Final = 86_400_000
_REPORTED: Final = "reported"  # the last week of which a report was made, or nothing to report


class Packer:
    """Makes parcels."""

    def __init__(self, others: Others, keys: KeyLists, options: SharingOptions) -> None:
        self._outbox = others.outbox
        self._sealer = others.sealer
        self._keys = keys
        self._leave = others.leave
        self._clock = others.clock
        self._options = options

    async def bundle(self, items: Sequence[Item]) -> tuple[Bundle, int]:
        """The bundle that `items` make, as many of the first one's kind as follow each other and
        fit, and how many these are."""
        kind = Kind(items[0].kind)
        same = list(takewhile(lambda item: item.kind == kind, items))
        empty = Bundle(
            schema=SCHEMA,
            week=week_of(self._clock.wall_ms()),
            contributor=await self._contributor(kind),
            client=self._options.version,
            consent=text_digest(LEAVES[kind][0]),
            samples=(),
        )
        samples = [read(Contribution, item.content) for item in same]
        made = filled(empty, samples)
        return made, len(made.samples)

    async def preview(self, items: Sequence[Item]) -> bytes:
        """What would be sealed if these items, or the first of them, were sent now."""
        made, _ = await self.bundle(items)
        return canonical(made)

    async def pack(self, items: Sequence[Item]) -> int:
        """Seal as many of `items` as may still go today; how many.

        Raises:
            SharingError: there is no key to seal with.
        """
        now_ms = self._clock.wall_ms()
        left = self._options.caps.left(await self.today())
        done = 0
        while items and left.samples:
            made, count = await self.bundle(items[: left.samples])
            parcel = await self._parcel(Kind(items[0].kind), canonical(made), count, now_ms)
            cost = Caps(count, len(parcel.envelope))
            if not left.allows(cost):
                break
            await self._outbox.seal(parcel, [item.request for item in items[:count]], {})
            left, done, items = left.left(cost), done + count, items[count:]
        return done

    async def today(self) -> Caps:
        """How much was sealed today (UTC)."""
        now_ms = self._clock.wall_ms()
        return await self._outbox.sent_since(now_ms - now_ms % DAY_MS)

    async def report(self, counts: WeekCounts) -> bool:
        """Make the report of the last whole week, where that was not done; whether there is one.

        Raises:
            SharingError: there is no key to seal with.
        """
        now_ms = self._clock.wall_ms()
        this_week_ms = week_start_ms(week_of(now_ms))
        week = week_of(this_week_ms - 1)
        if await self._outbox.note(_REPORTED) == week:
            return False
        # Nothing of a document that was excluded meanwhile, nor from before the person said yes.
        since_ms = max(week_start_ms(week), self._leave.since_ms(Switch.METRICS))
        documents = frozenset(
            doc
            for doc in await counts.documents(since_ms, this_week_ms)
            if self._leave.allows(Switch.METRICS, doc)
        )
        rows = await counts.count(since_ms, this_week_ms, documents) if documents else ()
        notes: Mapping[str, Note] = {_REPORTED: week}
        if not rows:
            await self._outbox.set_notes(notes)
            return False
        report = WeekReport(
            schema=SCHEMA,
            week=week,
            contributor=await self._contributor(Kind.METRICS),
            client=self._options.version,
            consent=text_digest(LEAVES[Kind.METRICS][0]),
            rows=tuple(rows),
        )
        parcel = await self._parcel(Kind.METRICS, canonical(report), 0, now_ms)
        parcel = replace(parcel, due_ms=now_ms + self._options.delay_ms)
        await self._outbox.seal(parcel, (), notes)
        return True

    async def _contributor(self, kind: Kind) -> str:
        week = week_of(self._clock.wall_ms())
        return self._sealer.pseudonym(await self._secret(kind), kind, week)

    async def _secret(self, kind: Kind) -> bytes:
        return await self._outbox.secret(kind, self._sealer.new_secret())

    async def _parcel(self, kind: Kind, content: bytes, samples: int, now_ms: int) -> Parcel:
        week = week_of(now_ms)
        key = await self._keys.to_seal()
        envelope = self._sealer.envelope(await self._secret(kind), content, kind, week, key)
        return Parcel(
            id=digest(envelope),
            kind=kind,
            week=week,
            digest=digest(content),
            samples=samples,
            made_ms=now_ms,
            due_ms=now_ms,
            intake=self._options.intake,
            envelope=envelope,
            content=content,
        )
