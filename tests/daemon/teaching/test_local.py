"""The local teacher over a scripted engine: what it asks, and what it makes of the answers."""

from __future__ import annotations

import math

import pytest

from echo_core.errors import EngineError
from echo_core.judging.checks.case import Case
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.teaching import prompts
from echo_daemon.teaching.local import (
    MARGIN,
    VOID,
    VOID_MIDDLE,
    LocalTeacher,
    first_lines,
    silence_of,
    similarity,
)
from echo_daemon.teaching.scores import chosen, normalised, share
from echo_engine.background import Preempted, Question
from echo_testing.scripted_background import ScriptedBackground

CASE = Case("python", "a.py", "def f(y):\n    ", "x = f(y)\n    return x\n", "\n")
CUTS = (8, 17, len(CASE.target))
distance = RapidMatcher().distance


def prefers(*logprobs: float) -> ScriptedBackground:
    def answers(question: Question) -> tuple[float, ...]:
        return logprobs[: len(question.answers)]

    return ScriptedBackground(answers=answers)


async def test_the_likeliest_cut_is_chosen() -> None:
    engine = prefers(-3.0, -1.0, -2.0)
    choice = await LocalTeacher(engine, distance).choose(CASE, CUTS)
    assert choice.index == 1
    assert sum(map(math.exp, choice.logprobs)) == pytest.approx(1.0)
    assert choice.logprobs[1] - choice.logprobs[2] == pytest.approx(1.0)
    assert choice.logprobs[1] - choice.logprobs[0] == pytest.approx(2.0 - MARGIN)
    assert (choice.prompt, choice.model) == (prompts.CUT, "scripted")
    assert engine.questions == [prompts.cut(CASE, CUTS)]


async def test_the_first_cut_is_taken_unless_another_is_clearly_likelier() -> None:
    for ahead, index in ((MARGIN / 2, 0), (MARGIN * 2, 1)):
        engine = prefers(-3.0, -3.0 + ahead, -9.0)
        assert (await LocalTeacher(engine, distance).choose(CASE, CUTS)).index == index


async def test_of_equal_cuts_the_shortest_is_chosen() -> None:
    assert (await LocalTeacher(prefers(-1.0, -1.0, -1.0), distance).choose(CASE, CUTS)).index == 0


async def test_where_there_is_one_cut_nobody_is_asked() -> None:
    engine = ScriptedBackground()
    choice = await LocalTeacher(engine, distance).choose(CASE, (8,))
    assert (choice.index, choice.logprobs, choice.prompt) == (0, (0.0,), "")
    assert not engine.questions


async def test_silence_is_asked_without_the_target() -> None:
    engine = ScriptedBackground(void_logprob=VOID_MIDDLE)
    said = await LocalTeacher(engine, distance).wants_silence(CASE)
    assert said.probability == pytest.approx(0.5)
    assert (said.prompt, said.model) == (VOID, "scripted")
    asked = engine.likelihoods[0]
    assert asked.target == ""
    assert asked.window.head + asked.window.tail + asked.window.suffix == CASE.before


def test_the_likelier_the_end_the_likelier_silence() -> None:
    found = [silence_of(logprob) for logprob in (-1000.0, -20.0, VOID_MIDDLE, -4.0, 0.0)]
    assert found == sorted(found)
    assert 0.0 <= found[0] < 0.01 < found[-2] < found[-1] < 1.0


async def test_difficulty() -> None:
    engine = ScriptedBackground(text="x = f(y)\n    return z\n    more()\n")
    found = await LocalTeacher(engine, distance).difficulty(CASE)
    assert found.written == "x = f(y)\n    return z"
    assert found.similarity == pytest.approx(1 - 1 / 21)
    assert (found.logprob, found.tokens) == (-2.5, 5)
    assert found.perplexity == pytest.approx(math.exp(0.5))
    assert found.model == "scripted"
    assert engine.drafts[0].window == engine.likelihoods[0].window
    assert engine.drafts[0].tokens_max == 5 + 8


async def test_what_the_engine_refuses_is_passed_on() -> None:
    for error in (Preempted("typing"), EngineError("no model")):
        teacher = LocalTeacher(ScriptedBackground(error=error), distance)
        with pytest.raises(type(error)):
            await teacher.choose(CASE, CUTS)
        with pytest.raises(type(error)):
            await teacher.wants_silence(CASE)
        with pytest.raises(type(error)):
            await teacher.difficulty(CASE)


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("a\nb\nc", 2, "a\nb"),
        ("\n  a\nb", 1, "\n  a"),
        ("", 1, ""),
        ("a", 3, "a"),
        (" \n", 1, " \n"),
    ],
)
def test_the_first_lines_that_say_something(text: str, count: int, expected: str) -> None:
    assert first_lines(text, count) == expected


def test_likeness() -> None:
    assert similarity(" a b\n", "a b", distance) == 1.0
    assert similarity("", " ", distance) == 1.0
    assert similarity("", "abcd", distance) == 0.0


def test_scores() -> None:
    assert normalised([-5.0, -5.0]) == pytest.approx((math.log(0.5),) * 2)
    assert normalised([-1000.0, 0.0]) == pytest.approx((-1000.0, 0.0))
    assert chosen([-2.0, -1.0, -1.0]) == 1
    assert share([math.log(0.25), math.log(0.75)], 0) == pytest.approx(0.25)
