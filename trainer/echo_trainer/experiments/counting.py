"""Week reports that wait at the intake become rows.

Left out: the rows (`echo_trainer.tables.counters`), samples (`echo_trainer.datasets`).

Rules
 - A report's rows and the word that it is done are one transaction: a run that was cut off finds
   what it had taken and does it again, and nothing is counted twice.
 - Only what was agreed to in a text that is known here is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import LATENCY_BOUNDS_MS, WeekReport
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.fields import read
from echo_trainer.keys.opening import Opener, open_envelope
from echo_trainer.objects.api import ObjectStore
from echo_trainer.tables import counters, queue
from echo_trainer.tables.database import Database
from echo_trainer.tables.schema import BundleState

_REPORTS_AT_ONCE: Final = 256  # of 200 rows at most


class Fate(StrEnum):
    """What became of a report."""

    COUNTED = "counted"
    TWICE = "counted_before"
    UNREADABLE = "unreadable"
    SCHEMA = "schema"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Counting:
    """What is needed to count."""

    database: Database
    objects: ObjectStore
    openers: Mapping[str, Opener]
    consents: Collection[str]  # digests of the texts under which counters may be used
    day: str  # today, in UTC

    def run(self) -> Counter[Fate]:
        """Count all that waits, first what an earlier run had begun with."""
        fates: Counter[Fate] = Counter()
        while True:
            with self.database.begin() as rows:
                begun = queue.waiting(rows, _REPORTS_AT_ONCE, {Kind.METRICS}, taken=True)
                new = queue.waiting(rows, _REPORTS_AT_ONCE - len(begun), {Kind.METRICS})
                mine = queue.take(rows, [one.digest for one in new])
            batch = [*(one.digest for one in begun), *mine]
            if not batch:
                return fates
            opened = {digest: self._opened(digest) for digest in batch}
            fates.update(self._kept(opened))

    def _kept(self, opened: Mapping[str, WeekReport | Fate]) -> list[Fate]:
        """Keep them; those that were deleted meanwhile are neither kept nor told of."""
        fates = []
        with self.database.begin() as rows:
            good = [digest for digest, one in opened.items() if isinstance(one, WeekReport)]
            still = set(queue.finish(rows, good, BundleState.CURATED, self.day))
            for digest, one in opened.items():
                if isinstance(one, Fate):
                    if queue.finish(rows, [digest], BundleState.REFUSED, self.day, one):
                        fates.append(one)
                elif digest in still:
                    fates.append(Fate.COUNTED if counters.add(rows, one) else Fate.TWICE)
        return fates

    def _opened(self, digest: str) -> WeekReport | Fate:
        content = self.objects.get(digest)
        if content is None:
            return Fate.UNREADABLE  # deleted meanwhile, its row too: nobody is told
        try:
            found, inside = open_envelope(content, self.openers)
        except InputError:
            return Fate.UNREADABLE
        try:
            report = read(WeekReport, inside)
        except InputError:
            return Fate.SCHEMA
        keys = [(row.language, row.model, row.arm) for row in report.rows]
        bins = {len(row.latency) for row in report.rows} - {len(LATENCY_BOUNDS_MS) + 1}
        if report.contributor != found.header.contributor or len(set(keys)) != len(keys) or bins:
            return Fate.SCHEMA
        return report if report.consent in self.consents else Fate.CONSENT
