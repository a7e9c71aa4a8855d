"""The teacher on this machine: the model that serves completions.

Left out: prompts (`prompts`), how a question is scored and what stops it
(`echo_engine.background`).

Rules
 - Where the target ends is asked through the chat template. Whether silence is required is not: the
   probability that the text ends at the cursor, with the prompt of a completion, tells it far
   better than any answer of models of this size (docs/teaching.md).
 - The first cut is taken unless the model is sure of another.
 - That probability is of the whole prompt, so it is read once for both silence and difficulty.
 - What the model itself writes is cut to as many lines as were kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from echo_core import limits
from echo_core.completion.window import Window, window_at
from echo_core.judging.checks.case import Case
from echo_daemon.teaching import prompts
from echo_daemon.teaching.api import Choice, Difficulty, Silence
from echo_daemon.teaching.scores import chosen, normalised
from echo_engine.background import Background, Draft, Likelihood

VOID: Final = "void/1"  # in place of a prompt's name: a completion's prompt, and its end
# The log-probability at which silence is as probable as code, and how fast that changes: by hand
# from 51 labelled cases and the 0.5B (bench/data/teacher.toml); the 1.5B separates alike.
VOID_MIDDLE: Final = -9.0
VOID_WIDTH: Final = 1.5

# How much likelier another cut must be than the first, in nats, to be taken. Below it a small
# model's preference is noise: on 33 cases labelled by hand, the first cut is right in 28; the 0.5B
# without this margin in 27, the 1.5B in 23 (docs/teaching.md).
MARGIN: Final = 1.0

# How many more tokens than the target has the model may write: it may say the same in more.
DRAFT_SPARE: Final = 8
DRAFT_TOKENS_MIN: Final = 12


class LocalTeacher:
    """`api.Teacher` over the engine. `distance` is Levenshtein's."""

    def __init__(self, engine: Background, distance: Callable[[str, str], int]) -> None:
        self._engine = engine
        self._distance = distance

    async def choose(self, case: Case, cuts: Sequence[int]) -> Choice:
        """Which of `cuts` ends the first logical unit; see `api.Teacher`."""
        offered = prompts.offered(case, cuts)
        model = self._engine.model
        if len(offered) == 1:
            return Choice(0, (0.0,), "", model)
        answers = await self._engine.ask(prompts.cut(case, offered))
        first, *others = answers.logprobs
        logprobs = normalised((first + MARGIN, *others))
        return Choice(
            index=chosen(logprobs),
            logprobs=logprobs,
            prompt=prompts.CUT,
            model=model,
            tokens=answers.tokens_evaluated,
            ms=answers.ms,
        )

    async def wants_silence(self, case: Case) -> Silence:
        """Whether nothing should be offered there; see `api.Teacher`."""
        model = self._engine.model
        likely = await self._engine.weigh(Likelihood(_window(case), ""))
        return Silence(
            probability=silence_of(likely.void_logprob),
            prompt=VOID,
            model=model,
            tokens=likely.tokens_evaluated,
            ms=likely.ms,
        )

    async def difficulty(self, case: Case) -> Difficulty:
        """What the serving model makes of the case; see `api.Teacher`."""
        model, window = self._engine.model, _window(case)
        likely = await self._engine.weigh(Likelihood(window, case.target))
        lines = case.target.strip().count("\n") + 1
        tokens_max = max(DRAFT_TOKENS_MIN, likely.tokens + DRAFT_SPARE)
        draft = Draft(window, min(limits.COMPLETION_TOKENS_MAX, tokens_max))
        drafted = await self._engine.draft(draft)
        written = first_lines(drafted.text, lines)
        return Difficulty(
            logprob=likely.logprob,
            tokens=likely.tokens,
            perplexity=likely.perplexity,
            end_logprob=likely.end_logprob,
            void_logprob=likely.void_logprob,
            written=written,
            similarity=similarity(written, case.target, self._distance),
            model=model,
            tokens_read=likely.tokens_evaluated + drafted.tokens_evaluated,
            ms=likely.ms + drafted.ms,
        )


def _window(case: Case) -> Window:
    """As a completion sees the place at its first request."""
    return window_at(case.before, case.start)


def silence_of(void_logprob: float) -> float:
    """How probable it is that silence is required, by the probability that the text ends there."""
    return 1.0 / (1.0 + math.exp((VOID_MIDDLE - void_logprob) / VOID_WIDTH))


def first_lines(text: str, count: int) -> str:
    """The first lines that are not blank at the start of `text`, and what is blank before them."""
    blank = len(text) - len(text.lstrip())
    lines = text[blank:].split("\n")
    return text[:blank] + "\n".join(lines[:count])


def similarity(one: str, other: str, distance: Callable[[str, str], int]) -> float:
    """How alike two texts are by edits, 0 to 1, whatever blanks are around them."""
    one, other = one.strip(), other.strip()
    longest = max(len(one), len(other))
    return 1.0 - distance(one, other) / longest if longest else 1.0
