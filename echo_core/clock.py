"""Time as an argument: the protocol that stands for a clock.

Left out: the system clock itself (`echo_runtime.clock`) and the one that tests wind by hand
(`tests/echo_testing/clock.py`).
"""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Where a process takes its time from; chosen once, in the composition root."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; may jump when the system clock is set."""
        ...

    def steady_ms(self) -> float:
        """Milliseconds from an arbitrary start; never falls. For durations and deadlines."""
        ...

    async def sleep_ms(self, duration_ms: float) -> None:
        """Wait; the only way in which Echo's processes let time pass."""
        ...
