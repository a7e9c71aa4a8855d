"""The gate is monotone in log-probability, and every outcome moves it the right way."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.gate import THRESHOLDS, Eagerness, Evidence, Gate

logprobs = st.floats(-50, 1)
evidences = st.builds(Evidence, logprobs, logprobs, st.integers(0, 5000))
histories = st.lists(st.tuples(evidences, st.booleans()), max_size=40)


def taught(history: list[tuple[Evidence, bool]]) -> Gate:
    gate = Gate()
    for evidence, wanted in history:
        gate = gate.learned(evidence, wanted=wanted)
    return gate


@given(histories, evidences, st.floats(0, 50))
def test_a_likelier_text_is_never_less_wanted(
    history: list[tuple[Evidence, bool]], evidence: Evidence, more: float
) -> None:
    gate = taught(history)
    for field in ("logprob_mean", "logprob_first"):
        likelier = replace(evidence, **{field: getattr(evidence, field) + more})
        assert gate.probability(likelier) >= gate.probability(evidence)


@given(histories, evidences)
def test_an_outcome_moves_towards_itself(
    history: list[tuple[Evidence, bool]], evidence: Evidence
) -> None:
    gate = taught(history)
    assert gate.learned(evidence, wanted=True).probability(evidence) >= gate.probability(evidence)
    assert gate.learned(evidence, wanted=False).probability(evidence) <= gate.probability(evidence)


@given(histories)
def test_the_state_survives_as_numbers(history: list[tuple[Evidence, bool]]) -> None:
    gate = taught(history)
    assert Gate.from_numbers(json.loads(json.dumps(gate.to_numbers()))) == gate


@given(st.dictionaries(st.sampled_from(["bias", "mean", "outcomes"]), st.none() | st.floats()))
def test_nonsense_is_as_at_the_start(numbers: dict[str, object]) -> None:
    gate = Gate.from_numbers(numbers)
    assert math.isfinite(gate.probability(Evidence(-1.0, -1.0, 10)))


@pytest.mark.parametrize(
    ("evidence", "opens"),
    [
        (Evidence(-0.1, -0.1, 20), {"calm", "normal", "eager"}),
        (Evidence(-1.2, -1.2, 20), {"normal", "eager"}),
        (Evidence(-2.0, -2.0, 20), {"eager"}),
        (Evidence(-6.0, -6.0, 20), set()),
    ],
)
def test_where_it_starts(evidence: Evidence, opens: set[str]) -> None:
    assert {each.value for each in Eagerness if Gate().opens(evidence, each)} == opens


def test_who_never_takes_anything_is_hardly_ever_asked_and_the_gate_opens_again() -> None:
    middling = Evidence(-0.8, -1.0, 20)
    refused = taught([(middling, False)] * 200)
    assert not refused.opens(middling, Eagerness.NORMAL)
    again = refused
    for _ in range(400):
        again = again.learned(middling, wanted=True)
    assert again.opens(middling, Eagerness.NORMAL)
    assert set(THRESHOLDS) == set(Eagerness)
