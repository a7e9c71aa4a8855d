"""Background work in memory with the interface of the engine's: it answers what a test says.

`tests/engine` runs the real client and the real worker; this one is for services that must
be tried against every answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from echo_core.errors import EngineError
from echo_engine.background import Answers, Draft, Drafted, Likelihood, Likely, Question


def _even(question: Question) -> tuple[float, ...]:
    return (-1.0,) * len(question.answers)


@dataclass
class ScriptedBackground:
    """`background.Background`; raises `error` while it is there."""

    model: str = "scripted"
    answers: Callable[[Question], tuple[float, ...]] = _even
    void_logprob: float = -3.0
    token_logprob: float = -0.5  # of each word of a target
    text: str = "value"
    error: EngineError | None = None
    questions: list[Question] = field(default_factory=list)
    likelihoods: list[Likelihood] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)

    async def ask(self, question: Question) -> Answers:
        """What `answers` says."""
        self._fail()
        self.questions.append(question)
        return Answers(self.answers(question), 20, 5, 1.0)

    async def weigh(self, likelihood: Likelihood) -> Likely:
        """A word is a token."""
        self._fail()
        self.likelihoods.append(likelihood)
        tokens = len(likelihood.target.split())
        return Likely(tokens * self.token_logprob, tokens, self.void_logprob, -2.0, 20, 5, 1.0)

    async def draft(self, draft: Draft) -> Drafted:
        """Always the same."""
        self._fail()
        self.drafts.append(draft)
        return Drafted(self.text, -1.0, 3, 20, 5, 1.0)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
