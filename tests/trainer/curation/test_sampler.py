"""The sampler's promises, on made-up candidates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from echo_trainer.curation.drops import Drop
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.proportions import (
    MILLION,
    Bounds,
    Candidate,
    groups_of,
    language_shares,
    length_of,
    rank_of,
    voids_allowed,
    weight_of,
)
from echo_trainer.curation.sampler import Drawn, sampled

_SMALL = Parameters(
    contributor_floor=2, same_target_max=2, void_curve=((10, 200), (40, 100), (400, 50))
)


def candidate(number: int, **fields: object) -> Candidate:
    """A candidate with some fields as given."""
    made = Candidate(
        key=f"{number:032x}",
        contributor="a",
        day="2026-11-22",
        language="python",
        chars=40,
        target=number,
        quality=900,
        zone="middle",
        survived=-1,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


@st.composite
def populations(drawn: st.DrawFn) -> list[Candidate]:
    """Some candidates, of few people, languages and targets."""
    count = drawn(st.integers(0, 60))
    return [
        candidate(
            number,
            contributor=drawn(st.sampled_from("aaabcd")),
            language=drawn(st.sampled_from(["python", "python", "go"])),
            chars=drawn(st.sampled_from([0, 2, 8, 40, 40, 200, 900])),
            target=drawn(st.integers(0, 12)),
            quality=drawn(st.integers(0, 1000)),
            zone=drawn(st.sampled_from(["", "easy", "middle", "wild"])),
            survived=drawn(st.integers(-1, 1000)),
        )
        for number in range(count)
    ]


@given(populations(), st.integers(1, 70))
def test_never_over_budget_and_everybody_has_a_reason(
    candidates: list[Candidate], budget: int
) -> None:
    found = sampled(candidates, replace(_SMALL, budget=budget))
    assert len(found.taken) <= budget
    keys = [one.key for one in found.taken] + [key for key, _ in found.dropped]
    assert sorted(keys) == sorted(one.key for one in candidates)


@given(populations())
def test_every_bound_holds_in_every_beginning(candidates: list[Candidate]) -> None:
    bounds = Bounds(candidates, _SMALL)
    counts: Counter[tuple[str, str]] = Counter()
    speaking = 0
    for size, one in enumerate(sampled(candidates, _SMALL).taken, start=1):
        for name in groups_of(one, _SMALL):
            counts[name] += 1
            bound = bounds.of(*name)
            if bound.curve:
                assert counts[name] <= voids_allowed(_SMALL.void_curve, speaking)
            else:
                share = ceil(bound.share * size / MILLION)
                assert counts[name] <= max(bound.floor, share)
                assert bound.most is None or counts[name] <= bound.most
        speaking += not one.is_void


@given(populations(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    candidates: list[Candidate], chance: object
) -> None:
    shuffled = candidates[:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sampled(shuffled, _SMALL) == sampled(candidates, _SMALL)


@given(populations(), st.integers(1, 70), st.integers(0, 20))
def test_a_larger_budget_keeps_what_a_smaller_one_took(
    candidates: list[Candidate], budget: int, more: int
) -> None:
    small = sampled(candidates, replace(_SMALL, budget=budget))
    large = sampled(candidates, replace(_SMALL, budget=budget + more))
    assert large.taken[: len(small.taken)] == small.taken


@given(populations())
def test_who_waits_at_the_end_could_not_have_entered(candidates: list[Candidate]) -> None:
    found = sampled(candidates, _SMALL)
    bounds = Bounds(candidates, _SMALL)
    counts = Counter(name for one in found.taken for name in groups_of(one, _SMALL))
    speaking = sum(not one.is_void for one in found.taken)
    by_key = {one.key: one for one in candidates}
    for key, why in found.dropped:
        blocked = []
        for name in groups_of(by_key[key], _SMALL):
            bound = bounds.of(*name)
            opens = bound.opens_at(counts[name])
            size = speaking if bound.curve else len(found.taken)
            if opens is None or opens > size:
                blocked.append(bound.drop)
        assert why in blocked


def test_another_seed_draws_others() -> None:
    candidates = [candidate(number) for number in range(300)]
    parameters = Parameters(budget=50, contributor_floor=300)
    one = sampled(candidates, parameters)
    other = sampled(candidates, replace(parameters, seed=1))
    assert one != other
    assert one == sampled(candidates, parameters)


def test_a_weight_is_a_chance() -> None:
    """Twice the weight is taken about twice as often while few are taken."""
    light = [candidate(number, quality=400) for number in range(4000)]
    heavy = [candidate(4000 + number, quality=800) for number in range(4000)]
    parameters = Parameters(budget=800, contributor_floor=8000, week_samples_max=8000)
    taken = Counter(one.quality for one in sampled([*light, *heavy], parameters).taken)
    assert 1.7 < taken[800] / taken[400] < 2.3


def test_what_a_group_waited_for_is_the_reason() -> None:
    people = [candidate(n, contributor=f"{n % 20}") for n in range(200)]
    voids = [candidate(n, contributor=f"{n % 20}", chars=0) for n in range(200, 300)]
    found = sampled([*people, *voids], Parameters())
    counts = Counter(why for _, why in found.dropped)
    assert counts == {Drop.VOID_SHARE: 80}
    assert sum(one.is_void for one in found.taken) == 20


def test_one_pseudonym_gets_no_more_than_its_share() -> None:
    greedy = [candidate(n, contributor="greedy", quality=1000) for n in range(2000)]
    others = [candidate(5000 + n, contributor=f"{n // 10}", quality=500) for n in range(2000)]
    found = sampled([*greedy, *others], Parameters(contributor_even_shares=10))
    of_greedy = sum(one.contributor == "greedy" for one in found.taken)
    assert of_greedy <= max(64, ceil(len(found.taken) * 10 / 201))
    assert len(found.taken) - of_greedy == 2000


def test_copies_of_one_target_stop() -> None:
    copies = [candidate(n, contributor=f"{n}", target=7) for n in range(120)]
    found = sampled(copies, Parameters())
    assert len(found.taken) == 50
    assert {why for _, why in found.dropped} == {Drop.TARGET_REPEATED}


def test_nothing_gives_nothing() -> None:
    assert sampled([], Parameters()) == Drawn((), ())


def test_the_void_curve_has_the_papers_point_and_falls() -> None:
    curve = Parameters().void_curve
    assert voids_allowed(curve, 50_000) == 5_000
    sizes = [100, 50_000, 125_000, 200_000, 1_000_000, 10_000_000, 50_000_000]
    shares = [voids_allowed(curve, size) / size for size in sizes]
    assert shares == sorted(shares, reverse=True)
    counts = [voids_allowed(curve, size) for size in range(0, 300_000, 777)]
    assert counts == sorted(counts)


def test_lengths_weigh_as_the_paper_says() -> None:
    parameters = Parameters()
    weights = [weight_of(candidate(1, chars=chars), parameters) for chars in (2, 8, 60, 200, 900)]
    assert max(weights) == weights[2]
    assert weights[0] < weights[1] < weights[2] > weights[3] > weights[4]
    assert [length_of(chars, parameters) for chars in (1, 4, 12, 160, 320)] == [0, 1, 2, 3, 4]


def test_what_did_not_stay_and_what_is_wild_weigh_less() -> None:
    parameters = Parameters()
    stayed = weight_of(candidate(1, survived=1000), parameters)
    assert weight_of(candidate(1, survived=0), parameters) * 2 == stayed
    assert weight_of(candidate(1, zone="wild"), parameters) < stayed
    assert weight_of(candidate(1, quality=0, zone="wild", survived=0, chars=1), parameters) >= 1


def test_languages_are_balanced_by_their_roots() -> None:
    shares = language_shares({"python": 900, "go": 100}, 1250)
    assert [round(shares[name] / 10_000) for name in ("python", "go")] == [94, 31]
    assert language_shares({"python": 3}, 1250) == {"python": MILLION}


def test_the_better_ranks_first() -> None:
    assert rank_of("a", 900, 1000) < rank_of("a", 900, -1) < rank_of("a", 900, 0)
    assert rank_of("b", 901, -1) < rank_of("a", 900, -1)
    assert rank_of("a", 0, 0) < 1 << 64
