"""Waiting for a condition that another thread or process brings about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from echo_runtime.clock import SystemClock

_CLOCK = SystemClock()
LONG_S = 60.0  # when something is broken, not when a machine is slow


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; fails after a time in which it surely would."""
    async with asyncio.timeout(LONG_S):
        while not condition():
            await _CLOCK.sleep_ms(5)
