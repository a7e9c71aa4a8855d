"""What is done every minute: loose objects are swept, what waits is counted, one line is logged.

Rules
 - A failure here is logged and tried again; it stops no request.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import TrainerError
from echo_core.sharing.bundle.contents import day_of
from echo_runtime.logs import Label, Log
from echo_trainer.api.gauges import Gauges
from echo_trainer.intake.desk import SWEEP_MAX, IntakeDesk

_EVERY_MS: Final = 60_000
_READY_MS: Final = 1_000  # an answer of /health/ready is this old at most
_HOUR_ROUNDS: Final = 60


class Minder:
    """Looks after a running intake."""

    def __init__(self, desk: IntakeDesk, gauges: Gauges, clock: Clock, log: Log) -> None:
        self._desk = desk
        self._gauges = gauges
        self._clock = clock
        self._log = log
        self._problems: list[str] = []
        self._looked_ms = -float(_READY_MS)

    @asynccontextmanager
    async def minding(self) -> AsyncIterator[None]:
        """Look after it until the block ends; then write what waits."""
        task = asyncio.create_task(self._rounds())
        self._log.info("intake.started")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(self._desk.close)
            self._log.info("intake.stopped")

    async def problems(self) -> list[str]:
        """What keeps it from taking anything in, in words; looked at once a second at most."""
        now_ms = self._clock.steady_ms()
        if now_ms - self._looked_ms >= _READY_MS:
            self._looked_ms = now_ms
            self._problems = await self._look()
        return self._problems

    async def _look(self) -> list[str]:
        found: list[str] = []
        try:
            await asyncio.to_thread(self._desk.counts)
        except TrainerError:
            found.append("database")
        try:
            expires = (await self._desk.keys()).keys.expires
            if expires < day_of(self._clock.wall_ms()):
                found.append("keys expired: run `echo-trainer keys rotate`")
        except TrainerError:
            found.append("keys")
        return found

    async def _rounds(self) -> None:
        round_number = 0
        while True:
            try:
                await self.look_after(tidy=round_number % _HOUR_ROUNDS == 0)
            except (TrainerError, OSError) as error:
                self._log.warning("intake.round_failed", error=Label.of(error.__cause__ or error))
            round_number += 1
            await self._clock.sleep_ms(_EVERY_MS)

    async def look_after(self, *, tidy: bool) -> None:
        """One round."""
        while swept := await asyncio.to_thread(self._desk.sweep):
            self._gauges.swept.inc(swept)
            if swept < SWEEP_MAX:
                break
        if tidy:
            await asyncio.to_thread(self._desk.tidy)
        counts = await asyncio.to_thread(self._desk.counts)
        for what, count in counts.items():
            self._gauges.rows.labels(what).set(count)
        expires = date.fromisoformat((await self._desk.keys()).keys.expires)
        today = date.fromisoformat(day_of(self._clock.wall_ms()))
        self._gauges.keys_days.set((expires - today).days)
        self._log.info(
            "intake.round",
            received=counts["received"],
            open_deletions=counts["open_deletions"],
            loose=counts["loose"],
            keys_days=(expires - today).days,
        )
