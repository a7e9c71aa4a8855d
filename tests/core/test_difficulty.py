"""Zones: what the model writes anyway, what it cannot have known, and what lies between."""

from __future__ import annotations

import pytest

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.difficulty import (
    EASY_SIMILARITY,
    NAME,
    WILD_PERPLEXITY,
    WILD_SIMILARITY,
    Zone,
    judge,
    zone,
)
from echo_core.judging.checks.verdict import Finding

CASE = Case("python", "a.py", "x = ", "f(y)", "\n")
FAR, NEAR = WILD_SIMILARITY / 2, (WILD_SIMILARITY + EASY_SIMILARITY) / 2


@pytest.mark.parametrize(
    ("perplexity", "similarity", "expected"),
    [
        (1.0, 1.0, Zone.EASY),
        (99.0, EASY_SIMILARITY, Zone.EASY),
        (1.0, NEAR, Zone.MIDDLE),
        (WILD_PERPLEXITY * 2, NEAR, Zone.MIDDLE),
        (WILD_PERPLEXITY, FAR, Zone.MIDDLE),
        (WILD_PERPLEXITY * 2, WILD_SIMILARITY, Zone.MIDDLE),
        (WILD_PERPLEXITY * 2, FAR, Zone.WILD),
    ],
)
def test_zones(perplexity: float, similarity: float, expected: Zone) -> None:
    assert zone(perplexity, similarity) is expected
    verdict = judge(CASE, perplexity, similarity)
    assert (verdict.check, verdict.finding) == (NAME, Finding.PASSED)
    assert dict(verdict.facts) == {
        "chars": 4,
        "zone": expected.value,
        "perplexity": perplexity,
        "similarity": similarity,
    }


@pytest.mark.parametrize(("perplexity", "similarity"), [(None, None), (None, 1.0), (1.0, None)])
def test_without_a_model_there_is_no_zone(
    perplexity: float | None, similarity: float | None
) -> None:
    verdict = judge(CASE, perplexity, similarity)
    assert (verdict.finding, verdict.cause) == (Finding.UNCHECKED, Cause.NO_MODEL)
