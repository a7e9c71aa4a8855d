"""What was counted before and after, and how sure a difference is.

AR and GR are the paper's (section 5.1), made of the daemon's own counters:
`echo_core.showing.figures` says of what.

Left out: counting (the daemon's store).

Rules
 - The same files are written before and after with the same keys, so differences are looked at
   file by file. How sure they are follows from how much the files differ among themselves, not
   from the number of proposals: those of one file are alike.
 - Below `UNITS_MIN` files nothing is said about how sure it is. (`echo_trainer.experiments`
   compares weeks of different people, who must be many; here the same files are written twice.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Final, TypeAlias

from echo_core.records import wire
from echo_core.showing.figures import Figures, summed
from echo_core.showing.metrics import Rate

UNITS_MIN: Final = 6
Measure: TypeAlias = Callable[[Figures], Rate]


def difference(before: wire.Metrics, after: wire.Metrics) -> Figures:
    """What was counted between two looks at the same store.

    Latencies are left out: a store tells percentiles of all of them together.
    """
    reasons = {
        reason: count - before.reasons.get(reason, 0) for reason, count in after.reasons.items()
    }
    return Figures(
        shown=after.shown - before.shown,
        accepted=after.accepted - before.accepted,
        accepted_chars=after.accepted_chars - before.accepted_chars,
        kept_chars=after.accepted_kept_chars - before.accepted_kept_chars,
        ended_chars=after.accepted_chars - before.accepted_chars,
        typed_chars=after.typed_chars - before.typed_chars,
        reasons={reason: count for reason, count in reasons.items() if count},
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A rate of all files before and after, and where the difference may lie."""

    before: float | None
    after: float | None
    interval: tuple[float, float] | None  # of `after - before`, 95 %

    @property
    def difference(self) -> float | None:
        """`after - before`."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


def change(before: Sequence[Figures], after: Sequence[Figures], measure: Measure) -> Change:
    """How a rate changed over the same files, in the same order."""
    rates = (measure(summed(before)), measure(summed(after)))
    was, now = rates[0].value, rates[1].value
    if was is None or now is None or len(before) < UNITS_MIN:
        return Change(was, now, None)
    # The delta method for a ratio of sums, of the paired difference of two of them: what each
    # file adds to either ratio, linearised (Deng, Knoblich, Lu, KDD 2018).
    added = [
        late - early
        for early, late in zip(
            _added(before, measure, was), _added(after, measure, now), strict=True
        )
    ]
    half = _t95(len(added) - 1) * math.sqrt(variance(added) / len(added))
    return Change(was, now, (now - was - half, now - was + half))


def _added(files: Sequence[Figures], measure: Measure, rate: float) -> list[float]:
    """By how much each file raises a ratio of sums."""
    rates = [measure(file) for file in files]
    mean = fmean(each.of for each in rates)
    return [(each.part - rate * each.of) / mean for each in rates]


def _t95(freedom: int) -> float:
    """Student's t for 95 %, near enough (Cornish and Fisher's expansion to the third term)."""
    z = 1.959963984540054
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
