"""Intervals that hold at every moment: whoever looks each day, and stops when they like it.

An interval for one look is wrong for many: with daily peeking, differences are found in a fifth of
the experiments that have none. A mixture of likelihood ratios over all possible differences,
normal with the deviation `spread`, is a martingale where there is no difference, and is ever
above 1 / alpha with a probability of at most alpha (H. Robbins 1970; R. Johari, P. Koomen,
L. Pekelis, D. Walsh: Always Valid Inference, 2022). Solved for the difference it is an interval:

    radius² = 2 v (v + spread²) / spread² * (log(1 / alpha) + log((v + spread²) / v) / 2)

where v is the variance of the estimate by then.

Left out: where v comes from (`ratios`).

Rules
 - Within a week clients come in any order and each is somebody else. Weeks are not joined: each
   has its own share of alpha, 6 / (π² k²) of it for the k-th, which together is all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, pi, sqrt
from typing import Final

from echo_trainer.experiments.ratios import Difference, Interval, mean

_SHARES: Final = 6 / pi**2  # 1 over the sum of 1 / k²


def share(alpha: float, week: int) -> float:
    """What the `week`-th week, from 1 on, may be wrong with."""
    return alpha * _SHARES / week**2


def radius(variance: float, spread: float, alpha: float) -> float:
    """How far an estimate may ever be off while its variance, above 0, falls to this."""
    ratio = (variance + spread**2) / spread**2
    odds = log(1 / alpha) + log((variance + spread**2) / variance) / 2
    return sqrt(2 * variance * ratio * odds)


def always(weeks: Mapping[int, Difference], spread: float, alpha: float) -> Interval:
    """The interval of weeks together; each by its place since the experiment's first."""
    radii = [radius(one.variance, spread, share(alpha, place)) for place, one in weeks.items()]
    return mean(list(weeks.values()), radii)
