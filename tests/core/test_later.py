"""Whether what a commit holds is the better target."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.sample import Sample
from echo_core.judging.checks.later import Later, committed_text, judged_text, later
from echo_testing.samples import a_look, a_sample

BREAK = "total = add(prices, tax)\n"
MENDED = "total = add(prices, tax, 2)\n"


def sample(target: str = BREAK, prefix: str = "def run(prices):\n    ", suffix: str = "") -> Sample:
    return a_sample(target, prefix=prefix, suffix=suffix)


def look(text: str, kept_rate: float = 0.9, **other: object) -> Look:
    return a_look(BREAK, text, kept_chars=int(kept_rate * len(BREAK)), **other)


def test_what_was_mended_is_taken_and_both_texts_stay() -> None:
    looks = (look("x", moment=Moment.OPENED), look(MENDED))
    assert later(sample(), looks) == (Later.TAKEN, MENDED)
    assert judged_text(sample(), looks, Later.TAKEN) == MENDED == committed_text(looks)
    assert judged_text(sample(), looks, Later.DROPPED) == BREAK
    assert judged_text(sample(), (), Later.TAKEN) == ""


@pytest.mark.parametrize(
    ("looks", "which"),
    [
        ((), Later.NONE),
        ((look(MENDED, moment=Moment.AFTER_10_MIN),), Later.NONE),
        ((look(MENDED, place=Place.ELSEWHERE),), Later.NONE),
        ((look("", place=Place.LOST),), Later.NONE),
        ((a_look(BREAK, BREAK),), Later.NONE),
        ((look(""),), Later.GONE),
        ((look(" \n"),), Later.GONE),
        ((look(MENDED, place=Place.FOUND, confidence=0.7),), Later.UNSURE),
        ((look(MENDED, place=Place.FOUND, confidence=0.9),), Later.TAKEN),
        ((look(MENDED, kept_rate=0.4),), Later.OTHER),
        ((look(MENDED + "x" * limits.GAP_CHARS_MAX),), Later.OTHER),
    ],
)
def test_what_is_not_the_same_thing_or_not_sure_is_not(
    looks: tuple[Look, ...], which: Later
) -> None:
    assert later(sample(), looks)[0] is which
    assert later(sample(), looks)[1] == (MENDED if which is Later.TAKEN else "")


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("total = add(costs, tax)\n", Later.RENAMED),  # the prefix says prices, and no costs
        ("total = add(tax, tax)\n", Later.TAKEN),  # a word that is gone
        ("total = add(run, tax)\n", Later.TAKEN),  # one that stands around it
        ("total = add(prices, fee)\n", Later.TAKEN),  # one that nothing around it said
    ],
)
def test_what_was_renamed_around_it_would_not_fit(text: str, which: Later) -> None:
    assert later(sample(), (look(text),))[0] is which
    behind = sample(prefix="", suffix="use(prices, run)\n")
    assert later(behind, (look(text),))[0] is which


def test_every_answer_has_words_but_the_one_that_says_nothing() -> None:
    assert [one for one in Later if not one.sentence] == [Later.NONE]
