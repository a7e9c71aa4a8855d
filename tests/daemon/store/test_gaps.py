"""How gaps ended, as rows: runs of neighbours, names that are none, and a view that shows all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import StoreError
from echo_core.experience.mining import Mined
from echo_core.gaps.life import Break
from echo_daemon.mining.names import Names
from echo_daemon.store import database
from echo_daemon.store.gaps import REASONS, GapsBroken, broken, packed_requests, requests_of
from echo_daemon.store.recorder import Store, StorePaths

NAMES = st.lists(
    st.one_of(
        st.builds("{}.{}".format, st.sampled_from(("a", "b.c", "")), st.integers(0, 40)),
        st.text(max_size=5),
        st.sampled_from(("a.01", "a.", ".", "a.\u0664", "a." + "9" * 30, "\ud800.5")),
    ),
    min_size=1,
    max_size=20,
)


@given(NAMES)
def test_what_is_packed_comes_back(requests: list[str]) -> None:
    assert requests_of(packed_requests(requests)) == requests


def test_neighbours_take_few_bytes() -> None:
    names = Names()
    requests = [names() for _ in range(5_000)]
    assert len(set(requests)) == 5_000
    assert len(packed_requests(requests)) < 40
    assert len(packed_requests(requests[:9] + requests[20:])) < 50
    assert all(not names().startswith(request[:16]) for request, names in [(Names()(), Names())])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"5", b'["a.",5]', b'["a.",["x",2]]', b"\xff"])
def test_a_damaged_row_is_named(body: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        requests_of(body)


def test_what_ended_together_is_one_row() -> None:
    def gap(request: str, doc: str, reason: Break, at_ms: int) -> Mined:
        return Mined(request, doc, reason, 0, at_ms, None, session="s")

    gaps = [gap("r.1", "a", Break.LEFT, 5), gap("r.2", "a", Break.LEFT, 5)]
    gaps += [gap("r.3", "a", Break.EXPIRED, 5), gap("r.4", "b", Break.EXPIRED, 5)]
    gaps += [gap("r.5", "b", Break.EXPIRED, 6), gap("c:1", "b", Break.IMPORTED, 6)]
    found = list(broken(gaps))
    assert [one.requests for one in found] == [("r.1", "r.2"), ("r.3",), ("r.4",), ("r.5",)]
    assert {one.session for one in found} == {"s"}
    assert set(REASONS) == set(Break)
    assert all(before != after for before, after in pairwise(found))


async def test_the_view_shows_each_gap(store: Store, paths: StorePaths) -> None:
    runs = tuple(f"p.{number}" for number in (*range(7, 2_000), 9_000))
    odd = ("x", "p.01", "\ud800", '"')
    store.write_gaps_broken(GapsBroken("s", "a", 5, Break.LEFT, runs))
    store.write_gaps_broken(GapsBroken("s", "b", 6, Break.SETTLED, odd))
    await store.flush()
    reader = database.open_for_reading(paths.database, bytes.fromhex(paths.key.read_text()))
    rows = reader.execute("SELECT request, broken_ms, reason FROM gaps").fetchall()
    reader.close()
    assert sorted(map(repr, rows)) == sorted(
        [repr((name, 5, "left")) for name in runs] + [repr((name, 6, "settled")) for name in odd]
    )
