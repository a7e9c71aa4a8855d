"""Rates from counters, with how sure they are; percentiles of values and of counts.

Left out: who counts and where, tests of significance: users differ, so rates of two groups must not
be compared as if every proposal were drawn alike.

Rules
 - Counters are stored, rates are made when somebody looks.
 - No opportunity, no rate: None, never NaN or 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_Z95: Final = 1.959963984540054  # of a normal distribution, 95 % lie within so many deviations


@dataclass(frozen=True, slots=True)
class Rate:
    """`part` of `of`, as counted."""

    part: int
    of: int  # n: how often it could have happened

    @property
    def value(self) -> float | None:
        """Between 0 and 1."""
        return self.part / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's interval of 95 %: where the rate may lie if each opportunity is like the others.

        It holds for few opportunities too (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927). Those of
        one burst are more alike than that, so it is the least that is unsure.
        """
        if not self.of:
            return None
        n, p = self.of, self.part / self.of
        middle = p + _Z95**2 / (2 * n)
        half = _Z95 * math.sqrt(p * (1 - p) / n + _Z95**2 / (4 * n * n))
        whole = 1 + _Z95**2 / n
        # The rate itself lies within, whatever rounding does at 0 and 1.
        low, high = max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)
        return min(low, p), max(high, p)


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The nearest-rank percentile: the smallest value that `percent` of all values do not exceed.

    It is always one of the values. `percent` is above 0 and at most 100.

    Raises:
        ValueError: `percent` is not.
    """
    if not 0 < percent <= 100:
        raise ValueError(f"a percentile lies above 0 and at most at 100, not at {percent}")
    ranked = sorted(values)
    if not ranked:
        return None
    return ranked[_rank(len(ranked), percent) - 1]


def percentile_of_counts(counts: Mapping[int, int], percent: float) -> int | None:
    """The same, of values that come with how often each was seen.

    Raises:
        ValueError: `percent` is none.
    """
    if not 0 < percent <= 100:
        raise ValueError(f"a percentile lies above 0 and at most at 100, not at {percent}")
    wanted = _rank(sum(counts.values()), percent)
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if counts[value] and seen >= wanted:
            return value
    return None


def _rank(count: int, percent: float) -> int:
    # Multiply before dividing: 0.07 * 100 is 7.000000000000001, and its ceiling is 8.
    return math.ceil(percent * count / 100)
