"""What is compared: each metric as a ratio of two counters of a client's week.

Left out: what becomes of the ratios (`ratios`, `sequential`).

Rules
 - Numerators and denominators are whole numbers, so that sums are exact in any order.
 - A metric's `spread` is how large a difference it is expected to show. It is chosen here, before
   any experiment: intervals are valid whatever it is, and shortest where it was guessed well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.sharing.bundle.contents import LATENCY_BOUNDS_MS

# More than this is no person's week: a proposal every two seconds, a hundred thousand a day, for
# seven days without sleep. One such row would drown all others.
SHOWN_MAX: Final = 300_000
CHARS_MAX: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Tally:
    """What one client counted in one week on one side, over all languages."""

    shown: int = 0
    accepted: int = 0
    accepted_chars: int = 0
    kept_chars: int = 0
    typed_chars: int = 0
    latency: tuple[int, ...] = (0,) * (len(LATENCY_BOUNDS_MS) + 1)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.shown + other.shown,
            self.accepted + other.accepted,
            self.accepted_chars + other.accepted_chars,
            self.kept_chars + other.kept_chars,
            self.typed_chars + other.typed_chars,
            tuple(one + two for one, two in zip(self.latency, other.latency, strict=True)),
        )

    @property
    def is_plausible(self) -> bool:
        """Whether a person can have done this in a week."""
        chars = (self.accepted_chars, self.kept_chars, self.typed_chars)
        return max(self.shown, sum(self.latency)) <= SHOWN_MAX and max(chars) <= CHARS_MAX

    @property
    def taken(self) -> int:
        """Proposals accepted; a proposal that was shown the week before is not counted."""
        return min(self.accepted, self.shown)

    @property
    def stayed(self) -> int:
        """Characters that came by accepting and stood when their gap ended, in this week."""
        return min(self.kept_chars, self.accepted_chars)

    @property
    def written(self) -> int:
        """Characters typed or accepted."""
        return self.accepted_chars + self.typed_chars


class Metric(StrEnum):
    """What is compared; the first decides, the others guard."""

    AR = "ar"
    GR = "gr"
    RETAINED = "retained"
    UTILITY = "utility"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Definition:
    """How a metric is computed and read."""

    title: str
    unit: str  # of what `value` gives
    numerator: Callable[[Tally], int]
    denominator: Callable[[Tally], int]
    scale: float  # a ratio times this is the value
    spread: float  # the difference that is expected, in the value's unit
    margin: float  # a worsening up to here is borne where another metric decides
    is_better_higher: bool = True


def _steps(tally: Tally) -> int:
    return sum(step * count for step, count in enumerate(tally.latency))


DEFINITIONS: Final[dict[Metric, Definition]] = {
    Metric.AR: Definition(
        "acceptance rate: proposals of which something was accepted, of those shown",
        "%", lambda it: it.taken, lambda it: it.shown, 100, spread=5, margin=0,
    ),
    Metric.GR: Definition(
        "generation rate: characters that came by accepting and stayed, of all written",
        "%", lambda it: it.stayed, lambda it: it.written, 100, spread=5, margin=1,
    ),
    Metric.RETAINED: Definition(
        "characters that were accepted and stayed, for each proposal shown",
        "characters", lambda it: it.stayed, lambda it: it.shown, 1, spread=2, margin=0.5,
    ),
    # 0.75 for what is accepted, -0.25 for what is shown and not, 0 for silence: by characters
    # written, so that a model that is silent where it knows nothing is the better one.
    Metric.UTILITY: Definition(
        "utility: 0.75 for each proposal accepted, -0.25 for each other one shown, by 1,000"
        " characters written",
        "points", lambda it: 4 * it.taken - it.shown, lambda it: it.written, 250,
        spread=2, margin=0.5,
    ),
    # Bins double, so the mean number of a bin is the mean of the logarithm.
    Metric.LATENCY: Definition(
        "time until the model's answer, as doublings of 25 ms (mean over answers)",
        "doublings", _steps, lambda it: sum(it.latency), 1, spread=0.25, margin=0.15,
        is_better_higher=False,
    ),
}  # fmt: skip


def percentile_ms(latency: Sequence[int], percent: float) -> int | None:
    """The upper bound of the bin in which a percentile lies; the last bin has none: its lower."""
    wanted = sum(latency) * percent / 100
    seen = 0
    for count, bound in zip(latency, (*LATENCY_BOUNDS_MS, LATENCY_BOUNDS_MS[-1]), strict=True):
        seen += count
        if count and seen >= wanted:
            return bound
    return None
