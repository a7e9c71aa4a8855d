"""The judgement on what parsers complain of."""

from __future__ import annotations

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.syntax import NAME, VERSION, Faults, judge
from echo_core.judging.checks.verdict import Finding, Verdict

CASE = Case("c", "a.c", "int a = ", "f(1", ";\n")


def test_what_has_no_fault_of_its_own_passes() -> None:
    before = Faults(None, ((0, 4),), 1, 4)
    assert judge(CASE, before, Faults()) == Verdict(NAME, VERSION, Finding.PASSED)


def test_a_new_fault_drops_the_sample() -> None:
    verdict = judge(CASE, Faults(), Faults(None, ((8, 11),), 2, 3))
    assert (verdict.finding, verdict.cause) == (Finding.DROPPED, Cause.SYNTAX_WORSE)
    assert verdict.spans == ((8, 11),)
    assert verdict.quality == 0
    assert dict(verdict.facts) == {
        "faults_before": 0, "faults_after": 2, "chars_before": 0, "chars_after": 3,
    }  # fmt: skip


def test_silence_breaks_nothing() -> None:
    silent = Case("c", "a.c", "if (a", " \n", "")
    worse = Faults(None, ((5, 6),), 1, 1)
    assert judge(silent, Faults(), worse) == Verdict(NAME, VERSION, Finding.PASSED)


def test_what_was_not_read_is_not_judged() -> None:
    unread = Faults(Cause.LANGUAGE_UNKNOWN)
    for before, after in ((unread, unread), (unread, Faults()), (Faults(), unread)):
        verdict = judge(CASE, before, after)
        assert (verdict.finding, verdict.cause) == (Finding.UNCHECKED, Cause.LANGUAGE_UNKNOWN)


def test_fewer_faults_cost_less() -> None:
    assert Faults().cost < Faults(None, (), 1, 0).cost < Faults(None, ((0, 9),), 1, 9).cost
