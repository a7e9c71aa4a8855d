"""Laws of the cache's bookkeeping, against a cache as simple as it can be."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_engine import kv

tokens = st.lists(st.integers(0, 3), max_size=12)
prompts = st.tuples(tokens.filter(bool), st.integers(0, 12), st.booleans())
SIZES = st.tuples(st.integers(1, 4), st.integers(16, 30))


@dataclass
class Cache:
    """What llama.cpp's cache is to us: cells, each with a token and those who hold it."""

    table: kv.Table
    sequences: int
    cells: list[tuple[int, int, set[int]]] = field(default_factory=list)

    def held(self, number: int) -> list[int]:
        mine = sorted((at, token) for at, token, owners in self.cells if number in owners)
        return [token for _, token in mine]

    def forget(self, number: int, length: int) -> None:
        for at, _, owners in self.cells:
            if at >= length:
                owners.discard(number)
        self.cells = [cell for cell in self.cells if cell[2]]
        self.table.cut(number, length)

    def copy(self, source: int, target: int, length: int) -> None:
        self.forget(target, 0)
        for at, _, owners in self.cells:
            if source in owners and at < length:
                owners.add(target)
        self.table.copy(source, target, length)

    def grow(self, number: int, more: tuple[int, ...]) -> None:
        start = len(self.held(number))
        self.cells += [(start + at, token, {number}) for at, token in enumerate(more)]
        self.table.grow(number, more)

    def check(self) -> None:
        for number in range(self.sequences):
            assert self.table.tokens(number) == self.held(number)
        assert self.table.cells == len(self.cells) <= self.table.cells_max

    def take(self, placing: kv.Placing) -> None:
        if placing.source is not None:
            self.copy(placing.source, placing.sequence, placing.keep)
        elif placing.evaluate:
            self.forget(placing.sequence, placing.keep)

    def room(self, number: int, count: int, *, aside: bool) -> bool:
        while not self.table.fits(count):
            leaving = self.table.leaving(number, aside=aside)
            if leaving is None:
                return False
            assert leaving != number
            assert not (aside and leaving == self.table.current)
            self.forget(leaving, 0)
        return True


def run(cache: Cache, wanted: list[int], stable: int, *, aside: bool) -> kv.Placing | None:
    """A job or a preparation, as a session does it."""
    table = cache.table
    placing = table.place_aside(wanted, stable) if aside else table.place(wanted, stable)
    if placing is None:
        return None
    cache.take(placing)
    table.use(placing.sequence, stable, aside=aside)
    if cache.room(placing.sequence, len(placing.evaluate), aside=aside):
        cache.grow(placing.sequence, placing.evaluate)
        assert cache.held(placing.sequence)[: len(wanted)] == wanted
    else:
        assert aside
    cache.check()
    return placing


@given(tokens, tokens)
def test_a_common_prefix_is_common_and_cannot_be_longer(left: list[int], right: list[int]) -> None:
    length = kv.common_prefix(left, right)
    assert left[:length] == right[:length]
    assert left[: length + 1] != right[: length + 1] or length == len(left) == len(right)
    assert length == kv.common_prefix(right, left)


@settings(max_examples=300)
@given(SIZES, st.lists(prompts, max_size=12))
def test_the_bookkeeping_is_the_cache_and_stays_within_its_bound(
    sizes: tuple[int, int], asked: list[tuple[list[int], int, bool]]
) -> None:
    sequences, cells_max = sizes
    cache = Cache(kv.Table(sequences, cells_max), sequences)
    for wanted, stable, aside in asked:
        hand = list(cache.table.tokens(cache.table.current))
        best = max(kv.common_prefix(cache.held(n), wanted) for n in range(sequences))
        placing = run(cache, wanted, min(stable, len(wanted)), aside=aside)
        if aside:
            # What is prepared never costs the gap in hand a cell.
            assert cache.held(cache.table.current)[: len(hand)] == hand
            assert (placing is None) == (sequences == 1)
        if placing is not None:
            saved = best if aside else min(best, len(wanted) - 1)
            assert len(placing.evaluate) == len(wanted) - saved
        if not aside:
            assert placing is not None
            assert cache.table.current == placing.sequence
            assert cache.held(placing.sequence) == wanted


@given(tokens, tokens, tokens.filter(bool), tokens.filter(bool))
def test_going_back_to_another_place_costs_one_token(
    head: list[int], more: list[int], one: list[int], other: list[int]
) -> None:
    """Two places with the same head: neither costs the other anything."""
    cache = Cache(kv.Table(3, 100), 3)
    first, second = [*head, 8, *one, *more], [*head, 9, *other, *more]
    run(cache, first, len(head) + 1 + len(one), aside=False)
    run(cache, second, len(head) + 1 + len(other), aside=False)
    for wanted, place in ((first, one), (second, other), (first, one)):
        placing = run(cache, wanted, len(head) + 1 + len(place), aside=False)
        assert placing is not None
        assert placing.evaluate == (wanted[-1],)
    assert cache.table.cells == len(first) + len(second) - len(head)


@given(tokens, tokens, tokens.filter(bool))
def test_a_gap_that_is_typed_on_stays_in_its_sequence(
    anchors: list[int], wrote: list[int], typed: list[int]
) -> None:
    cache = Cache(kv.Table(4, 100), 4)
    run(cache, [*anchors, 7, 8, *wrote], len(anchors) + 1, aside=False)
    before = cache.table.current
    run(cache, [*anchors, 7, 9, *typed], len(anchors) + 1, aside=False)
    assert cache.table.current == before
    assert all(not cache.held(number) for number in range(4) if number != before)


@given(tokens, tokens.filter(bool), tokens.filter(bool), st.integers(0, 12))
def test_a_prepared_prompt_costs_one_token(
    head: list[int], here: list[int], there: list[int], stable: int
) -> None:
    cache = Cache(kv.Table(2, 100), 2)
    run(cache, [*head, *here], len(head), aside=False)
    run(cache, [*head, *there], min(stable, len(head) + len(there)), aside=True)
    placing = run(cache, [*head, *there], min(stable, len(head) + len(there)), aside=False)
    assert placing is not None
    assert len(placing.evaluate) == 1


def test_what_was_not_used_for_longest_leaves() -> None:
    cache = Cache(kv.Table(3, 100), 3)
    for prompt in ([1, 1], [2, 2], [3, 3], [1, 1], [4, 4]):
        run(cache, prompt, 1, aside=False)
    assert sorted(cache.held(number) for number in range(3)) == [[1, 1], [3, 3], [4, 4]]


def test_an_empty_prompt_has_no_place() -> None:
    with pytest.raises(ValueError, match="empty"):
        kv.Table(2, 10).place([], 0)
