"""What the table asks of a teacher, as verdicts: the cut, silence, difficulty.

Left out: who the teacher is (`echo_daemon.teaching`), what follows from the answers
(`echo_core.judging.checks`).

Rules
 - What the model itself wrote is source text, and is not kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from echo_core.judging.checks import boundary, cut, difficulty
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.verdict import Verdict
from echo_core.judging.judgement import Asked
from echo_daemon.distilling.api import Around, Ask
from echo_daemon.teaching.api import Teacher

LOGPROB_MIN: Final = -99.0  # what is less likely is as impossible


class Asking:
    """A teacher behind the pipeline's questions."""

    def __init__(self, teacher: Teacher) -> None:
        self._teacher = teacher

    @property
    def steps(self) -> Mapping[str, Ask]:
        """The steps that cost a model, by their names, in the table's order."""
        return {boundary.NAME: self.boundary, difficulty.NAME: self.difficulty}

    async def choose(self, case: Case, cuts: Sequence[int]) -> tuple[int, Asked | None]:
        """Which of `cuts` ends the first unit."""
        choice = await self._teacher.choose(case, cuts)
        answers = tuple(
            (f"{at} characters", _shown(score))
            for at, score in zip(cuts, choice.logprobs, strict=False)
        )
        return choice.index, Asked(cut.NAME, choice.prompt, choice.model, answers)

    async def boundary(self, case: Case, around: Around, ask: bool) -> tuple[Verdict, Asked | None]:
        """Whether silence was wanted."""
        why = boundary.why_void(around.kept, around.place, around.life)
        if not ask or not boundary.asks_model(around.place):
            return boundary.judge(case, around.place, None, why), None
        silence = await self._teacher.wants_silence(case)
        asked = Asked(
            boundary.NAME,
            silence.prompt,
            silence.model,
            (
                ("silence", _shown(_log(silence.probability))),
                ("code", _shown(_log(1 - silence.probability))),
            ),
        )
        return boundary.judge(case, around.place, silence.probability, why), asked

    async def difficulty(
        self, case: Case, around: Around, ask: bool
    ) -> tuple[Verdict, Asked | None]:
        """How hard the target is for the model that serves completions."""
        del around
        if not ask:
            return difficulty.judge(case, None, None), None
        found = await self._teacher.difficulty(case)
        asked = Asked(
            difficulty.NAME,
            "",
            found.model,
            (
                ("the target", _shown(found.logprob)),
                ("an end behind it", _shown(found.end_logprob)),
                ("silence", _shown(found.void_logprob)),
            ),
        )
        perplexity = found.perplexity if case.target else math.exp(min(700.0, -found.end_logprob))
        return difficulty.judge(case, perplexity, found.similarity), asked


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else LOGPROB_MIN


def _shown(logprob: float) -> float:
    return round(max(LOGPROB_MIN, logprob), 4)
