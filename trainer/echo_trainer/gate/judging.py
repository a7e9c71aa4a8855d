"""Asks both models all questions, through the engine that serves.

Left out: which samples (`choosing`), how a completion is asked (`asking`), what follows
(`deciding`).

Rules
 - A question that was answered is not asked again: the ledger has its figures.
 - Time is measured for both models one right after the other, and is compared within such a pair
   only: what else the machine does weighs on both.
 - A question that ends with an error is one without an answer; it is asked again by a gate that
   goes on.
 - No text outlives its question.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol

from echo_core.completion.window import window_at
from echo_core.errors import EngineError
from echo_engine.api import Engine
from echo_engine.background import Background, Draft, Likelihood
from echo_trainer.gate.asking import Proposal, Steady, propose
from echo_trainer.gate.choosing import Question
from echo_trainer.gate.codebleu import tokens
from echo_trainer.gate.evidence import Judged, Timed, Verbatim
from echo_trainer.gate.ledger import Ledger
from echo_trainer.gate.problems import Cursor
from echo_trainer.gate.written import Answer, as_long_as, compared, same
from echo_trainer.runs.canaries import Planted, canary, exposure, references

_TELL_EVERY: Final = 10
_TOKENS_TIMED_MIN: Final = 4  # fewer say little of how long each takes
_TOKENS_PER_LEXICAL: Final = 4  # of a model for one word or mark: room for all of them


class Asked(Engine, Background, Protocol):
    """An engine that answers, and does what nobody waits for."""


@dataclass(frozen=True, slots=True)
class Side:
    """A model that is asked."""

    engine: Asked
    sha256: str  # of the file, and of the adapter over it


class Judging:
    """Both models, and what they have answered so far."""

    def __init__(
        self,
        base: Side,
        candidate: Side,
        ledger: Ledger,
        steady_ms: Steady,
        say: Callable[[str], None],
    ) -> None:
        self._base, self._candidate = base, candidate
        self._ledger = ledger
        self._steady_ms = steady_ms
        self._say = say

    async def judged(self, questions: Sequence[Question]) -> list[Judged]:
        """What both make of held-out samples."""
        self._ledger.only("sample", {one.sample.key for one in questions})
        found = []
        for number, one in enumerate(questions, start=1):
            base, candidate = [await self._sample(side, one) for side in self._sides]
            found.append(Judged(one.sample, base, candidate))
            self._tell("samples", number, len(questions))
        return found

    async def timed(self, questions: Sequence[Question]) -> list[Timed]:
        """How long both take for the same samples."""
        found = []
        pair = f"{self._base.sha256} {self._candidate.sha256}"
        self._ledger.only("time", {one.sample.key for one in questions})
        for number, one in enumerate(questions, start=1):
            kept = self._ledger.find("time", one.sample.key, pair)
            if kept is None:
                sides = self._sides if number % 2 else reversed(self._sides)
                taken = {side.sha256: await self._time(side, one) for side in sides}
                first, each = zip(*(taken[side.sha256] for side in self._sides), strict=True)
                kept = {"first_ms": first, "token_ms": each}
                self._ledger.keep("time", one.sample.key, pair, kept)
            if all(kept["first_ms"]):
                found.append(Timed(tuple(kept["first_ms"]), tuple(kept["token_ms"])))
            self._tell("samples for time", number, len(questions))
        return found

    async def infilling(
        self, cursors: Mapping[str, Sequence[tuple[str, Cursor]]]
    ) -> dict[str, tuple[list[bool], list[bool]]]:
        """Whether both match the problems, by kind of cursor."""
        found: dict[str, tuple[list[bool], list[bool]]] = {}
        for kind, those in cursors.items():
            matches: tuple[list[bool], list[bool]] = ([], [])
            for number, (name, cursor) in enumerate(those, start=1):
                for side, side_matches in zip(self._sides, matches, strict=True):
                    side_matches.append(await self._infill(side, kind, name, cursor))
                self._tell(f"problems, {kind}", number, len(those))
            found[kind] = matches
        return found

    async def exposures(self, planted: Planted, others: int) -> list[float]:
        """The bits by which each canary stands out in the candidate."""
        found = []
        for number in range(planted.count):
            figures = await self._kept(
                f"canary {planted.seed} {others}",
                str(number),
                self._candidate,
                partial(self._expose, planted.seed, number, others),
            )
            if figures is not None:
                found.append(float(figures["bits"]))
            self._tell("canaries", number + 1, planted.count)
        return found

    async def verbatim(
        self, alone: Sequence[Question], unseen: Sequence[Question], tokens_min: int
    ) -> Verbatim:
        """How many targets the candidate writes word for word and the base does not."""
        asked, gained = await self._gained("verbatim", alone, tokens_min)
        asked_unseen, gained_unseen = await self._gained("verbatim unseen", unseen, tokens_min)
        return Verbatim(asked, gained, asked_unseen, gained_unseen)

    # --- one question ------------------------------------------------------------------------

    async def _sample(self, side: Side, one: Question) -> Answer:
        figures = await self._kept("sample", one.sample.key, side, partial(self._answer, side, one))
        return Answer(failed=True) if figures is None else Answer.read(figures)

    async def _answer(self, side: Side, one: Question) -> dict[str, Any]:
        proposal = await self._proposed(side, one)
        target = one.texts.target
        answer = compared(proposal.by_hand, proposal.shown, target, one.sample.language)
        window = window_at(one.texts.prefix + one.texts.suffix, len(one.texts.prefix))
        likely = await side.engine.weigh(Likelihood(window, target))
        answer = replace(
            answer, tokens=likely.tokens, logprob=likely.logprob, end_logprob=likely.void_logprob
        )
        return answer.as_figures()

    async def _proposed(self, side: Side, one: Question) -> Proposal:
        text, offset = one.texts.prefix + one.texts.suffix, len(one.texts.prefix)
        return await propose(side.engine, text, offset, self._steady_ms)

    async def _time(self, side: Side, one: Question) -> tuple[float, float]:
        """To the first token, and for each one after it; 0 where it cannot be told."""
        try:
            taken = await self._proposed(side, one)
        except EngineError:
            return 0.0, 0.0
        known = taken.tokens >= _TOKENS_TIMED_MIN
        return taken.first_ms, taken.write_ms / (taken.tokens - 1) if known else 0.0

    async def _infill(self, side: Side, kind: str, name: str, cursor: Cursor) -> bool:
        async def ask() -> dict[str, Any]:
            said = await propose(side.engine, cursor.text, cursor.offset, self._steady_ms)
            return {"exact": same(as_long_as(said.by_hand, cursor.target), cursor.target)}

        figures = await self._kept(f"infilling {kind}", name, side, ask)
        return figures is not None and bool(figures["exact"])

    async def _expose(self, seed: int, number: int, others: int) -> dict[str, Any]:
        one = canary(seed, number)
        window = window_at(one.prefix + one.suffix, len(one.prefix))
        bits = [
            (await self._candidate.engine.weigh(Likelihood(window, secret))).logprob
            for secret in (one.target, *references(seed, number, others))
        ]
        return {"bits": exposure(bits[0], bits[1:])}

    async def _gained(
        self, task: str, questions: Sequence[Question], tokens_min: int
    ) -> tuple[int, int]:
        self._ledger.only(task, {one.sample.key for one in questions})
        asked = gained = 0
        for number, one in enumerate(questions, start=1):
            lengths = []
            for side in self._sides:
                figures = await self._kept(
                    task, one.sample.key, side, partial(self._draft, side, one, tokens_min)
                )
                lengths.append(None if figures is None else int(figures["tokens"]))
            base, candidate = lengths
            if base is not None and candidate is not None:
                asked += 1
                gained += base < tokens_min <= candidate
            self._tell(task, number, len(questions))
        return asked, gained

    async def _draft(self, side: Side, one: Question, tokens_min: int) -> dict[str, Any]:
        """How many tokens of the target stand at the beginning of what is written, unfiltered."""
        window = window_at(one.texts.prefix + one.texts.suffix, len(one.texts.prefix))
        said = await side.engine.draft(Draft(window, tokens_min * _TOKENS_PER_LEXICAL))
        return {"tokens": _alike(tokens(said.text), tokens(one.texts.target))}

    # --- what was answered already ------------------------------------------------------------

    @property
    def _sides(self) -> tuple[Side, Side]:
        return self._base, self._candidate

    async def _kept(
        self, task: str, key: str, side: Side, ask: Callable[[], Awaitable[dict[str, Any]]]
    ) -> Mapping[str, Any] | None:
        """The figures of an answer; None: it ended with an error."""
        found = self._ledger.find(task, key, side.sha256)
        if found is not None:
            return found
        try:
            figures = await ask()
        except EngineError:
            return None
        self._ledger.keep(task, key, side.sha256, figures)
        return figures

    def _tell(self, what: str, number: int, count: int) -> None:
        if number % _TELL_EVERY == 0 or number == count:
            self._say(f"{what}: {number} of {count}")


def _alike(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many tokens both begin with."""
    count = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        count += 1
    return count
