"""Waiting for what another thread or process brings about.

Rule: a test has no other limit of time than `LONG_S`. It is for what never comes; how soon
something comes is a matter of the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from echo_runtime.clock import SystemClock

_CLOCK = SystemClock()
LONG_S: Final = 300.0  # a step that takes 2 s on an idle machine took 60 on a starved one


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; fails after a time in which it surely would."""
    async with asyncio.timeout(LONG_S):
        while not condition():
            await _CLOCK.sleep_ms(5)
