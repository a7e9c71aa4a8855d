"""The system's clock: the one place in Echo where real time comes in.

Left out: the protocol (`echo_core.clock`), and the clock that tests wind by hand.
"""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """`echo_core.clock.Clock` on the operating system's own clocks."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; jumps when the system clock is set."""
        return time.time_ns() // 1_000_000

    def steady_ms(self) -> float:
        """Milliseconds from an arbitrary start; never falls."""
        return time.monotonic_ns() / 1_000_000

    async def sleep_ms(self, duration_ms: float) -> None:
        """Let time pass without holding up the event loop."""
        await asyncio.sleep(duration_ms / 1000)
