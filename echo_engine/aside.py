"""Background work in sequences of its own: scoring answers and targets, writing what nobody sees.

Left out: llama.cpp (`llama` has the evaluator), prompts as tokens (`chat`, `prompt`), when it runs
and what stops it (`mailbox`, `worker`).

Rules
 - There are two lanes, one for questions and one for windows. Each keeps what it read last, so
   that the next question, or the same one asked again, reads only what is new.
 - What a completion has read is not read again: its cells are shared, and stay as they were.
 - Both lanes together hold `cells_max` tokens, apart from those of completions. Shared ones count
   here too: the completion may leave them at any time.
 - The bookkeeping is true at every exit: what an aborted evaluation left behind is removed.
 - The same model and the same work give the same numbers, whatever the lanes held before, as far
   as llama.cpp's sums do not depend on how a prompt is divided and on where its cells lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from echo_core.completion.prompt_tokens import Ready
from echo_core.errors import EngineError
from echo_engine.background import Answers, Draft, Drafted, Likely
from echo_engine.choice import Logits, choose
from echo_engine.heal import ByteTable, Healing
from echo_engine.kv import Table, common_prefix
from echo_engine.openings import Openings
from echo_engine.text import TextStream

# As many tokens as are evaluated before anybody looks whether somebody types; evaluations are also
# aborted in between. Half of a completion's slice, because an aborted one is lost.
SLICE_TOKENS: Final = 32
# The numbers of so many tokens are held at once: 10 MB for a vocabulary of 150,000.
SCORE_TOKENS: Final = 16
# Of both lanes together: a question has some 400 tokens, a window 900 and a target behind it. They
# take 24 MB for the 0.5B and 56 MB for the 1.5B.
CELLS_MAX: Final = 2048
LOGPROB_MIN: Final = -1000.0  # of what cannot come; messages hold no infinity

_NO_SPELLING: Final = "The model's vocabulary cannot spell this text."


class AsideEvaluator(Protocol):
    """A model with sequences that no completion uses. As `session.Evaluator` has them."""

    def evaluate(
        self, sequence: int, position: int, tokens: Sequence[int], outputs: int = 1
    ) -> bool: ...

    def logits(self, back: int = 0) -> Logits: ...

    def forget(self, sequence: int, position: int) -> bool: ...

    def copy(self, source: int, target: int, length: int) -> None: ...


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Somebody waits for something else. Stays inside the worker."""


class TooLongError(EngineError):
    """The prompt and what is scored behind it do not fit into the lanes."""


@dataclass(slots=True)
class _Lane:
    sequence: int
    tokens: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Scored:
    """Tokens behind a prompt. `given`: of those that write nothing beyond the cursor."""

    given: float = 0.0
    written: float = 0.0
    tokens: int = 0  # that write something
    end: float = 0.0  # that the text ends behind them


class Aside:
    """The lanes of a loaded model, and the work that is done in them."""

    def __init__(
        self,
        evaluator: AsideEvaluator,
        table: ByteTable,
        ending: AbstractSet[int],
        steady_ms: Callable[[], float],
        *,
        sequences: tuple[int, int],
        completions: Table,
        cells_max: int = CELLS_MAX,
    ) -> None:
        """
        Args:
            evaluator: the model.
            table: its vocabulary.
            ending: the tokens that end a text.
            steady_ms: a clock that only goes forward.
            sequences: those of the lanes.
            completions: what the other sequences hold; only read.
            cells_max: how many tokens both lanes hold together.
        """
        self._evaluator = evaluator
        self._table = table
        self._ending = np.array(sorted(ending), dtype=np.int64)
        self._ending_set = ending
        self._steady_ms = steady_ms
        self._chat, self._window = (_Lane(number) for number in sequences)
        self._completions = completions
        self._cells_max = cells_max
        self._evaluated = 0
        self._wanted: Callable[[], bool] = lambda: True

    def room(self, target_tokens: int) -> int:
        """How long a prompt may be, so that a target fits behind it."""
        return max(1, self._cells_max - target_tokens - 1)

    def ask(
        self, prompt: Sequence[int], answers: Sequence[Sequence[int]], wanted: Callable[[], bool]
    ) -> Answers:
        """The probability of each answer behind `prompt`.

        Raises:
            Stopped: `wanted` was false before it was done.
            TooLongError: it does not fit.
            EngineError: it could not be evaluated; the lanes can be used on.
        """
        started_ms = self._begin(wanted)
        lane = self._chat
        self._read(lane, prompt)
        first = _logprobs(self._evaluator.logits())
        found = [float(first[answer[0]]) for answer in answers]
        for at, answer in enumerate(answers):
            if len(answer) > 1:
                self._cut(lane, len(prompt))
                found[at] += self._rest(lane, answer)
        self._cut(lane, len(prompt))
        return Answers(
            logprobs=tuple(max(LOGPROB_MIN, each) for each in found),
            tokens_prompt=len(prompt),
            tokens_evaluated=self._evaluated,
            ms=self._steady_ms() - started_ms,
        )

    def weigh(
        self,
        ready: Ready,
        silence: Sequence[int],
        target: Sequence[int],
        wanted: Callable[[], bool],
    ) -> Likely:
        """How likely a target is behind `ready`.

        Args:
            ready: the prompt.
            silence: the tokens of the bytes that `ready` dropped.
            target: the tokens of those and the target.
            wanted: whether to go on.

        Raises:
            Stopped, TooLongError, EngineError: as `ask`.
        """
        started_ms = self._begin(wanted)
        lane = self._window
        self._read(lane, ready.tokens)
        void = self._score(lane, silence, ready.dropped)
        if silence == target:
            scored = void
        else:
            self._read(lane, ready.tokens)
            scored = self._score(lane, target, ready.dropped)
        return Likely(
            logprob=max(LOGPROB_MIN * max(1, scored.tokens), scored.written),
            tokens=scored.tokens,
            void_logprob=max(LOGPROB_MIN, void.given + void.end),
            end_logprob=max(LOGPROB_MIN, scored.end),
            tokens_prompt=len(ready.tokens),
            tokens_evaluated=self._evaluated,
            ms=self._steady_ms() - started_ms,
        )

    def draft(self, ready: Ready, draft: Draft, wanted: Callable[[], bool]) -> Drafted:
        """The likeliest text behind `ready`.

        Raises:
            Stopped, TooLongError, EngineError: as `ask`.
        """
        started_ms = self._begin(wanted)
        lane = self._window
        self._read(lane, ready.tokens)
        healing, stream, free = (
            Healing(self._table, ready.dropped),
            TextStream(draft.stop),
            Openings(()),
        )
        text, logprob, tokens = "", 0.0, 0
        while tokens < draft.tokens_max and not stream.ended:
            token, token_logprob = choose(self._evaluator.logits(), self._table, healing, free)
            if token is None or token in self._ending_set or not self._table.spellings[token]:
                break
            written = healing.take(token)
            if written:
                text += stream.add(written)
                logprob, tokens = logprob + token_logprob, tokens + 1
            self._evaluate(lane, [token], outputs=1)
        return Drafted(
            text=text + stream.rest(),
            logprob=logprob,
            tokens=tokens,
            tokens_prompt=len(ready.tokens),
            tokens_evaluated=self._evaluated,
            ms=self._steady_ms() - started_ms,
        )

    # --- scoring -----------------------------------------------------------------------------

    def _rest(self, lane: _Lane, answer: Sequence[int]) -> float:
        """The log-probability of all tokens of an answer but the first."""
        self._evaluate(lane, answer[:-1], outputs=len(answer) - 1)
        total = 0.0
        for at, token in enumerate(answer[1:]):
            numbers = _logprobs(self._evaluator.logits(len(answer) - 2 - at))
            total += float(numbers[token])
        return total

    def _score(self, lane: _Lane, tokens: Sequence[int], dropped: bytes) -> _Scored:
        """`tokens` behind what was read just now, of which `dropped` is to be spelled first."""
        healing, scored = Healing(self._table, dropped), _Scored()
        self._count(scored, self._evaluator.logits(), healing, tokens[0] if tokens else None)
        for start in range(0, len(tokens), SCORE_TOKENS):
            piece = tokens[start : start + SCORE_TOKENS]
            self._evaluate(lane, piece, outputs=len(piece))
            for at in range(len(piece)):
                number = start + at + 1
                following = tokens[number] if number < len(tokens) else None
                logits = self._evaluator.logits(len(piece) - 1 - at)
                self._count(scored, logits, healing, following)
        return scored

    def _count(self, scored: _Scored, logits: Logits, healing: Healing, token: int | None) -> None:
        """`token` comes, or the text ends, where the model gave `logits`."""
        if token is None:
            scored.end = _logsum(_logprobs(logits)[self._ending])
            return
        if healing.done:
            logprob = float(_logprobs(logits)[token])
        else:
            ids = healing.allowed()
            among = _logprobs(logits[ids])[np.flatnonzero(ids == token)]
            if not among.size:
                raise EngineError(_NO_SPELLING)
            logprob = float(among[0])
        if healing.take(token):
            scored.written += logprob
            scored.tokens += 1
        else:
            scored.given += logprob

    # --- the lanes ---------------------------------------------------------------------------

    def _begin(self, wanted: Callable[[], bool]) -> float:
        self._wanted, self._evaluated = wanted, 0
        return self._steady_ms()

    def _read(self, lane: _Lane, prompt: Sequence[int]) -> None:
        """Bring `lane` to `prompt`; its last token is evaluated in any case, for what follows."""
        self._cut(lane, min(common_prefix(lane.tokens, prompt), len(prompt) - 1))
        self._share(lane, prompt)
        for piece in _slices(prompt[len(lane.tokens) :]):
            last = len(lane.tokens) + len(piece) == len(prompt)
            self._evaluate(lane, piece, outputs=int(last))

    def _share(self, lane: _Lane, prompt: Sequence[int]) -> None:
        """Take what a completion has read of `prompt`, where that is more than `lane` has."""
        source, common = self._completions.closest(prompt)
        length = min(common, len(prompt) - 1)
        if length > len(lane.tokens):
            self._cut(lane, 0)
            self._make_room(lane, length)
            self._evaluator.copy(source, lane.sequence, length)
            lane.tokens.extend(prompt[:length])

    def _evaluate(self, lane: _Lane, tokens: Sequence[int], *, outputs: int) -> None:
        if not self._wanted():
            raise Stopped
        self._make_room(lane, len(tokens))
        position = len(lane.tokens)
        try:
            complete = self._evaluator.evaluate(lane.sequence, position, tokens, outputs)
        except EngineError:
            for each in (self._chat, self._window):
                self._cut(each, 0)  # what is in the cache now is anybody's guess
            raise
        if not complete:
            self._evaluator.forget(lane.sequence, position)
            raise Stopped
        lane.tokens.extend(tokens)
        self._evaluated += len(tokens)

    def _make_room(self, lane: _Lane, count: int) -> None:
        other = self._window if lane is self._chat else self._chat
        if len(lane.tokens) + len(other.tokens) + count > self._cells_max:
            self._cut(other, 0)
        if len(lane.tokens) + count > self._cells_max:
            raise TooLongError("The text is too long for the room that background work has.")

    def _cut(self, lane: _Lane, length: int) -> None:
        if length < len(lane.tokens):
            self._evaluator.forget(lane.sequence, length)
            del lane.tokens[length:]


def _slices(tokens: Sequence[int]) -> Iterator[Sequence[int]]:
    return (tokens[at : at + SLICE_TOKENS] for at in range(0, len(tokens), SLICE_TOKENS))


def _logprobs(logits: Logits) -> Logits:
    """The log of softmax.

    Raises:
        EngineError: the model's numbers are not numbers.
    """
    largest = float(np.max(logits))
    if not np.isfinite(largest):
        raise EngineError("The model gave numbers that are not finite: try another model file.")
    shifted = logits - np.float32(largest)
    total = float(np.log(np.sum(np.exp(shifted), dtype=np.float64)))
    found: Logits = shifted - np.float32(total)
    return found


def _logsum(logprobs: Logits) -> float:
    """The log of the sum of probabilities."""
    total = float(np.sum(np.exp(logprobs), dtype=np.float64))
    return float(np.log(total)) if total > 0 else LOGPROB_MIN
