"""How much a kept sample is worth: one number from 0 to 1, made of several dimensions.

Left out: what drops a sample (the checks), and how many of which length or difficulty a model is
trained on (the central sampler, which gets the dimensions).

Rules
 - The score is the product of its dimensions: each verdict's `quality`, and the length's.
 - No dimension that rises lowers the score, and none lifts it above the lowest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

from echo_core.judging.checks.verdict import Verdict

LENGTH: Final = "length"  # the dimension that is no verdict's
SHORT_CHARS: Final = 3  # "})" and less: what any model knows
MEDIUM_CHARS: Final = 16  # a call, the rest of a line
LONG_CHARS: Final = 400  # ten lines; beyond it nobody reads at a glance
HUGE_CHARS: Final = 2_000
SHORT: Final = 0.5
HUGE: Final = 0.5


def score(verdicts: Sequence[Verdict], target: str) -> float:
    """The product of all dimensions."""
    return prod(value for _, value in dimensions(verdicts, target))


def dimensions(verdicts: Sequence[Verdict], target: str) -> list[tuple[str, float]]:
    """The dimensions by name, those that take nothing off included."""
    return [*((one.check, one.quality) for one in verdicts), (LENGTH, of_length(target))]


def of_length(target: str) -> float:
    """Full from a call to ten lines, less for closing brackets and for pages; silence is full."""
    chars = len(target.strip())
    if chars == 0:
        return 1.0
    if chars < MEDIUM_CHARS:
        share = max(0, chars - SHORT_CHARS) / (MEDIUM_CHARS - SHORT_CHARS)
        return SHORT + (1 - SHORT) * share
    share = min(1.0, max(0, chars - LONG_CHARS) / (HUGE_CHARS - LONG_CHARS))
    return 1 - (1 - HUGE) * share
