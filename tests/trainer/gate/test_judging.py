"""Asking both models: each question once, errors as none, and what is written by heart."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from echo_core.errors import EngineError
from echo_engine.background import Draft, Drafted, Likelihood, Likely
from echo_testing.scripted_background import ScriptedBackground
from echo_testing.scripted_engine import ScriptedEngine
from echo_trainer.curation.split import Part
from echo_trainer.gate.choosing import Question
from echo_trainer.gate.judging import Judging, Side
from echo_trainer.gate.ledger import Ledger
from echo_trainer.gate.problems import Cursor
from echo_trainer.gate.written import Sample
from echo_trainer.lake.cells import Texts
from echo_trainer.runs.canaries import Planted, canary

TARGET = "total = add(first, second) + add(third, fourth)"


@dataclass
class Scripted(ScriptedEngine):
    """A model that writes a text, and holds some secrets."""

    known: frozenset[str] = frozenset()
    behind: ScriptedBackground = field(default_factory=ScriptedBackground)

    async def ask(self, question: object) -> object:
        """Nothing asks."""
        raise AssertionError

    async def weigh(self, likelihood: Likelihood) -> Likely:
        """Known texts are certain."""
        self.behind.token_logprob = -0.01 if likelihood.target in self.known else -0.5
        return await self.behind.weigh(likelihood)

    async def draft(self, draft: Draft) -> Drafted:
        """What it writes in any case."""
        self.behind.text = self.text
        return await self.behind.draft(draft)


def question(key: str, target: str = TARGET) -> Question:
    sample = Sample(key, Part.LATER, "python", not target)
    return Question(sample, Texts("value = 1\n", target, "\nprint(total)\n"))


def judging(path: Path, base: Scripted, candidate: Scripted) -> Judging:
    ticks = iter(range(1_000_000))
    return Judging(
        Side(base, "base"),  # type: ignore[arg-type] # nothing asks questions
        Side(candidate, "other"),  # type: ignore[arg-type]
        Ledger(path / "answers.jsonl", "it"),
        lambda: float(next(ticks)),
        str,
    )


async def test_each_question_is_asked_once_also_by_a_gate_that_goes_on(tmp_path: Path) -> None:
    questions = [question("a"), question("b"), question("c", "")]
    base, candidate = Scripted(text=TARGET), Scripted(text="x")
    first = await judging(tmp_path, base, candidate).judged(questions[:2])
    assert [one.base.exact for one in first] == [True, True]
    assert [one.candidate.exact for one in first] == [False, False]
    whole = await judging(tmp_path, base, candidate).judged(questions)
    assert whole[:2] == first
    assert whole[2].sample.void
    assert len(base.jobs) == len(candidate.jobs) == 3
    assert len(base.behind.likelihoods) == 3


async def test_an_error_is_no_answer_and_is_asked_again(tmp_path: Path) -> None:
    base, candidate = Scripted(), Scripted(dies=True)
    failed = await judging(tmp_path, base, candidate).judged([question("a")])
    assert failed[0].candidate.failed
    assert not failed[0].base.failed
    candidate.dies = False
    again = await judging(tmp_path, base, candidate).judged([question("a")])
    assert not again[0].candidate.failed


async def test_time_is_measured_in_pairs_and_once(tmp_path: Path) -> None:
    base, candidate = Scripted(text=TARGET), Scripted(text=TARGET)
    questions = [question("a"), question("b")]
    timed = await judging(tmp_path, base, candidate).timed(questions)
    assert [all(one.first_ms) and all(one.token_ms) for one in timed] == [True, True]
    assert await judging(tmp_path, base, candidate).timed(questions) == timed
    assert len(base.jobs) == 2
    candidate.dies = True
    assert await judging(tmp_path, base, candidate).timed([question("c")]) == []


async def test_a_secret_that_is_known_by_heart_is_exposed(tmp_path: Path) -> None:
    those = Planted(seed=4, count=2)
    known = frozenset({canary(4, 0).target})
    asking = judging(tmp_path, Scripted(), Scripted(known=known))
    assert await asking.exposures(those, 7) == [3.0, 0.0]


@pytest.mark.parametrize(("base", "candidate", "gained"), [("x", TARGET, 1), (TARGET, TARGET, 0)])
async def test_verbatim_is_what_the_base_does_not_write(
    tmp_path: Path, base: str, candidate: str, gained: int
) -> None:
    asking = judging(tmp_path, Scripted(text=base), Scripted(text=candidate))
    found = await asking.verbatim([question("a")], [question("b", "other " * 20)], 12)
    assert (found.asked, found.gained) == (1, gained)
    assert (found.asked_unseen, found.gained_unseen) == (1, 0)


async def test_problems_are_matched_as_they_are_proposed(tmp_path: Path) -> None:
    text = "def f(a):\n    \n"
    cursors = {"line": [("one", Cursor(text, len(text) - 1, "return a"))]}
    asking = judging(tmp_path, Scripted(text="return a\n"), Scripted(text="pass\n"))
    assert await asking.infilling(cursors) == {"line": ([True], [False])}


async def test_a_base_that_answers_nothing_is_no_regression(tmp_path: Path) -> None:
    base = Scripted()
    base.behind.error = EngineError("The text is too long.")
    found = await judging(tmp_path, base, base).judged([question("a")])
    assert found[0].base.failed
    assert found[0].candidate.failed
