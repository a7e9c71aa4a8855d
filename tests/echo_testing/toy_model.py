"""A vocabulary and a model that fit on a page, for laws about healing, prompts and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from echo_core.completion.fim import family_named
from echo_core.errors import EngineError
from echo_engine.choice import Logits

WORDS = ("de", "def", " f", " fo", "foo", "(x", ")", "):", "\n ", "   ", "é", "€uro", "ab", "abc")
QWEN = family_named("qwen2.5-coder")
PREFIX_ONLY = family_named("prefix-only")
MARKS = [*(mark.spelling for mark in QWEN.marks), "<|repo_name|>", "<|file_sep|>"]
END = 256


class ToyVocabulary:
    """All bytes, an end token, a few words, marks; splits greedily from the left."""

    def __init__(self, marks: Sequence[str] = MARKS) -> None:
        words = [word.encode() for word in WORDS]
        self.spellings: list[bytes] = [bytes([byte]) for byte in range(256)] + [b"", *words]
        self.marks = {spelling: len(self.spellings) + at for at, spelling in enumerate(marks)}
        self.spellings += [b""] * len(marks)
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


@dataclass
class Cell:
    token: int
    position: int
    sequences: set[int]


class ToyModel:
    """Logits that depend on all tokens of a sequence and on nothing else; checks how it is used."""

    def __init__(
        self,
        size: int,
        seed: int = 0,
        *,
        partial: bool = True,
        sequences: int = 4,
        tokens: int = 4096,
        memory: int = 0,
        aside: int = 0,
    ) -> None:
        self.size = size
        self.seed = seed
        self.partial = partial  # whether a part of the cache can be removed
        self.sequences = sequences if partial else 1
        self.aside = aside  # sequences besides, of which completions know nothing
        self.tokens = tokens
        self.cuts = partial
        self.memory = memory  # tokens that a choice depends on, 0: all; the fewer, the more repeats
        self.cells: list[Cell] = []
        self.evaluations: list[int] = []
        self.abort_at: int | None = None  # the evaluation that is aborted
        self.fail_at: int | None = None
        self._outputs: list[tuple[int, ...]] = []

    def held(self, sequence: int) -> list[int]:
        """The tokens of a sequence, by position, without gaps."""
        cells = [cell for cell in self.cells if sequence in cell.sequences]
        cells.sort(key=lambda cell: cell.position)
        assert [cell.position for cell in cells] == list(range(len(cells)))
        return [cell.token for cell in cells]

    def evaluate(
        self, sequence: int, position: int, tokens: Sequence[int], outputs: int = 1
    ) -> bool:
        assert tokens
        assert 0 <= sequence < self.sequences + self.aside
        assert 0 <= outputs <= len(tokens)
        before = self.held(sequence)
        assert position == len(before)
        self.evaluations.append(len(tokens))
        self._outputs = []
        if len(self.evaluations) == self.fail_at:
            raise EngineError("cannot be evaluated")
        aborted = len(self.evaluations) == self.abort_at
        for at, token in enumerate(tokens[: len(tokens) // 2] if aborted else tokens):
            self.cells.append(Cell(token, position + at, {sequence}))
        assert len(self.cells) <= self.tokens
        if not aborted:
            whole = (*before, *tokens)
            self._outputs = [whole[: len(whole) - back] for back in range(outputs)]
        return not aborted

    def logits(self, back: int = 0) -> Logits:
        whole = self._outputs[back]
        state = hash((self.seed, *whole[-self.memory :])) % (1 << 32)
        logits = np.random.default_rng(state).normal(size=self.size).astype(np.float32) * 4
        logits[128:256] -= 16  # parts of characters, which would soon be no text any more
        return logits

    def forget(self, sequence: int, position: int) -> bool:
        if position and not self.partial:
            return False
        for cell in self.cells:
            if cell.position >= position:
                cell.sequences.discard(sequence)
        self.cells = [cell for cell in self.cells if cell.sequences]
        return True

    def copy(self, source: int, target: int, length: int) -> None:
        assert self.sequences > 1
        assert not self.held(target)
        for cell in self.cells:
            if source in cell.sequences and cell.position < length:
                cell.sequences.add(target)
