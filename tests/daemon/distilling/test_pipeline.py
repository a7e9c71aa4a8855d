"""One sample through the table: what is asked, what stays, what drops it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import EngineError
from echo_core.experience.looks import Look, Moment
from echo_core.gaps.life import Break
from echo_core.judging.checks import cut, standing
from echo_core.judging.checks.boundary import Life, Why, why_void
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.later import Later
from echo_core.judging.checks.verdict import Finding
from echo_core.judging.judgement import Judgement, State, decode, encode
from echo_daemon.distilling.pipeline import Pipeline
from echo_engine.background import Preempted
from echo_testing.judging import (
    SECRETS,
    SILENCE,
    WORDS,
    ScriptedExaminer,
    ScriptedTeacher,
    a_table,
    an_exhibit,
)
from echo_testing.samples import a_look, a_sample

ROOTS = ("file:///w",)


class Desk:
    """A pipeline and those whom it asks."""

    def __init__(self, words: int = 1) -> None:
        self.table = a_table(words)
        self.examiner = ScriptedExaminer(self.table)
        self.teacher = ScriptedTeacher()
        self.failures: list[tuple[str, str]] = []
        self.pipeline = Pipeline(
            self.table,
            self.examiner,
            self.teacher.choose,
            self.teacher.asking,
            lambda step, kind: self.failures.append((step, kind)),
        )

    def judge(
        self,
        target: str = "first()\nsecond()\n",
        before: Judgement | None = None,
        *,
        ask: bool = True,
        last: bool = False,
        looks: tuple[Look, ...] = (),
        **other: object,
    ) -> Judgement:
        exhibit = an_exhibit(a_sample(target, **other), before, looks)
        return asyncio.run(self.pipeline.judge(exhibit, ROOTS, ask=ask, last=last))


def test_a_sample_is_cut_by_the_teacher_checked_again_and_kept() -> None:
    desk = Desk()
    found = desk.judge()
    assert (found.state, found.cut, found.unit, found.licence) == (
        State.KEPT, len("first()\nsecond()\n"), "statement", "MIT",
    )  # fmt: skip
    assert [one.check for one in found.verdicts] == ["cut", WORDS, SECRETS, SILENCE, "standing"]
    assert [asked[0] for asked in desk.examiner.asked] == ["first()", "first()\nsecond()\n"]
    assert [one.question for one in found.asked] == ["cut", SILENCE]
    assert found.asked[0].answers[-1][1] == 0.0


def test_no_model_is_asked_about_what_a_cheap_check_dropped() -> None:
    desk = Desk()
    found = desk.judge("bad()\nsecond()\n")
    assert found.state is State.DROPPED
    assert found.dropped_by is not None
    assert (found.dropped_by.check, found.dropped_by.cause) == (WORDS, Cause.NAME_UNKNOWN)
    assert found.verdict(SECRETS) is not None  # every cheap check looks
    assert found.verdict(SILENCE) is None
    chosen = found.verdict(cut.NAME)
    assert chosen is not None
    assert chosen.cause is Cause.NOT_ASKED
    assert desk.teacher.questions == []


def test_what_the_teacher_adds_is_checked_too() -> None:
    desk = Desk()
    found = desk.judge("first()\nbad()\n")
    assert found.dropped_by is not None
    assert found.dropped_by.cause is Cause.NAME_UNKNOWN
    assert desk.teacher.questions == ["cut"]


def test_one_place_to_cut_leaves_nothing_to_choose() -> None:
    desk = Desk()
    assert desk.judge("first()").state is State.KEPT
    assert desk.teacher.questions == [SILENCE]


def test_without_a_model_code_is_kept_by_the_rule_and_silence_is_not() -> None:
    desk = Desk()
    found = desk.judge(ask=False)
    assert (found.state, found.cut, found.is_unasked) == (State.KEPT, len("first()"), True)
    silent = desk.judge("", ask=False)
    assert (silent.state, silent.is_unasked) == (State.DROPPED, True)
    assert silent.dropped_by is not None
    assert silent.dropped_by.cause is Cause.NO_MODEL
    assert desk.teacher.questions == []
    # A model came: what it would have been asked is asked, and nothing else.
    examined = len(desk.examiner.asked)
    again = desk.judge(before=found)
    assert (again.is_unasked, again.cut) == (False, len("first()\nsecond()\n"))
    assert len(desk.examiner.asked) == examined + 1  # because the cut is another now


def test_silence_is_kept_where_the_surroundings_want_it() -> None:
    desk = Desk()
    assert desk.judge("", prefix="quiet").state is State.KEPT
    conflict = desk.judge(" \n")
    assert conflict.dropped_by is not None
    assert conflict.dropped_by.cause is Cause.SILENCE_WHERE_CODE
    conflict = desk.judge(prefix="quiet")
    assert conflict.dropped_by is not None
    assert conflict.dropped_by.cause is Cause.CODE_WHERE_SILENCE


def test_a_comment_is_a_candidate_for_silence() -> None:
    found = Desk().judge("# why", prefix="quiet")
    assert (found.state, found.cut, found.unit) == (State.KEPT, 0, "comment")


def test_in_a_comment_silence_is_right_and_no_model_is_asked() -> None:
    desk = Desk()
    found = desk.judge("what it does", prefix="x = 1  #")
    assert (found.state, found.cut, found.unit) == (State.KEPT, 0, "comment")
    assert desk.teacher.questions == []
    assert desk.judge("what it does", prefix="x = 1  #", ask=False) == found


def test_whoever_asks_about_silence_hears_how_the_gap_lived() -> None:
    desk = Desk()
    desk.judge("", grown_chars=7, undone=True, deleted=True)
    (around,) = desk.teacher.around
    assert around.life == Life(Break.LEFT, 7, undone=True, deleted=True)
    assert why_void(around.kept, around.place, around.life) is Why.UNDONE


def test_nothing_within_a_glance_is_dropped_and_looked_at_no_further() -> None:
    desk = Desk()
    desk.examiner.glance_chars = 3
    dropped = desk.judge()
    assert dropped.dropped_by is not None
    assert dropped.dropped_by.cause is Cause.NO_UNIT
    assert desk.examiner.asked == []


# --- judged again ------------------------------------------------------------------------------


def test_what_no_version_changed_is_not_judged_again() -> None:
    desk = Desk()
    found = desk.judge()
    asked = (len(desk.examiner.asked), len(desk.teacher.questions))
    assert desk.judge(before=found) == found
    assert (len(desk.examiner.asked), len(desk.teacher.questions)) == asked


def test_another_version_judges_again_what_it_concerns_and_nothing_else() -> None:
    found = Desk().judge()
    later = Desk(words=2)
    again = later.judge(before=found)
    assert [asked[2] for asked in later.examiner.asked] == [(WORDS,)]
    assert later.teacher.questions == []
    words = again.verdict(WORDS)
    assert words is not None
    assert words.version == 2
    others = [one for one in found.verdicts if one.check != WORDS]
    assert [one for one in again.verdicts if one.check != WORDS] == others
    assert again.asked == found.asked


def test_what_a_check_lets_go_at_last_is_asked_about_then() -> None:
    before = Desk().judge("bad()\nsecond()\n")
    let_go = tuple(
        replace(one, finding=Finding.PASSED, cause=None, spans=()) if one.check == WORDS else one
        for one in before.verdicts
    )
    later = Desk()
    again = later.judge("bad()\nsecond()\n", replace(before, verdicts=let_go))
    assert later.teacher.questions == ["cut"]
    assert again.dropped_by is not None  # the teacher's cut is looked at anew
    assert again.dropped_by.check == WORDS


def test_later_looks_change_the_standing_alone() -> None:
    desk = Desk()
    found = desk.judge()
    gone = a_look("first()\nsecond()\n", "", Moment.AFTER_2_MIN, kept_chars=0, in_file=False)
    again = desk.judge(before=found, looks=(gone,))
    assert again.dropped_by is not None
    assert (again.dropped_by.check, again.dropped_by.cause) == (standing.NAME, Cause.TAKEN_BACK)
    assert len(desk.teacher.questions) == 2
    back = desk.judge(before=again)
    assert back == found


MENDED = "first(2)\nsecond()\n"


def test_what_a_commit_mended_is_the_target_and_stands_whole() -> None:
    desk = Desk()
    found = desk.judge(looks=(a_look("first()\nsecond()\n", MENDED),))
    assert (found.later, found.state, found.cut) == (Later.TAKEN, State.KEPT, len(MENDED))
    assert [asked[0] for asked in desk.examiner.asked] == ["first(2)", MENDED]
    stood = found.verdict(standing.NAME)
    assert stood is not None
    assert (stood.quality, dict(stood.facts)) == (1.0, {"moment": "commit", "kept": 0.529})
    # Nothing is held of it, for the commit may be another one by now.
    again = desk.judge(before=found, looks=(a_look("first()\nsecond()\n", "bad()\nsecond()\n"),))
    assert (again.later, again.state, again.cut) == (Later.DROPPED, State.KEPT, len(MENDED) - 1)


def test_where_a_check_drops_the_commits_text_the_breaks_is_judged() -> None:
    desk = Desk()
    found = desk.judge()
    asked = len(desk.teacher.questions)
    looks = (a_look("first()\nsecond()\n", "bad()\nsecond()\n", kept_chars=12),)
    again = desk.judge(before=found, looks=looks)
    assert (again.later, again.cut, again.verdict(WORDS)) == (
        Later.DROPPED, found.cut, found.verdict(WORDS),
    )  # fmt: skip
    assert len(desk.teacher.questions) == asked  # what was found of it before still holds
    both = desk.judge("bad()\n", looks=(a_look("bad()\n", "bad(2)\n"),))
    assert (both.later, both.state) == (Later.DROPPED, State.DROPPED)


def test_what_came_from_a_commit_stands_in_one() -> None:
    found = Desk().judge(break_reason=Break.IMPORTED)
    assert found.quality == pytest.approx(Desk().judge().quality / standing.UNSEEN, abs=1e-5)


# --- what fails --------------------------------------------------------------------------------


def test_a_crash_drops_the_sample_and_is_told_without_text() -> None:
    desk = Desk()
    found = desk.judge("crash()")
    assert found.dropped_by is not None
    assert found.dropped_by.cause is Cause.CRASHED
    assert desk.failures == [(WORDS, "ValueError"), (SECRETS, "ValueError")]


def test_an_unknown_that_is_tolerated_passes_and_any_other_drops() -> None:
    assert Desk().judge("what?").state is State.KEPT
    desk = Desk()
    desk.examiner.table = desk.table = tuple(
        replace(step, tolerates=frozenset()) for step in a_table()
    )
    found = desk.judge("what?")
    assert found.dropped_by is not None
    assert found.dropped_by.cause is Cause.LANGUAGE_UNKNOWN


def test_an_examiner_that_dies_is_asked_once_more() -> None:
    desk = Desk()
    desk.examiner.dies = 1
    assert desk.judge().state is State.KEPT
    found = desk.judge("deadly()")
    assert found.dropped_by is not None
    assert (found.dropped_by.check, found.dropped_by.cause) == ("cut", Cause.CRASHED)
    assert desk.failures.count(("cut", "ExaminerDiedError")) == 3


def test_a_check_that_does_not_answer_has_crashed() -> None:
    desk = Desk()
    desk.examiner.table = tuple(step for step in desk.table if step.name != SECRETS)
    found = desk.judge()
    assert found.dropped_by is not None
    assert (found.dropped_by.check, found.dropped_by.cause) == (SECRETS, Cause.CRASHED)


def test_typing_in_between_costs_no_answer() -> None:
    desk = Desk()

    def second() -> None:
        desk.teacher.raising.append(Preempted("typing"))

    answered = desk.teacher.choose

    async def then_typing(case: object, cuts: object) -> object:
        answer = await answered(case, cuts)  # type: ignore[arg-type]
        second()
        return answer

    desk.pipeline._choose = then_typing  # type: ignore[assignment]
    with pytest.raises(Preempted):
        desk.judge()
    assert desk.judge().state is State.KEPT
    assert desk.teacher.questions == ["cut", SILENCE, SILENCE]


def test_an_engine_that_is_down_is_the_callers_matter_until_the_last_time() -> None:
    desk = Desk()
    desk.teacher.raising = [EngineError("down"), EngineError("down")]
    with pytest.raises(EngineError):
        desk.judge()
    found = desk.judge(last=True)
    assert found.dropped_by is not None
    assert (found.dropped_by.check, found.dropped_by.cause) == ("cut", Cause.CRASHED)


def test_a_teacher_that_fails_otherwise_drops_the_sample() -> None:
    desk = Desk()
    desk.teacher.raising = [ValueError("quotes the text")]
    found = desk.judge()
    assert found.dropped_by is not None
    assert dict(found.dropped_by.facts) == {"failure": "ValueError"}


# --- laws --------------------------------------------------------------------------------------

WORD = st.sampled_from(
    ("first()", "bad()", "secret", "crash", "what?", "# note", "", "  ", "é\ud800")
)


@given(st.lists(WORD, max_size=5).map("\n".join), st.booleans(), st.integers(1, 2))
def test_whatever_is_judged(target: str, ask: bool, version: int) -> None:
    found = Desk().judge(target, ask=ask)
    assert target.startswith(target[: found.cut])
    assert 0.0 <= found.quality <= 1.0
    assert decode(encode(found)) == found
    kept = found.state is State.KEPT
    assert kept == all(one.finding is not Finding.DROPPED for one in found.verdicts)
    if kept:
        assert "bad" not in target[: found.cut]
        assert "secret" not in target[: found.cut]
        assert found.cut or not found.is_unasked
    assert Desk().judge(target, ask=ask) == found  # deterministic
    # Judged again with what was found before, it is what it would be without.
    assert Desk(version).judge(target, found, ask=ask) == Desk(version).judge(target, ask=ask)
