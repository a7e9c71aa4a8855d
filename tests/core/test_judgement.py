"""A judgement's values and its written form; the checks of cut and standing; the table's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import InputError
from echo_core.experience.looks import Look, Moment, Place
from echo_core.judging.checks import boundary, cut, standing
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.table import TABLE, Cost, Step, crashed, in_order, judged, versions
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.judgement import Asked, Judgement, Redaction, State, decode, encode
from echo_core.places import below
from echo_testing import samples

VERDICTS = st.builds(
    lambda cause, name, version, spans, quality, facts: Verdict(
        name, version, Finding.PASSED if cause is None else Finding.MARKED, cause,
        tuple(spans), quality, tuple(facts),
    ),
    st.none() | st.sampled_from(Cause),
    st.text(max_size=5),
    st.integers(0, 9),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=3),
    st.floats(0, 1),
    st.lists(st.tuples(st.text(max_size=3), st.text() | st.integers()), max_size=2),
)  # fmt: skip
ASKED = st.builds(
    lambda words, answers: Asked(*words, tuple(answers)),
    st.tuples(st.text(), st.text(), st.text()),
    st.lists(st.tuples(st.text(), st.floats(-99, 0)), max_size=3),
)
JUDGEMENTS = st.builds(
    Judgement,
    cut=st.integers(0, 99),
    unit=st.text(max_size=5),
    quality=st.floats(0, 1),
    licence=st.text(max_size=5),
    verdicts=st.lists(VERDICTS, max_size=3).map(tuple),
    asked=st.lists(ASKED, max_size=2).map(tuple),
    redactions=st.lists(
        st.builds(Redaction, st.integers(), st.integers(), st.text()), max_size=2
    ).map(tuple),
)


@given(JUDGEMENTS)
def test_what_is_written_is_read(judgement: Judgement) -> None:
    assert decode(encode(judgement)) == judgement


@pytest.mark.parametrize(
    "form",
    [b"", b"{}", b"[]", b"[1,2,3]", b'[0,"",1,"",[["a",1,"passed","no_such",[],1,[]]],[],[]]'],
)
def test_another_form_is_refused(form: bytes) -> None:
    with pytest.raises(InputError):
        decode(form)


def test_the_first_check_that_dropped_it_is_told() -> None:
    passed = Verdict("a", 1, Finding.PASSED)
    first = Verdict("b", 1, Finding.DROPPED, Cause.MALICIOUS)
    second = Verdict("c", 1, Finding.DROPPED, Cause.NO_MODEL)
    kept = Judgement(1, "line", 1.0, "", (passed,))
    assert (kept.state, kept.dropped_by, kept.is_unasked) == (State.KEPT, None, False)
    dropped = Judgement(1, "line", 1.0, "", (passed, first, second))
    assert (dropped.state, dropped.dropped_by, dropped.is_unasked) == (State.DROPPED, first, True)
    assert (dropped.verdict("a"), dropped.verdict("z")) == (passed, None)


# --- the table ---------------------------------------------------------------------------------

STEP = Step("names", 3, Cost.CHEAP, "?", frozenset({Cause.LANGUAGE_UNKNOWN}))


def test_every_step_has_a_name_of_its_own_and_a_question() -> None:
    assert len({step.name for step in TABLE}) == len(TABLE)
    assert all(step.asks.endswith("?") and step.version > 0 for step in TABLE)
    assert [TABLE[0].name, TABLE[-1].name] == [cut.NAME, standing.NAME]


def test_an_unknown_that_nobody_tolerates_drops() -> None:
    fine = Verdict("names", 3, Finding.UNCHECKED, Cause.LANGUAGE_UNKNOWN)
    assert judged(STEP, fine) is fine
    odd = judged(STEP, Verdict("names", 3, Finding.UNCHECKED, Cause.TOO_LARGE))
    assert (odd.finding, odd.cause) == (Finding.DROPPED, Cause.TOO_LARGE)


@pytest.mark.parametrize(("name", "version"), [("names", 2), ("syntax", 3)])
def test_an_answer_of_another_check_is_a_crash(name: str, version: int) -> None:
    found = judged(STEP, Verdict(name, version, Finding.PASSED))
    assert found == crashed(STEP, "another check answered")
    assert (found.finding, found.cause, found.quality) == (Finding.DROPPED, Cause.CRASHED, 0.0)


def test_verdicts_come_in_the_tables_order() -> None:
    other = Step("syntax", 1, Cost.CHEAP, "?")
    syntax, old, new, unknown = (
        Verdict("syntax", 1, Finding.PASSED),
        Verdict("names", 2, Finding.PASSED),
        Verdict("names", 3, Finding.PASSED),
        Verdict("gone", 1, Finding.PASSED),
    )
    assert in_order((STEP, other), (syntax, old, unknown, new)) == (new, syntax)
    assert versions((STEP, other)) == "names=3 syntax=1"
    assert versions((STEP, other), ["syntax"]) == "names=3 syntax=-"


# --- cut and standing --------------------------------------------------------------------------


def test_how_it_was_cut() -> None:
    assert cut.judge(0, cut.By.TEACHER, boundary.Place.CODE).cause is Cause.NO_UNIT
    assert cut.judge(1, cut.By.NO_MODEL, boundary.Place.CODE).finding is Finding.PASSED
    assert cut.judge(2, cut.By.TEACHER, boundary.Place.CODE).quality == 1.0
    for by, cause in ((cut.By.NO_MODEL, Cause.NO_MODEL), (cut.By.NOT_ASKED, Cause.NOT_ASKED)):
        found = cut.judge(2, by, boundary.Place.CODE)
        assert (found.finding, found.cause, found.quality) == (
            Finding.UNCHECKED, cause, cut.BY_RULE,
        )  # fmt: skip


def a_look(
    moment: Moment,
    kept: int,
    place: Place = Place.FOLLOWED,
    sure: float = 1.0,
    *,
    at_ms: int = 0,
    in_file: bool = False,
) -> Look:
    return samples.a_look(
        "x" * 100, "", moment, at_ms=at_ms, place=place, confidence=sure, kept_chars=kept,
        in_file=in_file,
    )  # fmt: skip


def stands(*looks: Look) -> Verdict:
    return standing.judge(looks, 100, committed=False)


def test_nothing_is_known_before_the_first_look() -> None:
    assert stands().quality == standing.UNSEEN
    elsewhere = a_look(Moment.COMMITTED, 0, Place.ELSEWHERE)
    assert stands(elsewhere).quality == standing.UNSEEN
    assert standing.judge((), 0, committed=False).quality == 1.0  # silence cannot be taken back
    assert standing.judge((), 100, committed=True).quality == 1.0


def test_what_was_taken_back_is_dropped_where_that_is_sure() -> None:
    assert stands(a_look(Moment.SAVED, 0)).cause is Cause.TAKEN_BACK
    assert stands(a_look(Moment.OPENED, 0, Place.LOST, 0.0)).cause is Cause.TAKEN_BACK
    assert stands(a_look(Moment.OPENED, 0, Place.FOUND, 0.6)).finding is Finding.PASSED
    assert stands(a_look(Moment.SAVED, 0, in_file=True)).finding is Finding.PASSED
    back_again = (a_look(Moment.AFTER_15_S, 0), a_look(Moment.AFTER_10_MIN, 100))
    assert stands(*back_again).quality == standing.WEIGHTS[Moment.AFTER_10_MIN]


def test_of_equal_moments_the_newest_counts() -> None:
    older = a_look(Moment.CLOSED, 100, at_ms=1)
    newer = a_look(Moment.CLOSED, 50, at_ms=2)
    assert dict(stands(newer, older).facts) == {"moment": "close", "kept": 0.5}


@given(
    st.sampled_from(Moment), st.integers(26, 100), st.integers(26, 100), st.floats(0, 1),
    st.floats(0, 1),
)  # fmt: skip
def test_the_more_stands_and_the_surer_the_better(
    moment: Moment, some: int, more: int, unsure: float, sure: float
) -> None:
    low, high = sorted((some, more))
    assert stands(a_look(moment, low)).quality <= stands(a_look(moment, high)).quality
    doubt, trust = sorted((unsure, sure))
    found = [stands(a_look(moment, high, Place.FOUND, each)).quality for each in (doubt, trust)]
    assert found[0] <= found[1] <= 1.0
    assert set(standing.WEIGHTS) == set(Moment)


# --- where a document lies ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "roots", "path"),
    [
        ("file:///w/pkg/a.py", ("file:///w",), "pkg/a.py"),
        ("file:///w/pkg/a.py", ("file:///w/pkg", "file:///w"), "pkg/a.py"),
        ("file:///w/pkg/a.py", ("file:///other",), "a.py"),
        ("file:///w/pkg/a.py", ("file:///w/pkg/a.py",), "a.py"),
        ("file:///a.py", ("file:///",), "a.py"),
        ("untitled:Untitled-1", (), ""),
    ],
)
def test_a_path_below_its_workspace(uri: str, roots: tuple[str, ...], path: str) -> None:
    assert below(uri, roots) == path
