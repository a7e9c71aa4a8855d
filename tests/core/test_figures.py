"""`echo_core.showing.figures`: counters that can be added, and rates of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from echo_core.records.reasons import Reason
from echo_core.showing.figures import Figures, summed
from echo_core.showing.metrics import Rate, percentile

_COUNTS = st.integers(0, 10**6)
FIGURES = st.builds(
    Figures,
    shown=_COUNTS,
    accepted=_COUNTS,
    accepted_chars=_COUNTS,
    kept_chars=_COUNTS,
    typed_chars=_COUNTS,
    latencies=st.dictionaries(st.integers(0, 99), st.integers(1, 9)),
    reasons=st.dictionaries(st.sampled_from(Reason), st.integers(1, 9)),
)


def test_rates_are_made_of_counters() -> None:
    found = Figures(
        shown=36,
        accepted=9,
        accepted_chars=40,
        kept_chars=30,
        typed_chars=60,
        latencies={10: 3, 90: 1},
        reasons={Reason.PROPOSED: 30, Reason.UNSURE: 10},
    )
    assert found.acceptance == Rate(9, 36)
    assert found.generation == Rate(30, 100)
    assert found.retention == Rate(30, 40)
    assert replace(found, ended_chars=32).survival == Rate(30, 32)
    assert found.proposed == Rate(30, 40)
    assert (found.answers, found.asked) == (40, 4)
    assert (found.latency_ms(50), found.latency_ms(95)) == (10, 90)


def test_what_was_kept_is_never_more_than_what_was_accepted() -> None:
    found = Figures(accepted_chars=10, kept_chars=25, typed_chars=10)
    assert found.generation == Rate(10, 20)
    assert found.retention == Rate(10, 10)


def test_of_nothing_there_are_no_rates() -> None:
    nothing = summed([])
    assert nothing.acceptance.value is None
    assert nothing.generation.value is None
    assert nothing.latency_ms(50) is None


@given(st.lists(FIGURES, max_size=4), st.integers(0, 4))
def test_sums_can_be_summed(parts: list[Figures], at: int) -> None:
    assert summed([summed(parts[:at]), summed(parts[at:])]) == summed(parts)
    whole = summed(parts)
    assert whole.shown == sum(part.shown for part in parts)
    assert whole.answers == sum(part.answers for part in parts)
    latencies = [
        value for part in parts for value, count in part.latencies.items() for _ in range(count)
    ]
    assert whole.latency_ms(95) == percentile(latencies, 95)
