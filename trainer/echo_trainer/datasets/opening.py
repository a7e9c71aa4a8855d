"""What waits at the intake is opened, looked at again and put into the lake.

Left out: deleting (`deletion`), choosing (`making`).

Rules
 - A batch is in the lake before its bundles are said to be done. A run that was cut off finds what
   it had taken and does it again; a sample is in the lake once.
 - An opened bundle is in memory only, a batch at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import Bundle
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.fields import canonical, read
from echo_trainer.curation.drops import Drop
from echo_trainer.curation.recheck import of_bundle
from echo_trainer.keys.opening import Opener, open_envelope
from echo_trainer.lake.cells import Cells
from echo_trainer.lake.engine import Engine
from echo_trainer.lake.plan import looked_at_again
from echo_trainer.lake.samples import Opened, SampleTable, rows_of
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.objects.api import ObjectStore
from echo_trainer.tables import queue
from echo_trainer.tables.database import Database
from echo_trainer.tables.schema import BundleState

_BUNDLES_AT_ONCE: Final = 256  # 16,384 samples at most, 256 MB opened
_KINDS: Final = (Kind.SAMPLES, Kind.HISTORY)


@dataclass(slots=True)
class OpeningReport:
    """What became of what waited."""

    bundles: int = 0
    samples: int = 0
    added: int = 0
    dropped: Counter[Drop] = field(default_factory=Counter)  # samples; bundles that did not open


@dataclass(frozen=True, slots=True)
class Opening:
    """What is needed to open."""

    database: Database
    objects: ObjectStore
    openers: Mapping[str, Opener]
    table: SampleTable
    keys: RowKeys
    engine: Engine
    day: str  # today, in UTC
    consents: Mapping[Kind, Collection[str]]  # digests of texts under which samples may be used

    def run(self) -> OpeningReport:
        """Open all that waits, first what an earlier run had begun with."""
        report = OpeningReport()
        while True:
            with self.database.begin() as rows:
                begun = queue.waiting(rows, _BUNDLES_AT_ONCE, _KINDS, taken=True)
                new = queue.waiting(rows, _BUNDLES_AT_ONCE - len(begun), _KINDS)
                mine = set(queue.take(rows, [one.digest for one in new]))
            batch = [*begun, *(one for one in new if one.digest in mine)]
            if not batch:
                return report
            self._batch([one.digest for one in batch], report)

    def _batch(self, digests: list[str], report: OpeningReport) -> None:
        opened: list[Opened] = []
        refused: dict[str, Drop] = {}
        for digest in digests:
            found = self._opened(digest)
            if isinstance(found, Drop):
                refused[digest] = found
            else:
                opened += found
        report.bundles += len(digests)
        report.samples += len(opened)
        report.dropped.update(refused.values())
        whys = looked_at_again([canonical(one.sample) for one in opened], self.engine)
        report.dropped.update(Drop(why) for why in whys if why)
        kept = [one for one, why in zip(opened, whys, strict=True) if not why]
        if kept:
            keys = self.keys.made_for({one.contributor for one in kept})
            added = self.table.add(rows_of(kept, keys, Cells()))
            report.added += added
            report.dropped.update([Drop.ARRIVED_TWICE] * (len(kept) - added))
        done = [digest for digest in digests if digest not in refused]
        with self.database.begin() as rows:
            queue.finish(rows, done, BundleState.CURATED, self.day)
            for why in set(refused.values()):
                those = [digest for digest, one in refused.items() if one is why]
                queue.finish(rows, those, BundleState.REFUSED, self.day, why)

    def _opened(self, digest: str) -> list[Opened] | Drop:
        content = self.objects.get(digest)
        if content is None:  # deleted meanwhile
            return []
        try:
            found, inside = open_envelope(content, self.openers)
        except InputError:
            return Drop.UNREADABLE
        try:
            bundle = read(Bundle, inside)
        except InputError:
            return Drop.SCHEMA
        why = of_bundle(found.header, bundle, self.consents)
        if why is not None:
            return why
        return [Opened(bundle.contributor, bundle.week, one) for one in bundle.samples]
