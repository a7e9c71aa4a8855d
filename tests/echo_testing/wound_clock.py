"""A clock that tests wind by hand."""

from __future__ import annotations

import asyncio


class WoundClock:
    """`echo_core.clock.Clock` whose time passes when a test says so."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def wall_ms(self) -> int:
        return int(self.now_ms)

    def steady_ms(self) -> float:
        return self.now_ms

    async def sleep_ms(self, duration_ms: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_ms + duration_ms, woken))
        await woken

    @property
    def sleeping(self) -> list[float]:
        """For how long those who wait will still wait, ms."""
        return [at - self.now_ms for at, woken in self._sleepers if not woken.done()]

    def pass_ms(self, duration_ms: float) -> None:
        """Let time pass and wake whoever is due."""
        self.now_ms += duration_ms
        for at, woken in self._sleepers:
            if at <= self.now_ms and not woken.done():
                woken.set_result(None)
