"""How long to wait before the engine is asked: the rhythm of typing, less what the engine takes.

Waiting spares work that the next key would undo. It pays where the next key comes before a first
line could be shown, and only as long as nobody notices it.

Left out: clocks, who waits, the cache (which is asked at once).

Rules
 - Nobody waits longer than `WAIT_MS_MAX`, or twice that after refusals in a row.
 - Until then the wait adds no more than `ADDED_SHARE_MAX` to what the engine takes anyway: it costs
   one to three tokens to be wrong, and an engine that is quick is not to be made slow.
 - Without a rhythm, or without a measured latency, nobody waits.
 - One acceptance ends the back-off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

WAIT_MS_MAX: Final = 75.0  # half of what passes between two keys of a fast typist
ADDED_SHARE_MAX: Final = 0.25
WAIT_MS_MIN: Final = 5.0  # a shorter wait spares nobody a key, and a timer makes more of it
PAUSE_MS: Final = 600.0  # a longer silence is a pause to think, not rhythm
REFUSALS_MIN: Final = 3  # in a row, before the wait grows
_SHARE: Final = 0.25  # of the newest value in an average: the last dozen keys decide


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What was measured of one person and one engine."""

    key_ms: float | None = None  # between two keys
    latency_ms: float | None = None  # from asking the engine to a first line
    last_key_ms: float | None = None  # when it came, steady time
    refusals: int = 0  # since the last acceptance

    def key_at(self, now_ms: float) -> Rhythm:
        """A key came, as far as requests tell."""
        gap_ms = None if self.last_key_ms is None else now_ms - self.last_key_ms
        if gap_ms is None or not 0 < gap_ms <= PAUSE_MS:
            return replace(self, last_key_ms=now_ms)
        return replace(self, last_key_ms=now_ms, key_ms=_average(self.key_ms, gap_ms))

    def answered_in(self, latency_ms: float) -> Rhythm:
        """The engine took so long for a first line."""
        return replace(self, latency_ms=_average(self.latency_ms, latency_ms))

    def accepted(self) -> Rhythm:
        """A proposal was taken."""
        return replace(self, refusals=0)

    def refused(self) -> Rhythm:
        """A proposal was dismissed."""
        return replace(self, refusals=self.refusals + 1)

    @property
    def wait_ms(self) -> float:
        """How long to wait for another key before the engine is asked."""
        if self.key_ms is None or self.latency_ms is None:
            return 0.0
        wait_ms = min(WAIT_MS_MAX, max(0.0, self.key_ms - self.latency_ms))
        if self.refusals >= REFUSALS_MIN:
            wait_ms *= 2
        else:
            wait_ms = min(wait_ms, ADDED_SHARE_MAX * self.latency_ms)
        return wait_ms if wait_ms >= WAIT_MS_MIN else 0.0


def _average(before: float | None, value: float) -> float:
    return value if before is None else before + _SHARE * (value - before)
