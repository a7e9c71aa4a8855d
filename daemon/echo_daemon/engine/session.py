"""One completion, token by token, over an evaluator: KV reuse, healing, greedy choice, its end.

Left out: llama.cpp (`llama` has the evaluator), processes and messages (`worker`).

Rules
 - The cache's bookkeeping is true at every exit: cells are counted only after they were evaluated,
   and what an aborted slice left behind is removed.
 - Written tokens stay in the cache, so that text which is typed as it was proposed is not
   evaluated again.
 - A log-probability is that of the token among those that were allowed: while healing, what the
   user has typed is given and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from echo_core.errors import EngineError
from echo_daemon.engine import kv
from echo_daemon.engine.api import Finished, FinishReason, Piece, Started
from echo_daemon.engine.heal import ByteTable, Healing
from echo_daemon.engine.prompt import Ready
from echo_daemon.engine.text import TextStream

Logits = NDArray[np.float32]

# Between slices a job is asked whether it is still wanted. 64 tokens are evaluated nearly as fast
# as 512 together (203 and 222 tokens/s on two cores), and cost a GPU little.
SLICE_TOKENS: Final = 64


class Evaluator(Protocol):
    """A model with a cache of one sequence."""

    def evaluate(self, tokens: Sequence[int], position: int) -> bool:
        """Evaluate `tokens` at cells `position` on; False when it was aborted half-way.

        Raises:
            EngineError: it cannot be evaluated.
        """
        ...

    def logits(self) -> Logits:
        """(vocabulary,) of the last token evaluated; valid until the next call of `evaluate`."""
        ...

    def forget(self, position: int) -> bool:
        """Remove the cells from `position` on; False when only removing all is possible."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a completion ends. `wanted` is asked between slices and tokens."""

    tokens_max: int
    deadline_ms: float
    stop: tuple[str, ...]
    wanted: Callable[[], bool]


@dataclass(slots=True)
class _Count:
    """What `Finished` tells of a job, while it is made."""

    prompt: int
    evaluated: int = 0
    written: int = 0
    started_ms: float = 0.0
    writing_ms: float | None = None


class Session:
    """One sequence of a model's cache and the jobs that run in it, one after the other."""

    def __init__(
        self,
        evaluator: Evaluator,
        table: ByteTable,
        ending: AbstractSet[int],
        steady_ms: Callable[[], float],
    ) -> None:
        """`ending` are the tokens that end a text."""
        self._evaluator = evaluator
        self._table = table
        self._ending = ending
        self._steady_ms = steady_ms
        self.sequence = kv.Sequence()

    def run(self, ready: Ready, limits: Limits) -> Iterator[Started | Piece | Finished]:
        """Started when the prompt is read, pieces, and in any case one Finished.

        Raises:
            EngineError: the model could not be evaluated; the session can be used on.
        """
        count = _Count(prompt=len(ready.tokens), started_ms=self._steady_ms())
        reason = self._read(ready.tokens, limits, count)
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
        )

    # --- reading the prompt ------------------------------------------------------------------

    def _read(self, tokens: tuple[int, ...], limits: Limits, count: _Count) -> FinishReason | None:
        """Bring the cache to `tokens`; the reason when that was given up."""
        plan = kv.plan(self.sequence.tokens, tokens)
        if plan.removes and not self._forget(plan.keep):
            plan = kv.plan((), tokens)
        for at in range(0, len(plan.evaluate), SLICE_TOKENS):
            reason = self._given_up(limits, count)
            if reason is not None:
                return reason
            piece = plan.evaluate[at : at + SLICE_TOKENS]
            if not self._evaluate(piece):
                return self._given_up(limits, count) or FinishReason.CANCELLED
            count.evaluated += len(piece)
        return None

    def _given_up(self, limits: Limits, count: _Count) -> FinishReason | None:
        if not limits.wanted():
            return FinishReason.CANCELLED
        if self._steady_ms() - count.started_ms >= limits.deadline_ms:
            return FinishReason.DEADLINE
        return None

    def _evaluate(self, tokens: Sequence[int]) -> bool:
        position = len(self.sequence.tokens)
        try:
            complete = self._evaluator.evaluate(tokens, position)
        except EngineError:
            self._forget(0)  # what is in the cache now is anybody's guess
            raise
        if complete:
            self.sequence.grow(tokens)
        else:
            self._forget(position)
        return complete

    def _forget(self, length: int) -> bool:
        """Keep `length` cells; where the model cannot do that, none, and False."""
        if self._evaluator.forget(length):
            self.sequence.cut(length)
            return True
        self._evaluator.forget(0)
        self.sequence.cut(0)
        return False

    # --- writing -----------------------------------------------------------------------------

    def _write(
        self, ready: Ready, limits: Limits, count: _Count
    ) -> Generator[Piece, None, FinishReason]:
        healing = Healing(self._table, ready.dropped)
        stream = TextStream(limits.stop)
        logprob, tokens = 0.0, 0  # of the piece that is being put together
        while True:
            token, token_logprob = self._choose(healing)
            if token is None or token in self._ending or not self._table.spellings[token]:
                reason = FinishReason.END
                break
            written = healing.take(token)
            if written:
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
            if given_up is None and not self._evaluate([token]):
                given_up = self._given_up(limits, count) or FinishReason.CANCELLED
            if given_up is not None:
                reason = given_up
                break
        rest = stream.rest()
        if rest and reason is not FinishReason.CANCELLED:
            yield Piece(rest, logprob, tokens)
        return reason

    def _choose(self, healing: Healing) -> tuple[int | None, float]:
        """The likeliest allowed token and its log-probability; None: none is allowed."""
        logits = self._evaluator.logits()
        if healing.done:
            chosen = int(np.argmax(logits))
            return chosen, _logprob(logits, chosen)
        allowed = healing.allowed()
        if not allowed.size:
            return None, 0.0
        among = logits[allowed]
        chosen = int(np.argmax(among))
        return int(allowed[chosen]), _logprob(among, chosen)


def _logprob(logits: Logits, chosen: int) -> float:
    """The log of softmax at `chosen`, which is the largest.

    Raises:
        EngineError: the model's numbers are not numbers.
    """
    largest = float(logits[chosen])
    if not np.isfinite(largest):
        raise EngineError("The model gave numbers that are not finite: try another model file.")
    return min(0.0, -float(np.log(np.sum(np.exp(logits - largest), dtype=np.float64))))
