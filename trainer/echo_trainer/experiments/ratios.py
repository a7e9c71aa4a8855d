"""Ratios of sums over clients, and how far they may be off: the delta method.

A client shows many proposals, and some clients take nearly all and some nearly none: proposals of
one client are no independent draws. Clients are. For R = sum(n) / sum(d) the delta method gives

    var(R) = sum((n_i - R d_i)²) / (clients - 1) * clients / sum(d)²

(A. Deng, U. Knoblich, J. Lu: Applying the Delta Method in Metric Analytics, KDD 2018).

Left out: intervals that hold under peeking (`sequential`), which ratios (`metrics`).

Rules
 - Only sums are kept, of n, d and their products: two halves added are the whole, exactly.
 - Fewer clients than CLIENTS_MIN on a side have no interval: the approximation is one of many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

CLIENTS_MIN: Final = 30  # of each side and week; the A/A simulation holds from here on


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over clients of a ratio's two sides."""

    clients: int = 0
    n: int = 0
    d: int = 0
    nn: int = 0
    nd: int = 0
    dd: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Moments:
        """Of each client's numerator and denominator."""
        whole = list(pairs)
        return cls(
            len(whole),
            sum(n for n, _ in whole),
            sum(d for _, d in whole),
            sum(n * n for n, _ in whole),
            sum(n * d for n, d in whole),
            sum(d * d for _, d in whole),
        )

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.clients + other.clients,
            self.n + other.n,
            self.d + other.d,
            self.nn + other.nn,
            self.nd + other.nd,
            self.dd + other.dd,
        )

    @property
    def ratio(self) -> float | None:
        """sum(n) / sum(d)."""
        return self.n / self.d if self.d else None

    @property
    def variance(self) -> float | None:
        """Of the ratio, by the delta method; None where there are too few to tell."""
        if self.clients < CLIENTS_MIN or not self.d:
            return None
        # sum((n_i d - n d_i)²): whole numbers, so nothing is lost by subtracting.
        squares = self.nn * self.d**2 - 2 * self.nd * self.n * self.d + self.dd * self.n**2
        return squares / self.d**4 * self.clients / (self.clients - 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two ratios in one week."""

    value: float
    variance: float
    weight: float  # how much the week says: as many clients as two equal sides would have


def difference(control: Moments, other: Moments) -> Difference | None:
    """Of a week; None where a side has too few clients, or nobody differs from anybody."""
    one, two = control.ratio, other.ratio
    first, second = control.variance, other.variance
    if one is None or two is None or first is None or second is None or first + second <= 0:
        return None
    weight = control.clients * other.clients / (control.clients + other.clients)
    return Difference(two - one, first + second, weight)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and from where to where it may be."""

    value: float
    low: float
    high: float

    def times(self, scale: float) -> Interval:
        """In another unit."""
        return Interval(self.value * scale, self.low * scale, self.high * scale)


def mean(weeks: Sequence[Difference], radii: Sequence[float]) -> Interval:
    """Weeks together, given how far each may be off.

    People of two weeks may be the same and nobody can tell, so errors of weeks are added as they
    are: that holds however much the weeks have in common.
    """
    whole = sum(week.weight for week in weeks)
    value = sum(week.weight * week.value for week in weeks) / whole
    radius = sum(week.weight * off for week, off in zip(weeks, radii, strict=True)) / whole
    return Interval(value, value - radius, value + radius)


def looked_at_once(weeks: Sequence[Difference], alpha: float) -> Interval:
    """The interval for whoever looks once, at an end that was set before."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    return mean(weeks, [z * sqrt(week.variance) for week in weeks])
