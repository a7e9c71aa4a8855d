"""A vocabulary and a model that fit on a page, for laws about healing, prompts and sessions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from echo_core.errors import EngineError
from echo_core.fim import family_named
from echo_daemon.engine.session import Logits

WORDS = ("de", "def", " f", " fo", "foo", "(x", ")", "):", "\n ", "   ", "é", "€uro", "ab", "abc")
QWEN = family_named("qwen2.5-coder")
PREFIX_ONLY = family_named("prefix-only")
MARKS = [mark.spelling for mark in QWEN.marks]
END = 256


class ToyVocabulary:
    """All bytes, an end token, a few words, the marks of QWEN; splits greedily from the left."""

    def __init__(self) -> None:
        words = [word.encode() for word in WORDS]
        self.spellings: list[bytes] = [bytes([byte]) for byte in range(256)] + [b"", *words]
        self.marks = {spelling: len(self.spellings) + at for at, spelling in enumerate(MARKS)}
        self.spellings += [b""] * len(MARKS)
        self.first: tuple[int, ...] = ()
        self.filler = END

    def tokenise(self, text: str) -> list[int]:
        data, tokens = text.encode("utf-8", "replace"), []
        while data:
            token = max(
                (t for t, s in enumerate(self.spellings) if s and data.startswith(s)),
                key=lambda token: len(self.spellings[token]),
            )
            tokens.append(token)
            data = data[len(self.spellings[token]) :]
        return tokens

    def mark(self, spelling: str) -> int | None:
        return self.marks.get(spelling)

    def bytes_of(self, tokens: Sequence[int]) -> bytes:
        return b"".join(self.spellings[token] for token in tokens)


class ToyModel:
    """Logits that depend on all evaluated tokens and on nothing else; checks how it is used."""

    def __init__(self, size: int, seed: int = 0, *, partial: bool = True) -> None:
        self.size = size
        self.seed = seed
        self.partial = partial  # whether a part of the cache can be removed
        self.cells: list[int] = []
        self.evaluations: list[int] = []
        self.abort_at: int | None = None  # the evaluation that is aborted
        self.fail_at: int | None = None

    def evaluate(self, tokens: Sequence[int], position: int) -> bool:
        assert tokens
        assert position == len(self.cells)
        self.evaluations.append(len(tokens))
        if len(self.evaluations) == self.fail_at:
            raise EngineError("cannot be evaluated")
        if len(self.evaluations) == self.abort_at:
            self.cells += tokens[: len(tokens) // 2]
            return False
        self.cells += tokens
        return True

    def logits(self) -> Logits:
        state = hash((self.seed, *self.cells)) % (1 << 32)
        logits = np.random.default_rng(state).normal(size=self.size).astype(np.float32) * 4
        logits[128:256] -= 16  # parts of characters, which would soon be no text any more
        return logits

    def forget(self, position: int) -> bool:
        if position and not self.partial:
            return False
        del self.cells[position:]
        return True
