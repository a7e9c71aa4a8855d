"""Are these figures worse than those of the base, for the same questions, or is that not known?

Every question gives a pair of figures from 0 to 1 and their difference from -1 to 1. What is known
of the mean difference is an interval: a paired bootstrap with weights (Rubin 1981) in which one
question more is drawn that nobody asked, with the worst difference for its lower end and the best
for its upper (Gaffke 2005). So it never promises what so few questions cannot: of n differences
that are all 0 the lower end is exactly that of a binomial test, and there is no n from which on a
normal distribution has to be believed.

Left out: which figures there are, and what follows (`deciding`).

Rules
 - The same figures give the same interval: the draws have a seed.
 - Three findings: not worse (the lower end is above the margin), worse (the upper end is below 0),
   and too few to tell, which names how many would have told.
 - The rate of errors is divided among all comparisons where it calls something worse, so that
   weights which are as good as the base are refused no more often than that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DRAWS: Final = 4000
_DRAWS_AT_ONCE: Final = 1 << 22  # numbers: 32 MB
_SEED: Final = 8
_POWER: Final = 0.8  # the usual one: four of five weights that are as good would be shown to be


class Finding(StrEnum):
    """What a comparison says."""

    NOT_WORSE = "not_worse"
    WORSE = "worse"
    UNSURE = "too_few_to_tell"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of both models, over the same questions."""

    name: str
    count: int
    base: float
    candidate: float
    low: float  # of the mean difference
    high: float
    margin: float
    finding: Finding
    overall: bool  # over all samples, not over those of a language or part
    needed: int  # questions with which weights that are as good would be shown to be, 4 times of 5

    @property
    def difference(self) -> float:
        """By how much the candidate is better."""
        return self.candidate - self.base


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures that wait for their comparison."""

    name: str
    base: Sequence[float]
    candidate: Sequence[float]
    margin: float
    overall: bool = False


def compare(measured: Measured, error_rate: float, comparisons: int) -> Comparison:
    """Judge one figure.

    Args:
        measured: the figures, in the same order for both.
        error_rate: how often each end of the interval may be wrong.
        comparisons: how many there are in all.
    """
    base, candidate = (
        np.asarray(one, dtype=np.float64) for one in (measured.base, measured.candidate)
    )
    differences = candidate - base
    low = bound(differences, error_rate, -1.0)
    high = -bound(-differences, error_rate / max(1, comparisons), -1.0)
    if low >= -measured.margin:
        finding = Finding.NOT_WORSE
    else:
        finding = Finding.WORSE if high < 0 else Finding.UNSURE
    return Comparison(
        name=measured.name,
        count=len(differences),
        base=_mean(base),
        candidate=_mean(candidate),
        low=low,
        high=high,
        margin=measured.margin,
        finding=finding,
        overall=measured.overall,
        needed=needed(differences, measured.margin, error_rate),
    )


def bound(differences: NDArray[np.float64], error_rate: float, worst: float) -> float:
    """Below this the mean is not, but for `error_rate` of all times; `worst` is the least value."""
    count = len(differences)
    if count == 0:
        return worst
    values, repeats = np.unique(differences, return_counts=True)
    chance = np.random.default_rng(_SEED)
    shapes = np.append(repeats, 1)  # equal values share their weight: fewer numbers to draw
    all_values = np.append(values, worst)
    step = max(1, _DRAWS_AT_ONCE // len(shapes))
    means: list[float] = []
    for start in range(0, _DRAWS, step):
        size = (min(step, _DRAWS - start), len(shapes))
        weights = chance.standard_gamma(shapes, size)
        means += (weights @ all_values / weights.sum(axis=1)).tolist()
    return float(np.quantile(means, error_rate))


def needed(differences: NDArray[np.float64], margin: float, error_rate: float) -> int:
    """With so many questions the power against no difference at all is 80%."""
    spread = float(np.std(differences)) if len(differences) else 0.0
    normal = NormalDist()
    away = normal.inv_cdf(1 - error_rate) + normal.inv_cdf(_POWER)
    by_spread = (away * spread / margin) ** 2
    by_count = -math.log(error_rate) / margin  # where nothing differs: the rule of three
    return math.ceil(max(by_spread, by_count))


def median_bounds(values: Sequence[float], error_rate: float) -> tuple[float, float]:
    """Between which the median lies, each side wrong at most `error_rate` of all times.

    The sign test turned around: exact for any distribution. Infinite where there are too few.
    """
    ordered, count = sorted(values), len(values)
    chance, at = 0.0, -1
    for number in range(count):
        chance += math.comb(count, number) / 2**count
        if chance > error_rate:
            break
        at = number
    if at < 0:
        return -math.inf, math.inf
    return ordered[at], ordered[count - 1 - at]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0
