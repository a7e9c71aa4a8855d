"""The judgement on names."""

from __future__ import annotations

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.names import NAME, SPANS_MAX, VERSION, Names, Use, judge
from echo_core.judging.checks.verdict import Finding

CASE = Case("python", "a.py", "x = f", "oo(bar)", "\n")


def test_names_of_the_file_and_of_the_workspace_are_known() -> None:
    used = (Use("foo", 4, 7), Use("bar", 8, 11))
    verdict = judge(CASE, Names(None, used, frozenset({"foo"})), {"bar"})
    assert (verdict.check, verdict.version) == (NAME, VERSION)
    assert verdict.finding is Finding.PASSED


def test_a_name_from_nowhere_drops_the_sample() -> None:
    used = (Use("foo", 4, 7), Use("bar", 8, 11))
    verdict = judge(CASE, Names(None, used, frozenset({"bar"})), frozenset())
    assert (verdict.finding, verdict.cause) == (Finding.DROPPED, Cause.NAME_UNKNOWN)
    assert verdict.spans == ((5, 7),), "of the name, what the target holds"
    assert dict(verdict.facts) == {"used": 2, "unknown": 1, "wild": 0}


def test_where_all_may_be_imported_nothing_is_unknown() -> None:
    verdict = judge(CASE, Names(None, (Use("foo", 4, 7),), wild=True), frozenset())
    assert verdict.finding is Finding.PASSED


def test_what_was_not_read_is_not_judged() -> None:
    verdict = judge(CASE, Names(Cause.LANGUAGE_UNKNOWN), frozenset())
    assert (verdict.finding, verdict.cause) == (Finding.UNCHECKED, Cause.LANGUAGE_UNKNOWN)


def test_only_the_first_are_shown() -> None:
    used = tuple(Use(f"a{number}", 5, 6) for number in range(SPANS_MAX + 5))
    assert len(judge(CASE, Names(None, used), frozenset()).spans) == SPANS_MAX
