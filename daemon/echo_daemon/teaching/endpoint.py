"""The teacher at an endpoint that a person configured and agreed to.

Left out: HTTP (`echo_daemon.remote`), the record of consent.

Rules
 - Whether text may be sent is asked before each question. Where it may not, the local teacher
   answers, and nothing is opened.
 - What is sent is the question: the text near the cursor, after redaction, and the beginnings of
   what was kept. No path, no name of a workspace, no identity. A target is never redacted, and one
   that must not be seen is not sent: the whole of it is looked at, because more of it is shown
   than is kept in the end.
 - How hard a target is for the model that serves completions is asked of that model, here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from echo_core.judging.checks.case import Case
from echo_daemon.teaching import prompts
from echo_daemon.teaching.api import Choice, Difficulty, Silence, Teacher
from echo_daemon.teaching.scores import chosen, normalised, share
from echo_engine.background import Question

# The case as it may be sent: with placeholders for names, addresses and the like in its context;
# None where it holds what no placeholder can stand for, such as a credential.
Redact: TypeAlias = Callable[[Case], Case | None]


class Told(Protocol):
    """An endpoint's answer."""

    @property
    def logprobs(self) -> tuple[float, ...]: ...

    @property
    def tokens(self) -> int: ...

    @property
    def ms(self) -> float: ...


class Endpoint(Protocol):
    """Whoever carries a question to an endpoint."""

    @property
    def model(self) -> str: ...

    async def ask(self, system: str, text: str, answers: Sequence[str]) -> Told:
        """The answers' log-probabilities.

        Raises:
            EngineError: it cannot be asked now.
        """
        ...


class EndpointTeacher:
    """`api.Teacher` over an endpoint."""

    def __init__(
        self, endpoint: Endpoint, local: Teacher, allowed: Callable[[], bool], redact: Redact
    ) -> None:
        """`allowed`: whether the person agreed, as of now."""
        self._endpoint = endpoint
        self._local = local
        self._allowed = allowed
        self._redact = redact

    async def choose(self, case: Case, cuts: Sequence[int]) -> Choice:
        """Which of `cuts` ends the first logical unit; see `api.Teacher`."""
        offered = prompts.offered(case, cuts)
        sendable = await self._sendable(case)
        if sendable is None or len(offered) == 1:
            return await self._local.choose(case, cuts)
        told = await self._ask(prompts.cut(sendable, offered))
        logprobs = normalised(told.logprobs)
        model = self._endpoint.model
        return Choice(chosen(logprobs), logprobs, prompts.CUT, model, told.tokens, told.ms)

    async def wants_silence(self, case: Case) -> Silence:
        """Whether nothing should be offered there; see `api.Teacher`."""
        sendable = await self._sendable(case)
        if sendable is None:
            return await self._local.wants_silence(case)
        told = await self._ask(prompts.silence(sendable))
        probability = share(normalised(told.logprobs), prompts.SILENT)
        model = self._endpoint.model
        return Silence(probability, prompts.SILENCE, model, told.tokens, told.ms)

    async def difficulty(self, case: Case) -> Difficulty:
        """What the serving model makes of the case; nothing is sent for it."""
        return await self._local.difficulty(case)

    async def _ask(self, question: Question) -> Told:
        return await self._endpoint.ask(question.system, question.text, question.answers)

    async def _sendable(self, case: Case) -> Case | None:
        """What may be sent of it; None: nothing may."""
        if not self._allowed():
            return None
        found = await asyncio.to_thread(self._redact, case)  # milliseconds, that typing may need
        if found is not None and found.target != case.target:
            raise ValueError("a target is never redacted: its cuts would lie elsewhere")
        return found
