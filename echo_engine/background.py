"""Work that nobody waits for: questions, likelihoods and texts, asked while nobody is typing.

A completion and a preparation come first: they stop background work between two steps of one
evaluation, and what it was doing is answered with `Preempted`. What had been read of its prompt
stays in the cache, so that asking again costs what was left.

Left out: the child process, pipes and llama.cpp (`client`, `worker`, `llama`); what is asked and
when (`echo_daemon.teaching`, and the service that calls it).

Rules
 - Background work has sequences and cells of its own in the cache: a completion finds its own as
   they were.
 - It does not keep a model in memory: the time without a request runs on, and a model that was
   loaded for background work alone leaves soon after it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from echo_core.completion.window import Window
from echo_core.errors import EngineError

QUESTION_ANSWERS_MAX = 16  # letters that a person would still tell apart; the teacher asks of 8


class Preempted(EngineError):  # noqa: N818 - nothing went wrong: somebody types
    """A completion came first; ask again later. Nothing is lost but the answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with a closed set of answers, asked as the model's own chat template has it.

    What is the same in successive questions stands first, so that it is read once. `opening` is
    how the model's turn begins, before its answer.
    """

    system: str
    text: str
    answers: tuple[str, ...]
    opening: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.answers) <= QUESTION_ANSWERS_MAX:
            raise ValueError(f"a question has 1 to {QUESTION_ANSWERS_MAX} answers")
        for one in self.answers:
            if not one or sum(other.startswith(one) for other in self.answers) != 1:
                raise ValueError("an answer is empty, or the beginning of another")


@dataclass(frozen=True, slots=True)
class Answers:
    """How likely each answer is, in the order in which they were asked."""

    logprobs: tuple[float, ...]  # nats, of all tokens of the answer, among all tokens there are
    tokens_prompt: int
    tokens_evaluated: int  # of prompt and answers, those that were not in the cache
    ms: float

    @property
    def shares(self) -> tuple[float, ...]:
        """The answers' probabilities among themselves."""
        largest = max(self.logprobs)
        weights = [math.exp(each - largest) for each in self.logprobs]
        return tuple(weight / sum(weights) for weight in weights)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely is it that exactly `target` is written at the cursor of `window`?

    The prompt is the one that a completion would have there.
    """

    window: Window
    target: str  # empty: silence


@dataclass(frozen=True, slots=True)
class Likely:
    """What the model holds of a target. What stands before the cursor is given and costs nothing.

    `tokens` are those of the target; one that also spells the end of what stands before the
    cursor counts.
    """

    logprob: float  # nats, the sum over `tokens`; 0 for an empty target
    tokens: int
    void_logprob: float  # that the text ends at the cursor, before anything is written
    end_logprob: float  # that it ends behind the target
    tokens_prompt: int
    tokens_evaluated: int
    ms: float

    @property
    def perplexity(self) -> float:
        """How many tokens the model hesitated between, on average; 1 for an empty target."""
        # Anything that is as unlikely as that is wild; a float ends at e^709.
        return math.exp(min(700.0, -self.logprob / self.tokens)) if self.tokens else 1.0


@dataclass(frozen=True, slots=True)
class Draft:
    """What is the model's own text at the cursor of `window`? The likeliest, to an end."""

    window: Window
    tokens_max: int
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A text that was written in the background."""

    text: str
    logprob: float  # nats, the sum over `tokens`
    tokens: int
    tokens_prompt: int
    tokens_evaluated: int
    ms: float


class Background(Protocol):
    """The engine, as far as it does what nobody waits for; one thing after the other.

    Raises (from all):
        Preempted: somebody types; ask again later.
        EngineError: no model, one that cannot be asked aside, a text that is too long for it, or
            a worker that died.
    """

    @property
    def model(self) -> str:
        """The chosen model's name, or empty."""
        ...

    async def ask(self, question: Question) -> Answers:
        """The probability of each answer."""
        ...

    async def weigh(self, likelihood: Likelihood) -> Likely:
        """The probability of a target."""
        ...

    async def draft(self, draft: Draft) -> Drafted:
        """What the model itself writes."""
        ...
