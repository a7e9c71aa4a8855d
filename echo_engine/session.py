"""One completion, token by token, over an evaluator: KV reuse, healing, greedy choice, its end.

Left out: llama.cpp (`llama` has the evaluator), which token comes next (`choice`), processes and
messages (`worker`).

Rules
 - The cache's bookkeeping is true at every exit: cells are counted only after they were evaluated,
   and what an aborted slice left behind is removed.
 - Written tokens stay in the cache, so that text which is typed as it was proposed is not
   evaluated again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Final, Protocol

from echo_core.completion.prompt_tokens import Ready
from echo_core.errors import EngineError
from echo_engine import kv
from echo_engine.api import Finished, FinishReason, Piece, Started
from echo_engine.choice import Logits, choose
from echo_engine.draft import Gate, Lookup
from echo_engine.heal import ByteTable, Healing
from echo_engine.openings import Openings
from echo_engine.text import TextStream

# Between slices a job is asked whether it is still wanted. 64 tokens are evaluated nearly as fast
# as 512 together (203 and 222 tokens/s on two cores), and cost a GPU little.
SLICE_TOKENS: Final = 64
_FULL: Final = "The prompt is longer than the cache: choose more context tokens."


class Evaluator(Protocol):
    """A model with a cache of a few sequences."""

    @property
    def sequences(self) -> int:
        """How many there are; 1 where a part of one cannot be copied to another."""
        ...

    @property
    def cuts(self) -> bool:
        """Whether a part of a sequence can be removed."""
        ...

    @property
    def tokens(self) -> int:
        """How many cells the cache has, for all sequences together."""
        ...

    def evaluate(
        self, sequence: int, position: int, tokens: Sequence[int], outputs: int = 1
    ) -> bool:
        """Evaluate `tokens` at `position` on; False when it was aborted half-way.

        `outputs` says for how many of the last tokens logits are wanted.

        Raises:
            EngineError: it cannot be evaluated.
        """
        ...

    def logits(self, back: int = 0) -> Logits:
        """(vocabulary,) of the last token evaluated but `back`; valid until the next `evaluate`."""
        ...

    def forget(self, sequence: int, position: int) -> bool:
        """Remove what is from `position` on; False when only removing all is possible."""
        ...

    def copy(self, source: int, target: int, length: int) -> None:
        """Give `target`, which is empty, the first `length` cells of `source` too."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a completion ends. `wanted` is asked between slices and tokens."""

    tokens_max: int
    deadline_ms: float
    stop: tuple[str, ...]
    wanted: Callable[[], bool]
    avoid: tuple[str, ...] = ()  # how the text must not begin


@dataclass(slots=True)
class _Count:
    """What `Finished` tells of a job, while it is made."""

    prompt: int
    evaluated: int = 0
    written: int = 0
    drafted: int = 0
    accepted: int = 0
    started_ms: float = 0.0
    writing_ms: float | None = None


@dataclass(slots=True)
class _Draft:
    """What was evaluated ahead of the model's choice, and not yet chosen: `ahead`."""

    lookup: Lookup
    ahead: list[int] = field(default_factory=list)
    length: int = 0  # of the whole draft
    match: int = 0


class Session:
    """A model's cache and the jobs that run in it, one after the other."""

    def __init__(
        self,
        evaluator: Evaluator,
        table: ByteTable,
        ending: AbstractSet[int],
        steady_ms: Callable[[], float],
        *,
        drafting: bool = True,
    ) -> None:
        """`ending` are the tokens that end a text."""
        self._evaluator = evaluator
        self._table = table
        self._ending = ending
        self._steady_ms = steady_ms
        self._gate = Gate() if drafting and evaluator.cuts else None
        self.cache = kv.Table(evaluator.sequences, evaluator.tokens)

    def run(self, ready: Ready, limits: Limits) -> Iterator[Started | Piece | Finished]:
        """Started when the prompt is read, pieces, and in any case one Finished.

        Raises:
            EngineError: the model could not be evaluated; the session can be used on.
        """
        count = _Count(prompt=len(ready.tokens), started_ms=self._steady_ms())
        reason = self._read(ready, limits, count)
        if reason is None:
            count.writing_ms = self._steady_ms()
            yield Started(count.prompt, count.evaluated, count.writing_ms - count.started_ms)
            reason = yield from self._write(ready, limits, count)
        now_ms = self._steady_ms()
        writing_ms = now_ms if count.writing_ms is None else count.writing_ms
        yield Finished(
            reason=reason,
            tokens_prompt=count.prompt,
            tokens_evaluated=count.evaluated,
            tokens_written=count.written,
            prompt_ms=writing_ms - count.started_ms,
            write_ms=now_ms - writing_ms,
            tokens_drafted=count.drafted,
            tokens_accepted=count.accepted,
        )

    def prepare(self, ready: Ready, wanted: Callable[[], bool]) -> bool:
        """Read a prompt in advance, without harm to the gap in hand.

        Whole slices that were read stay, so the next call goes on where this one was stopped.

        Returns:
            False when it was stopped, because `wanted` was false, before it was done.

        Raises:
            EngineError: the model could not be evaluated; the session can be used on.
        """
        placing = self.cache.place_aside(ready.tokens, ready.stable)
        if placing is None:
            return True
        self._take(placing)
        self.cache.use(placing.sequence, ready.stable, aside=True)
        for piece in _slices(placing.evaluate):
            if not wanted():
                return False
            if not self._room(placing.sequence, len(piece), aside=True):
                return True  # what was read of it will still help
            if not self._evaluate(placing.sequence, piece, outputs=0):
                return False
        return True

    # --- reading the prompt ------------------------------------------------------------------

    def _read(self, ready: Ready, limits: Limits, count: _Count) -> FinishReason | None:
        """Bring the current sequence to `ready.tokens`; the reason when that was given up."""
        placing = self.cache.place(ready.tokens, ready.stable)
        self.cache.use(placing.sequence, ready.stable)
        evaluate = placing.evaluate if self._take(placing) else ready.tokens
        left = len(evaluate)
        for piece in _slices(evaluate):
            reason = self._given_up(limits, count)
            if reason is not None:
                return reason
            left -= len(piece)
            if not self._room(placing.sequence, len(piece)):
                raise EngineError(_FULL)
            if not self._evaluate(placing.sequence, piece, outputs=0 if left else 1):
                return self._given_up(limits, count) or FinishReason.CANCELLED
            count.evaluated += len(piece)
        return None

    def _given_up(self, limits: Limits, count: _Count) -> FinishReason | None:
        if not limits.wanted():
            return FinishReason.CANCELLED
        if self._steady_ms() - count.started_ms >= limits.deadline_ms:
            return FinishReason.DEADLINE
        return None

    def _take(self, placing: kv.Placing) -> bool:
        """Copy or cut as `placing` says; False where the model can only remove everything."""
        if placing.source is not None:
            self._forget(placing.sequence, 0)
            self._evaluator.copy(placing.source, placing.sequence, placing.keep)
            self.cache.copy(placing.source, placing.sequence, placing.keep)
        elif placing.evaluate and placing.keep < len(self.cache.tokens(placing.sequence)):
            return self._forget(placing.sequence, placing.keep)
        return True

    def _room(self, sequence: int, count: int, *, aside: bool = False) -> bool:
        """Whether `sequence` can grow by `count`, when others have left as far as they may."""
        while not self.cache.fits(count):
            leaving = self.cache.leaving(sequence, aside=aside)
            if leaving is None:
                return False
            self._forget(leaving, 0)
        return True

    def _evaluate(self, sequence: int, tokens: Sequence[int], outputs: int = 1) -> bool:
        position = len(self.cache.tokens(sequence))
        try:
            complete = self._evaluator.evaluate(sequence, position, tokens, outputs)
        except EngineError:
            for each in range(self._evaluator.sequences):
                self._forget(each, 0)  # what is in the cache now is anybody's guess
            raise
        if complete:
            self.cache.grow(sequence, tokens)
        else:
            self._forget(sequence, position)
        return complete

    def _forget(self, sequence: int, length: int) -> bool:
        """Keep `length` cells; where the model cannot do that, none, and False."""
        if self._evaluator.forget(sequence, length):
            self.cache.cut(sequence, length)
            return True
        self._evaluator.forget(sequence, 0)
        self.cache.cut(sequence, 0)
        return False

    # --- writing -----------------------------------------------------------------------------

    def _write(
        self, ready: Ready, limits: Limits, count: _Count
    ) -> Generator[Piece, None, FinishReason]:
        healing = Healing(self._table, ready.dropped)
        draft = _Draft(Lookup(ready.tokens))
        try:
            return (yield from self._write_on(healing, draft, limits, count))
        finally:
            self._settle(draft, count, refused=False)

    def _write_on(
        self, healing: Healing, draft: _Draft, limits: Limits, count: _Count
    ) -> Generator[Piece, None, FinishReason]:
        stream, openings = TextStream(limits.stop), Openings(limits.avoid)
        logprob, tokens = 0.0, 0  # of the piece that is being put together
        while True:
            token, token_logprob = choose(
                self._evaluator.logits(len(draft.ahead)), self._table, healing, openings
            )
            if token is None or token in self._ending or not self._table.spellings[token]:
                reason = FinishReason.END
                break
            written = healing.take(token)
            if written:
                openings.take(written)
                logprob += token_logprob
                tokens += 1
                count.written += 1
                text = stream.add(written)
                if text:
                    yield Piece(text, logprob, tokens)
                    logprob, tokens = 0.0, 0
            if stream.ended:
                reason = FinishReason.STOP if stream.stopped else FinishReason.END
                break
            if count.written >= limits.tokens_max:
                reason = FinishReason.LIMIT
                break
            given_up = self._given_up(limits, count)
            if given_up is None:
                given_up = self._go_on(token, draft, healing, limits, count)
            if given_up is not None:
                reason = given_up
                break
        rest = stream.rest()
        if rest and reason is not FinishReason.CANCELLED:
            yield Piece(rest, logprob, tokens)
        return reason

    def _go_on(
        self, token: int, draft: _Draft, healing: Healing, limits: Limits, count: _Count
    ) -> FinishReason | None:
        """Have `token` evaluated, with a draft of what may follow; the reason when that ends it."""
        draft.lookup.add(token)
        if draft.ahead and draft.ahead[0] == token:
            del draft.ahead[0]
            return None
        self._settle(draft, count, refused=True)
        ahead = self._drafted(draft, limits.tokens_max - count.written - 1) if healing.done else []
        sequence = self.cache.current
        if not self._room(sequence, 1 + len(ahead)):
            ahead = []
            if not self._room(sequence, 1):
                return FinishReason.LIMIT
        started_ms = self._steady_ms()
        if not self._evaluate(sequence, [token, *ahead], outputs=1 + len(ahead)):
            return self._given_up(limits, count) or FinishReason.CANCELLED
        if self._gate is not None:
            self._gate.took(1 + len(ahead), self._steady_ms() - started_ms)
        draft.ahead, draft.length = list(ahead), len(ahead)
        return None

    def _drafted(self, draft: _Draft, tokens_max: int) -> list[int]:
        """What may follow, as far as it pays to evaluate it together."""
        if self._gate is None:
            return []
        draft.match, found = draft.lookup.find()
        # A mark, or an end, is never written: nothing behind it can be of use.
        useful = takewhile(
            lambda one: self._table.spellings[one] and one not in self._ending, found
        )
        ahead = list(islice(useful, max(0, tokens_max)))
        return ahead[: self._gate.length(draft.match, len(ahead))]

    def _settle(self, draft: _Draft, count: _Count, *, refused: bool) -> None:
        """Forget the rest of a draft, and learn from it.

        `refused`: the model wrote something else than the rest, instead of ending here.
        """
        if not draft.length:
            return
        kept = draft.length - len(draft.ahead)
        refused = refused and bool(draft.ahead)
        if draft.ahead:
            sequence = self.cache.current
            self._forget(sequence, len(self.cache.tokens(sequence)) - len(draft.ahead))
        if self._gate is not None:
            self._gate.learn(draft.match, kept + refused, kept)
        count.drafted += draft.length
        count.accepted += kept
        draft.ahead, draft.length = [], 0


def _slices(tokens: Sequence[int]) -> Iterator[Sequence[int]]:
    return (tokens[at : at + SLICE_TOKENS] for at in range(0, len(tokens), SLICE_TOKENS))
