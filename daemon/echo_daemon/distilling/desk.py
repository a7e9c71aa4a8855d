"""Whoever asks about judging: how it stands, do it now, why is this sample as it is.

Left out: the connection (`echo_daemon.rpc`), the loop (`distiller`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from echo_core.judging.checks.table import Step
from echo_core.records.wire import (
    DistillAsk,
    DistillProgress,
    DistillReport,
    DistillStatus,
    Explanation,
    SampleDetail,
    SampleQuery,
)
from echo_daemon.distilling import report
from echo_daemon.distilling.api import Samples
from echo_daemon.distilling.distiller import Distiller


class Shown(Samples, Protocol):
    """The store, as far as samples are judged and shown."""

    async def sample(self, query: SampleQuery) -> SampleDetail:
        """One sample.

        Raises:
            StoreError: there is none of that number.
        """
        ...


class Desk:
    """The questions of `echoctl` about judging."""

    def __init__(self, table: tuple[Step, ...], samples: Shown, distiller: Distiller) -> None:
        self._table = table
        self._samples = samples
        self._distiller = distiller

    async def status(self) -> DistillStatus:
        """How far judging is; of a store that was never made, nothing."""
        due = await self._samples.due_count(await self._distiller.due())
        return report.status(self._distiller.pause, due, await self._samples.standings())

    async def now(self, ask: DistillAsk, tell: Callable[[DistillProgress], None]) -> DistillReport:
        """Judge what is due; `tell` hears after each sample.

        Raises:
            StoreError: nothing is recorded.
        """
        tally = await self._distiller.now(
            ask.limit or None, lambda tally: tell(report.progress(tally))
        )
        return report.report(tally, await self._samples.due_count(await self._distiller.due()))

    async def explain(self, query: SampleQuery) -> Explanation:
        """Every verdict about one sample, in words.

        Raises:
            StoreError: there is none of that number.
        """
        detail = await self._samples.sample(query)
        exhibit = await self._samples.exhibit(query.id)
        judgement = None if exhibit is None else exhibit.judgement
        return report.explanation(self._table, detail, judgement)
