"""Whether a proposal that was not kept is one to learn away from, and may be seen by others."""

from __future__ import annotations

import pytest

from echo_core.judging.checks import rejected
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.rejected import CHARS_MAX, differs, may_leave, text_of
from echo_core.judging.checks.verdict import Finding, Verdict

PASSED = Verdict("secrets", 1, Finding.PASSED)


@pytest.mark.parametrize(
    ("kept", "proposed", "do"),
    [
        ("sum(xs, 1)", "sum(xs)", True),
        ("sum(xs)", "sum(xs)\nprint(xs)", False),  # as far as it is looked at
        ("sum(xs)\nprint(xs)", "sum(xs)", False),  # kept, and went on
        ("f(a,\n  b)", "f(a, b)", False),  # laid out anew
        ("", "sum(xs)", True),
        ("  \n", "sum(xs)", True),
        ("sum(xs)", " \n", False),
        ("", "", False),
    ],
)
def test_two_texts_differ_where_neither_begins_with_the_other(
    kept: str, proposed: str, do: bool
) -> None:
    assert differs(kept, proposed) is do


def test_what_differs_only_behind_the_cut_is_no_preference() -> None:
    assert text_of("a()\nc()", "a()\nb()", 3) == ""
    assert text_of("a()\nc()", "a()\nb()", 7) == "a()\nc()"
    assert text_of("# b", "# a", 0) == "# b"  # a comment was kept: silence is taught
    assert text_of("# a", "# a b", 0) == ""


def test_it_may_leave_where_no_check_for_safety_drops_it() -> None:
    passed = rejected.judge("x = 1", [PASSED])
    assert (passed.finding, passed.facts) == (Finding.PASSED, (("chars", 5),))
    assert may_leave(passed)
    none = rejected.judge("", [])
    assert none.finding is Finding.PASSED
    assert not may_leave(none)
    assert not may_leave(None)
    found = Verdict("secrets", 1, Finding.DROPPED, Cause.CREDENTIAL_KEY, ((1, 2),), 0.0)
    against = rejected.judge("x = 1", [PASSED, found])
    assert (against.finding, against.cause) == (Finding.MARKED, Cause.CREDENTIAL_KEY)
    assert against.quality == 1.0  # the sample itself is none the worse
    assert not may_leave(against)
    assert rejected.judge("x" * (CHARS_MAX + 1), [PASSED]).cause is Cause.TOO_LARGE
