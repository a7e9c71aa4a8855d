"""Whether a sample holds a stretch of a problem that models are judged by.

A problem is known by every run of so many tokens of its text; a sample that holds one of them is
dropped, wherever in it: a model must not have been shown the answer either.

Left out: reading files of problems (`echo_trainer.datasets`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from echo_trainer.curation.tokens import Hashes, numbers_of, runs_of, tokens_of

_SIEVE_BITS: Final = 22  # 4 MiB: of 200,000 runs one in twenty strangers has to be looked up


class Problems:
    """All runs of all problems."""

    def __init__(self, texts: Iterable[str], tokens: int) -> None:
        self._length = tokens
        runs = [
            runs_of(numbers, tokens)
            for numbers in (numbers_of(tokens_of(text)) for text in texts)
            if len(numbers) >= tokens  # what is shorter than a run says too little
        ]
        self._runs = np.unique(np.concatenate(runs)) if runs else np.zeros(0, np.uint64)
        self._sieve = np.zeros(1 << _SIEVE_BITS, np.bool_)
        self._sieve[self._low(self._runs)] = True

    def __len__(self) -> int:
        return len(self._runs)

    def touch(self, numbers: Hashes) -> bool:
        """Whether tokens with these hashes hold a run of a problem."""
        if len(numbers) < self._length or not len(self._runs):
            return False
        runs = runs_of(numbers, self._length)
        maybe = runs[self._sieve[self._low(runs)]]
        return bool(len(maybe)) and bool(np.isin(maybe, self._runs).any())

    @staticmethod
    def _low(runs: Hashes) -> Hashes:
        return runs & np.uint64((1 << _SIEVE_BITS) - 1)
