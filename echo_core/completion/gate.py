"""The confidence gate: how likely is it that this text is wanted, and is that likely enough?

A logistic model of three figures: the mean log-probability of the tokens, that of the first
piece, and the length. The starting weights are a guess made from what the figures mean, not a
measurement: a text at -0.3 nats a token passes everywhere, one at -2 nats nowhere but in `eager`.
From then on the user's own outcomes move them, one step of gradient descent for each.

Left out: where the numbers are kept, what counts as an outcome.

Rules
 - Numbers only; no text ever comes here.
 - A higher log-probability is never less likely to be wanted, whatever was learned.
 - An acceptance never makes a text of the same figures less likely, a refusal never more.
 - Weights stay within bounds around the start: a gate that closed for good could not learn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

LOGPROB_MIN: Final = -6.0  # nats; below, one text is as unlikely as another
LENGTH_CHARS_MAX: Final = 400  # longer texts count as long as this
_STEP_FIRST: Final = 0.2  # of gradient descent; falls with the root of what was learned
_STEP_LAST: Final = 0.01  # so that a change of habit is still followed


class Eagerness(StrEnum):
    """How sure Echo must be before it says something unasked."""

    CALM = "calm"
    NORMAL = "normal"
    EAGER = "eager"


# The least probability of acceptance. A person takes about a quarter of what is shown: calm asks
# for the better half of that, normal leaves out what is hardly ever taken.
THRESHOLDS: Final[dict[Eagerness, float]] = {
    Eagerness.CALM: 0.25,
    Eagerness.NORMAL: 0.06,
    Eagerness.EAGER: 0.01,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a text before it is shown."""

    logprob_mean: float  # nats per token
    logprob_first: float  # nats, of the first piece
    chars: int


@dataclass(frozen=True, slots=True)
class Gate:
    """The weights, and how many outcomes moved them."""

    bias: float = 1.5
    mean: float = 2.0
    first: float = 0.3
    length: float = -0.1  # of the logarithm of the length
    outcomes: int = 0

    def probability(self, evidence: Evidence) -> float:
        """How likely the text is wanted."""
        x_mean, x_first, x_length = _features(evidence)
        score = self.bias + self.mean * x_mean + self.first * x_first + self.length * x_length
        return 1.0 / (1.0 + math.exp(-score))  # the bounds keep `score` far from an overflow

    def opens(self, evidence: Evidence, eagerness: Eagerness) -> bool:
        """Whether the text may be shown unasked."""
        return self.probability(evidence) >= THRESHOLDS[eagerness]

    def learned(self, evidence: Evidence, *, wanted: bool) -> Gate:
        """The gate after one more outcome."""
        step = max(_STEP_LAST, _STEP_FIRST / math.sqrt(1 + self.outcomes))
        slope = step * (float(wanted) - self.probability(evidence))
        x_mean, x_first, x_length = _features(evidence)
        return Gate(
            bias=_within("bias", self.bias + slope),
            mean=_within("mean", self.mean + slope * x_mean),
            first=_within("first", self.first + slope * x_first),
            length=_within("length", self.length + slope * x_length),
            outcomes=self.outcomes + 1,
        )

    def to_numbers(self) -> dict[str, float]:
        """The state, to be kept."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, object]) -> Gate:
        """The state that was kept; what is no number, or out of bounds, is as at the start."""
        kept: dict[str, float] = {}
        for name in _BOUNDS:
            value = numbers.get(name)
            if isinstance(value, (int, float)) and _within(name, value) == value:
                kept[name] = float(value)
        outcomes = numbers.get("outcomes")
        count = outcomes if type(outcomes) is int and outcomes >= 0 else 0
        return cls(**kept, outcomes=count)


_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "bias": (-1.0, 4.0),
    "mean": (0.0, 5.0),
    "first": (0.0, 3.0),
    "length": (-1.0, 0.5),
}


def _within(name: str, value: float) -> float:
    low, high = _BOUNDS[name]
    return min(high, max(low, value))


def _features(evidence: Evidence) -> tuple[float, float, float]:
    """The figures as the model counts them; the first two are never above zero."""
    return (
        min(0.0, max(LOGPROB_MIN, evidence.logprob_mean)),
        min(0.0, max(LOGPROB_MIN, evidence.logprob_first)),
        math.log1p(min(LENGTH_CHARS_MAX, max(0, evidence.chars))),
    )
