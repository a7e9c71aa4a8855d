"""Token healing: the text before the cursor ends inside a token, and the model should not notice.

A text that is cut in the middle of a word ends in tokens which the model has rarely seen before
the word's rest. So the last tokens are dropped from the prompt, and the next tokens are only
those that spell the dropped bytes first: their bytes begin with what is left to spell, or are a
beginning of it. Measured on 113 infilling problems: exact match 15.0% without, 49.6% with
(docs/adr/0005).

Left out: logits and their evaluation (`session`), prompts and how much of their end is dropped
(`echo_core.completion.prompt_tokens`).

Rules
 - Bytes, not characters: a token may be a part of a character.
 - The dropped bytes are those of the dropped tokens; spelling ends exactly at the cursor or
   beyond it, never before it.
 - Special tokens have no bytes here and are therefore never allowed while spelling.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class ByteTable:
    """The vocabulary sorted by bytes: which tokens may spell the rest of a text."""

    def __init__(self, spellings: Sequence[bytes]) -> None:
        """`spellings[id]` are the bytes of token `id`; empty for a token that is no text."""
        self.spellings = spellings
        order = sorted(
            (token for token, spelling in enumerate(spellings) if spelling),
            key=lambda token: spellings[token],
        )
        self._sorted = [spellings[token] for token in order]
        self._ids: Ids = np.array(order, dtype=np.int64)

    def allowed(self, rest: bytes) -> Ids:
        """The tokens whose bytes start with `rest`, or are the start of it. Any order.

        Args:
            rest: what is left to spell; not empty.
        """
        longer = self._ids[self._range(rest, _successor(rest))]
        shorter = [
            self._ids[self._range(rest[:length], rest[:length] + b"\0")]
            for length in range(1, len(rest))
        ]
        return np.concatenate([longer, *shorter])

    def _range(self, first: bytes, end: bytes | None) -> slice:
        low = bisect_left(self._sorted, first)
        if end is None:
            return slice(low, None)
        return slice(low, bisect_left(self._sorted, end, lo=low))


def _successor(prefix: bytes) -> bytes | None:
    """The least bytes that are greater than all that start with `prefix`; None: there are none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None


class Healing:
    """The state of spelling: what of the dropped bytes is still to come."""

    def __init__(self, table: ByteTable, dropped: bytes) -> None:
        self._table = table
        self.rest = dropped

    @property
    def done(self) -> bool:
        """Nothing is left to spell; any token may follow."""
        return not self.rest

    def allowed(self) -> Ids:
        """The tokens that may come next, while not done."""
        return self._table.allowed(self.rest)

    def take(self, token: int) -> bytes:
        """What `token` writes beyond the cursor: empty while it only spells dropped bytes."""
        written = self.writes(token)
        self.rest = self.rest[len(self._table.spellings[token]) :]
        return written

    def writes(self, token: int) -> bytes:
        """What `token` would write if it came next."""
        return self._table.spellings[token][len(self.rest) :]
