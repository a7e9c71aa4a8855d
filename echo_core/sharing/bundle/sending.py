"""Sending as decisions: what an answer means, when to try again, how much may go in a day.

Left out: sockets (`echo_daemon.intake`), what waits (`echo_daemon.sharing`).

Rules
 - What the other side refuses (4xx) is dropped with its cause: sending it again would be refused
   again. What it cannot do now (5xx, no answer) is kept.
 - Waits double, and each is shortened by chance: a thousand machines that were cut off by the same
   failure must not come back at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

WAIT_MS_FIRST: Final = 60_000
WAIT_MS_MAX: Final = 6 * 3_600_000  # four times a day, however long it does not work
RETRY_AFTER_MS_MAX: Final = 24 * 3_600_000  # what the other side may ask for
GIVE_UP_MS: Final = 14 * 24 * 3_600_000  # of one bundle; its samples are dropped with a cause
_DOUBLINGS_MAX: Final = 16  # beyond it every wait is the longest
# Refusals that are none for ever: a token is given, a limit is over.
_LATER: Final = frozenset({202, 401, 408, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the intake answered."""

    status: int
    offset: int = 0  # how much of an upload is there
    content: bytes = b""
    retry_after_ms: int = 0


class Metered(Enum):
    """What the system says of the network."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Fate(Enum):
    """What an answer means for what was sent."""

    DONE = "done"  # if a receipt came with it
    RESUME = "resume"  # more or less had arrived than we thought: ask how much
    REFUSED = "refused"
    LATER = "later"


def fate(status: int) -> Fate:
    """What an HTTP status means."""
    if status in (200, 201):
        return Fate.DONE
    if status == 409:
        return Fate.RESUME
    if 400 <= status < 500 and status not in _LATER:
        return Fate.REFUSED
    return Fate.LATER


def wait_ms(attempts: int, chance: float, retry_after_ms: int = 0) -> int:
    """How long to wait after `attempts` that did not work; `chance` is drawn from 0 to 1."""
    longest = min(WAIT_MS_FIRST << min(max(0, attempts - 1), _DOUBLINGS_MAX), WAIT_MS_MAX)
    drawn = longest // 2 + int(chance * (longest - longest // 2))
    return max(drawn, min(retry_after_ms, RETRY_AFTER_MS_MAX))


@dataclass(frozen=True, slots=True)
class Caps:
    """How much may go in one day."""

    samples: int
    bytes: int

    def left(self, sent: Caps) -> Caps:
        """What may still go, when so much went today."""
        return Caps(max(0, self.samples - sent.samples), max(0, self.bytes - sent.bytes))

    def allows(self, more: Caps) -> bool:
        """Whether so much fits."""
        return more.samples <= self.samples and more.bytes <= self.bytes
