"""Silence and code: every pair of what was kept and what the surroundings ask for."""

from __future__ import annotations

import pytest

from echo_core.gaps.life import Break
from echo_core.judging.checks.boundary import (
    CODE_MAX,
    NAME,
    SILENCE_MIN,
    VERSION,
    Life,
    Place,
    Why,
    asks_model,
    judge,
    why_void,
)
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding

CODE = Case("python", "a.py", "x = ", "f(y)\n", "\n")
VOID = Case("python", "a.py", "x = f(y)", "", "\n")
BLANK = Case("python", "a.py", "x = f(y)", "\n    ", "\n")
BETWEEN = (CODE_MAX + SILENCE_MIN) / 2


@pytest.mark.parametrize(
    ("case", "silence", "cause"),
    [
        (CODE, 0.0, None),
        (CODE, CODE_MAX, None),
        (CODE, BETWEEN, None),
        (CODE, SILENCE_MIN, Cause.CODE_WHERE_SILENCE),
        (CODE, 1.0, Cause.CODE_WHERE_SILENCE),
        (VOID, 0.0, Cause.SILENCE_WHERE_CODE),
        (VOID, CODE_MAX, Cause.SILENCE_WHERE_CODE),
        (VOID, BETWEEN, Cause.SILENCE_UNSURE),
        (VOID, SILENCE_MIN, None),
        (BLANK, 1.0, None),
        (BLANK, 0.0, Cause.SILENCE_WHERE_CODE),
    ],
)
@pytest.mark.parametrize("place", [Place.CODE, Place.STRING, Place.UNKNOWN])
def test_what_was_kept_and_what_the_surroundings_ask_for(
    case: Case, silence: float, cause: Cause | None, place: Place
) -> None:
    verdict = judge(case, place, silence)
    assert (verdict.check, verdict.version, verdict.cause) == (NAME, VERSION, cause)
    assert verdict.finding is (Finding.DROPPED if cause else Finding.PASSED)
    assert dict(verdict.facts)["silence"] == silence
    assert verdict.spans == (((case.start, case.end),) if cause else ())
    assert asks_model(place)


@pytest.mark.parametrize("silence", [None, 0.0, 1.0])
def test_in_a_comment_silence_is_right_whoever_says_what(silence: float | None) -> None:
    assert not asks_model(Place.COMMENT)
    assert judge(VOID, Place.COMMENT, silence).finding is Finding.PASSED
    assert judge(CODE, Place.COMMENT, silence).cause is Cause.CODE_WHERE_SILENCE


def test_without_a_model_nothing_is_known() -> None:
    for case in (CODE, VOID):
        verdict = judge(case, Place.CODE, None)
        assert (verdict.finding, verdict.cause) == (Finding.UNCHECKED, Cause.NO_MODEL)
        assert verdict.quality < 1.0


def test_a_verdict_says_how_silence_came_about() -> None:
    assert dict(judge(VOID, Place.CODE, 1.0, Why.UNDONE).facts)["why"] == "undone"
    assert "why" not in dict(judge(CODE, Place.CODE, 0.0, Why.UNDONE).facts)
    assert "f(y)" not in repr(judge(CODE, Place.CODE, 1.0))


@pytest.mark.parametrize(
    ("life", "why"),
    [
        (Life(Break.LEFT, undone=True, grown_chars=9), Why.UNDONE),
        (Life(Break.LEFT, grown_chars=9), Why.DELETED),
        (Life(Break.PREFIX_EDITED, deleted=True), Why.DELETED),
        (Life(Break.SUFFIX_EDITED, deleted=True), Why.DELETED),
        (Life(Break.LEFT, deleted=True), Why.NAVIGATED),
        (Life(Break.PREFIX_EDITED), Why.EMPTY),
        (Life(Break.LEFT), Why.NAVIGATED),
        (Life(Break.SWITCHED), Why.NAVIGATED),
        (Life(Break.CLOSED), Why.NAVIGATED),
        (Life(Break.SETTLED), Why.RESTED),
        (Life(Break.EXPIRED), Why.RESTED),
        (Life(Break.REPLACED), Why.EMPTY),
    ],
)
def test_how_it_came_that_nothing_was_kept(life: Life, why: Why) -> None:
    for target in ("", " \n"):
        assert why_void(target, Place.CODE, life) is why
    assert why_void("x", Place.CODE, life) is None
    assert why_void("x", Place.COMMENT, life) is Why.COMMENT
