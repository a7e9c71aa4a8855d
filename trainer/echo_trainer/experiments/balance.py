"""Whether each side has as many clients as its share says: if not, something else differs too.

A release that cannot be fetched, that crashes before it counts, or that is refused by old
machines takes clients from its side, and not any clients: what is left cannot be compared.

Left out: what is done about it (`judging`).

Rules
 - Pearson's chi-square for each week, as the clients of two weeks may be the same; the least
   probability counts, times the number of weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, gamma, sqrt
from typing import Final

SUSPICIOUS: Final = 0.001  # it is looked at often, and a false alarm stops an experiment
EXPECTED_MIN: Final = 5  # clients of a side; with fewer the distribution is another one


@dataclass(frozen=True, slots=True)
class Balance:
    """What was found; None: too few clients to tell."""

    probability: float | None

    @property
    def holds(self) -> bool:
        """Whether the sides can be compared."""
        return self.probability is None or self.probability >= SUSPICIOUS


def probability(counts: Sequence[int], parts: Sequence[int]) -> float | None:
    """How probable counts as uneven as these, or more so, are for these shares."""
    whole, total = sum(parts), sum(counts)
    expected = [total * part / whole for part in parts]
    if min(expected) < EXPECTED_MIN:
        return None
    off = sum((had - want) ** 2 / want for had, want in zip(counts, expected, strict=True))
    return chi_square_above(off, len(parts) - 1)


def of_weeks(weeks: Sequence[Sequence[int]], parts: Sequence[int]) -> Balance:
    """Of the clients of each side, week by week."""
    found = [each for counts in weeks if (each := probability(counts, parts)) is not None]
    return Balance(min(1.0, min(found) * len(found)) if found else None)


def chi_square_above(value: float, freedom: int) -> float:
    """The probability that chi-square with so many degrees of freedom is above a value.

    Q(1/2, x) = erfc(√x), Q(1, x) = e^-x, Q(a + 1, x) = Q(a, x) + x^a e^-x / Γ(a + 1).
    """
    half = value / 2
    a, found = (1.0, exp(-half)) if freedom % 2 == 0 else (0.5, erfc(sqrt(half)))
    while a < freedom / 2:
        found += half**a * exp(-half) / gamma(a + 1)
        a += 1
    return found
