"""The values that checks pass around: a case's parts, causes in words, what a verdict may say."""

from __future__ import annotations

import pytest

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict


def test_the_parts_of_a_case_lie_in_its_whole() -> None:
    case = Case("python", "a.py", "x = ", "1", "\n")
    assert case.whole[case.start : case.end] == "1"
    assert (case.whole, case.before) == ("x = 1\n", "x = \n")


def test_every_cause_has_a_sentence_of_its_own() -> None:
    sentences = [cause.sentence for cause in Cause]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize("finding", list(Finding))
def test_a_verdict_has_a_cause_exactly_where_it_did_not_pass(finding: Finding) -> None:
    wrong = Cause.CRASHED if finding is Finding.PASSED else None
    right = None if finding is Finding.PASSED else Cause.CRASHED
    assert Verdict("syntax", 1, finding, right).quality == 1.0
    with pytest.raises(ValueError, match="cause"):
        Verdict("syntax", 1, finding, wrong)


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_quality_lies_between_0_and_1(quality: float) -> None:
    with pytest.raises(ValueError, match="quality"):
        Verdict("syntax", 1, Finding.PASSED, quality=quality)
