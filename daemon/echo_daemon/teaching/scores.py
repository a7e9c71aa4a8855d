"""From log-probabilities of answers to a distribution over them.

Left out: who answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def normalised(logprobs: Sequence[float]) -> tuple[float, ...]:
    """The answers' log-probabilities among themselves."""
    largest = max(logprobs)
    total = largest + math.log(sum(math.exp(one - largest) for one in logprobs))
    return tuple(one - total for one in logprobs)


def chosen(logprobs: Sequence[float]) -> int:
    """The likeliest; of several, the first, which is the shortest."""
    return max(range(len(logprobs)), key=lambda index: (logprobs[index], -index))


def share(logprobs: Sequence[float], index: int) -> float:
    """The probability of one of them."""
    return min(1.0, math.exp(logprobs[index]))
