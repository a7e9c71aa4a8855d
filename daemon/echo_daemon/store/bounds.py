"""The bounds of a log, and what it tells of itself.

Left out: keeping to them (`log`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Bounds of one log."""

    batch_wait_s: float = 0.25  # what a power cut may cost; a commit at each key would cost more
    batch_items: int = 2048  # about 40 ms of work; more are not waited for
    queue_items_max: int = 200_000  # ten hours of typing
    queue_bytes_max: int = 128 << 20  # all documents of a large session, opened at once
    retry_wait_s: float = 0.5  # doubled at each failure
    retry_wait_s_max: float = 30.0
    step_wait_s: float = 0.02  # between two steps of work: the disk and the cores are the user's


DEFAULT_LIMITS: Final = LogLimits()


@dataclass(frozen=True, slots=True)
class LogStatistics:
    """Where the log stands. `state`: open, paused, closed."""

    state: str
    reason: str  # a sentence while paused
    events: int  # durable, of the whole store
    pending: int  # accepted, not yet durable
    refused: int
