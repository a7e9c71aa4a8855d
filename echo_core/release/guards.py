"""When a release that was taken is given up, from what was counted since, and before.

Left out: counting (`echo_daemon.updates`).

Rules
 - A guard compares what one person saw with what the same person saw before, on one machine.
 - Nothing is concluded from little: each guard says how much it needs.
 - A crash counts however the release came; latency and acceptance only against something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from statistics import median
from typing import Final

CRASHES_MAX: Final = 3  # of the worker, with the release, without a day between them
CRASHES_WITHIN_MS: Final = 86_400_000
LATENCIES_MIN: Final = 40  # of each: a quarter of an hour of typing
LATENCIES_KEPT: Final = 200  # so that an old hour does not outweigh the last
LATENCY_RATIO_MAX: Final = 1.5  # of medians: a machine that is busy for a while makes less
LATENCY_MS_MIN: Final = 50.0  # less is not felt
SHOWN_MIN: Final = 150  # of each: half a day of typing
ACCEPTED_RATIO_MIN: Final = 0.6  # of what was accepted before
DEVIATIONS_MIN: Final = 3.0  # by chance one time in 700, were proposals independent


class Guard(StrEnum):
    """Why a release was given up on this machine."""

    DAMAGED = "damaged"
    LOADING = "loading"
    TRIAL = "trial"
    CRASHES = "crashes"
    LATENCY = "latency"
    ACCEPTANCE = "acceptance"
    PERSON = "person"

    @property
    def sentence(self) -> str:
        """For a person."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Guard, str]] = {
    Guard.DAMAGED: "its file is not what was signed",
    Guard.LOADING: "it could not be loaded",
    Guard.TRIAL: "it could not write in a trial",
    Guard.CRASHES: "the engine died with it again and again",
    Guard.LATENCY: "answers took longer than before",
    Guard.ACCEPTANCE: "fewer proposals were accepted than before",
    Guard.PERSON: "you went back",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one release on this machine."""

    latencies_ms: Sequence[float] = ()  # of answers that the engine wrote, the newest last
    shown: int = 0
    accepted: int = 0
    crashes_ms: Sequence[float] = ()  # when the worker died

    def answered(self, latency_ms: float) -> Tally:
        """And one more answer."""
        kept = (*self.latencies_ms, latency_ms)[-LATENCIES_KEPT:]
        return replace(self, latencies_ms=kept)

    def judged(self, *, wanted: bool) -> Tally:
        """And one more proposal that was taken or dismissed."""
        return replace(self, shown=self.shown + 1, accepted=self.accepted + wanted)

    def crashed(self, at_ms: float) -> Tally:
        """And the worker died."""
        return replace(self, crashes_ms=(*self.crashes_ms, at_ms)[-CRASHES_MAX:])


def tripped(now: Tally, before: Tally) -> Guard | None:
    """Why what is counted as `now` has to go; None where it may stay."""
    if _dies(now.crashes_ms):
        return Guard.CRASHES
    if _is_slower(now.latencies_ms, before.latencies_ms):
        return Guard.LATENCY
    return Guard.ACCEPTANCE if _is_worse(now, before) else None


def _dies(crashes_ms: Sequence[float]) -> bool:
    last = crashes_ms[-CRASHES_MAX:]
    return len(last) == CRASHES_MAX and last[-1] - last[0] <= CRASHES_WITHIN_MS


def _is_slower(now: Sequence[float], before: Sequence[float]) -> bool:
    if min(len(now), len(before)) < LATENCIES_MIN:
        return False
    slow, usual = median(now), median(before)
    return slow > usual * LATENCY_RATIO_MAX and slow - usual > LATENCY_MS_MIN


def _is_worse(now: Tally, before: Tally) -> bool:
    if min(now.shown, before.shown) < SHOWN_MIN:
        return False
    rate, usual = now.accepted / now.shown, before.accepted / before.shown
    if rate >= usual * ACCEPTED_RATIO_MIN:
        return False
    together = (now.accepted + before.accepted) / (now.shown + before.shown)
    error = sqrt(together * (1 - together) * (1 / now.shown + 1 / before.shown))
    return usual - rate > DEVIATIONS_MIN * error
