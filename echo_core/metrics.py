"""Rates from counters: how often proposals are taken, and how much of the code they are.

Left out: who counts and where (`echo_core.wire.Metrics`), tests of significance: users differ, so
rates of two groups must not be compared as if every proposal were drawn alike.

Rules
 - Counters are stored, rates are made when somebody looks.
 - No opportunity, no rate: None, never NaN or 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def acceptance_rate(accepted: int, shown: int) -> float | None:
    """AR: accepted / shown, each proposal counted once; between 0 and 1."""
    return accepted / shown if shown else None


def generation_rate(
    accepted_kept_chars: int, accepted_chars: int, typed_chars: int
) -> float | None:
    """GR: the part of all written characters that was accepted and still stands.

    Written is what was typed and what came by accepting, kept or not. What was pasted and the
    brackets that an editor closes by itself are on neither side; whoever counts leaves them out.
    """
    written = accepted_chars + typed_chars
    return accepted_kept_chars / written if written else None


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
    # Multiply before dividing: 0.07 * 100 is 7.000000000000001, and its ceiling is 8.
    return ranked[math.ceil(percent * len(ranked) / 100) - 1]
