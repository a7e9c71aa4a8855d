"""Drafts: code repeats itself, so what comes next may stand in the prompt already.

Where the last tokens occurred before, those that followed them are evaluated together with the
next one, and kept as far as the model would have written them (prompt lookup, a speculation
without a second model). The text is the same; only the number of evaluations changes.

Left out: evaluating and comparing (`session`).

Rules
 - A draft is offered only where it pays: by what drafts after as long a match were worth so far,
   and by what evaluating as many tokens together was measured to cost.
 - What was learnt fades while nothing is drafted, so that a bad hour is not for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

DRAFT_TOKENS_MAX: Final = 8
MATCH_TOKENS_MIN: Final = 2
MATCH_TOKENS_MAX: Final = 6  # a longer match was not seen to be worth more
PLACES_MAX: Final = 16  # newest places looked at; a bigram like ", " has hundreds

# Share of drafted tokens that are kept after a match of 2, 3, … tokens, before anything is known.
_KEPT_FIRST: Final = (0.4, 0.55, 0.65, 0.7, 0.8)
_WEIGHT_FIRST: Final = 8.0  # tokens; as if so many had been seen
# Measured on two cores, Qwen2.5-Coder-0.5B Q4_K_M: evaluating n tokens together costs as much as
# 1.4, 1.8, 2.0, 2.7, 3.2, 3.5, 3.8 and 4.4 single ones, n from 2 to 9.
_COST_FIRST: Final = (1.0, 1.4, 1.8, 2.0, 2.7, 3.2, 3.5, 3.8, 4.4)
_GAIN_MIN: Final = 1.05  # less is not worth the cells
_FADE: Final = 0.98  # at each token that could have been drafted for
_LEARN: Final = 0.2  # of a new measurement


class Lookup:
    """A text and where its pairs of tokens stand."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._behind: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """The text goes on with `token`."""
        tokens = self._tokens
        if len(tokens) >= MATCH_TOKENS_MIN:  # known only once something follows it
            self._behind[tokens[-2], tokens[-1]].append(len(tokens))
        tokens.append(token)

    def find(self) -> tuple[int, Sequence[int]]:
        """The longest match of the text's end, the newest of them: its length, what followed."""
        tokens = self._tokens
        places = self._behind.get((tokens[-2], tokens[-1]), ()) if len(tokens) >= 2 else ()
        best, at = 0, 0
        for place in reversed(places[-PLACES_MAX:]):
            length = self._matching(place)
            if length > best:
                best, at = length, place
            if best == MATCH_TOKENS_MAX:
                break
        return best, tokens[at : at + DRAFT_TOKENS_MAX] if best else ()

    def _matching(self, place: int) -> int:
        """How many tokens before `place` are those at the end."""
        tokens, length = self._tokens, 0
        while (
            length < min(place, MATCH_TOKENS_MAX)
            and tokens[place - 1 - length] == tokens[-1 - length]
        ):
            length += 1
        return length


@dataclass(slots=True)
class _Worth:
    """Tokens drafted after matches of one length, and kept of them; both fade."""

    first: float
    seen: float = 0.0
    kept: float = 0.0

    @property
    def rate(self) -> float:
        return (self.kept + self.first * _WEIGHT_FIRST) / (self.seen + _WEIGHT_FIRST)

    def fade(self) -> None:
        self.seen *= _FADE
        self.kept *= _FADE


@dataclass(slots=True)
class Gate:
    """How long a draft pays. Lives as long as a model is loaded."""

    worths: list[_Worth] = field(default_factory=lambda: [_Worth(rate) for rate in _KEPT_FIRST])
    costs: list[float] = field(default_factory=lambda: list(_COST_FIRST))  # of 1, 2, … tokens
    single_ms: float = 0.0

    def length(self, match: int, offered: int) -> int:
        """How many of `offered` tokens to draft after a match of `match` tokens; 0: none.

        With rate r, a draft of k tokens gives 1 + r + … + r^k tokens at once.
        """
        if match < MATCH_TOKENS_MIN:
            return 0
        worth = self._worth(match)
        best, best_gain, expected = 0, _GAIN_MIN, 1.0
        for count in range(1, min(offered, DRAFT_TOKENS_MAX) + 1):
            expected += worth.rate**count
            gain = expected / self.costs[count]
            if gain > best_gain:
                best, best_gain = count, gain
        if not best:
            worth.fade()
            for count, first in enumerate(_COST_FIRST):
                self.costs[count] += (first - self.costs[count]) * (1 - _FADE)
        return best

    def learn(self, match: int, tried: int, kept: int) -> None:
        """`tried` tokens of a draft were compared with what the model wrote; `kept` agreed."""
        worth = self._worth(match)
        worth.fade()
        worth.seen += tried
        worth.kept += kept

    def took(self, count: int, ms: float) -> None:
        """Evaluating `count` tokens together took `ms`."""
        if ms <= 0:
            return
        if count == 1:
            self.single_ms += (ms - self.single_ms) * (_LEARN if self.single_ms else 1.0)
        elif self.single_ms:
            # Another program that takes a core for a moment is no property of this machine.
            cost = min(ms / self.single_ms, 2.0 * _COST_FIRST[count - 1])
            self.costs[count - 1] += (cost - self.costs[count - 1]) * _LEARN

    def _worth(self, match: int) -> _Worth:
        return self.worths[min(match, MATCH_TOKENS_MAX) - MATCH_TOKENS_MIN]
