"""Whether something keeps memory each time it is done."""

from __future__ import annotations

from collections.abc import Callable

import psutil


def traced_growth(step: Callable[[], object], *, times: int) -> int:
    """By how many bytes a step makes the process grow, once it is warm; native memory counts."""
    process = psutil.Process()
    for _ in range(times):
        step()
    before = process.memory_info().rss
    for _ in range(times):
        step()
    return max(0, process.memory_info().rss - before) // times
