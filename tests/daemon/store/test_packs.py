"""Blocks of events: what goes in comes out, in every view of the log, and takes a third of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import StoreError
from echo_core.records import events as ev
from echo_core.records.codec import encode
from echo_core.text.edits import Edit
from echo_daemon.store import database, packs
from echo_daemon.store.blocks import events_of, packed_events
from echo_daemon.store.packs import as_json
from echo_daemon.store.recorder import Store, StorePaths
from echo_daemon.store.texts import packed
from echo_daemon.store.views import make_views

DOC = "file:///a.py"
TEXTS = st.text(st.characters(), max_size=9) | st.sampled_from(
    ("\n\r\u2028", "\ud800\udc00", '"\\')
)
NUMBERS = st.integers(0, 1 << 40)
EDITS = st.builds(lambda at, gone, text: Edit(at, at + gone, text), NUMBERS, NUMBERS, TEXTS)
EVENTS = st.one_of(
    st.builds(
        lambda version, edits, origin, proposal: ev.Edited(
            0, "", version, tuple(edits), origin, proposal
        ),
        st.integers(-9, 1 << 40),
        st.lists(EDITS, max_size=3),
        st.sampled_from(ev.Origin),
        st.sampled_from(("", "p1")),
    ),
    st.builds(
        lambda name, version, offset, trigger: ev.Requested(0, name, "", version, offset, trigger),
        st.sampled_from(
            ("r.1", "r.2", "r.10", "s.1", "r.01", "r.", ".1", "7", "r.1.5", "\ud800.3")
        ),
        NUMBERS,
        NUMBERS,
        st.sampled_from(ev.Trigger),
    ),
    st.builds(lambda at, head: ev.CursorMoved(0, "", at, head), NUMBERS, NUMBERS),
    st.builds(lambda text: ev.Proposed(0, "r.1", "p", text, "m", 0.5, 1, 9, 1, 1, "ok"), TEXTS),
)
KINDS = {"edit": 0, "cursor": 1, "request": 2, "proposal": 3}
ROWS = st.lists(
    st.builds(
        lambda seq, at_ms, doc, event: (seq, at_ms, KINDS[event.kind], doc, encode(event)),
        st.integers(0, 1 << 50),
        st.integers(-5, 1 << 50),
        st.none() | st.integers(1, 3),
        EVENTS,
    ),
    min_size=1,
    max_size=30,
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_EVENTS", 50)


def typing(count: int) -> Iterator[ev.Event]:
    yield ev.Opened(0, DOC, "python", 0, "")
    for number in range(1, count):
        yield ev.Edited(number, DOC, number, (Edit(number - 1, number - 1, "x"),), ev.Origin.TYPED)
        if number % 9 == 0:
            yield ev.Requested(number, f"r.{number}", DOC, number, number, ev.Trigger.AUTOMATIC)
            yield ev.Proposed(number, f"r.{number}", f"p{number}", "y", "m", 0, 1, 9, 1, 1, "ok")
        if number % 70 == 0:
            yield ev.HeadMoved(number, "ref")


@given(ROWS)
def test_a_block_holds_what_went_in(rows: list[database.Row]) -> None:
    assert events_of(packed_events(rows)) == rows


def test_what_was_written_before_there_were_plain_events_is_read() -> None:
    block = packed(b'[[5,1],[9,2],[2,0],[1,1]]\n[1,0,0,0,"a"]\n["r.1",1,1,0]')
    assert events_of(block) == [(5, 9, 2, 1, b'["r.1",1,1,0]'), (6, 11, 0, 1, b'[1,0,0,0,"a"]')]


def test_a_key_with_its_request_takes_few_bytes() -> None:
    """5 on a real session, whose letters and pauses are not all the same."""
    rows: list[database.Row] = []
    for number in range(1, 500):
        edit = ev.Edited(0, "", number, (Edit(number, number, "x"),), ev.Origin.TYPED)
        asked = ev.Requested(0, f"r.{number}", "", number, number + 1, ev.Trigger.AUTOMATIC)
        rows.append((2 * number, number, 0, 1, encode(edit)))
        rows.append((2 * number + 1, number, 2, 1, encode(asked)))
    assert len(packed_events(rows)) < 500


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]\n",
        b"[[1],[2],[0],[1]]",
        b'[[1],["x"],[0],[1]]\n[]',
        b'[[1],[2],[-1],[1],"",[],[],[]]',
        b'[[1],[2],[-2],[1],"r.",[[1],[1]],[],[]]',
    ],
)
def test_a_damaged_block_is_named(content: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        events_of(packed(content))
    assert as_json(packed(content)) == as_json(b"noise") == b"[]"


@pytest.mark.usefixtures("small")
async def test_rows_and_blocks_are_read_alike(store: Store, paths: StorePaths) -> None:
    events = list(typing(400))
    for number, event in enumerate(events):
        store.append(event, "s")
        store.append(ev.HeadMoved(event.at_ms, "beside"), "other")
        if number % 13 == 0:
            await store.flush()
    large = ev.Edited(400, DOC, 400, (Edit(0, 0, os.urandom(20_000).hex()),), ev.Origin.PASTED)
    store.append(large, "s")
    await store.flush()
    queries = store.reading()
    assert list(queries.events("s")) == [*events, large]
    (seqs, after) = zip(*queries.numbered("s"), strict=True)
    assert list(seqs) == sorted(seqs)
    for at in (0, 49, 50, 51, 200, len(events)):
        assert [one for _, one in queries.numbered("s", seqs[at])] == list(after[at + 1 :])
    metrics = queries.metrics()
    assert metrics.events == {"edit": 400, "request": 44, "proposal": 44, "open": 1, "head": 498}
    assert (metrics.edits, metrics.typed_chars, metrics.reasons) == (400, 399, {"ok": 44})
    sizes = {row.kind: row for row in queries.sizes(0).rows}
    assert sizes["packed"].rows > 400
    queries.close()
    reader = database.open_for_reading(paths.database, bytes.fromhex(paths.key.read_text()))
    make_views(reader)
    sql = "SELECT seq, body FROM log WHERE session = 1 ORDER BY seq"
    bodies = reader.execute(sql).fetchall()
    assert bodies == list(zip(seqs, map(encode, [*events, large]), strict=True))  # to the byte
    reader.close()


@pytest.mark.usefixtures("small")
async def test_blocks_are_put_back_into_rows(store: Store) -> None:
    events = list(typing(400))
    for event in events:
        store.append(event, "s")
    await store.flush()
    assert store._log is not None

    def loosen(connection: database.Connection, rows: object) -> Iterator[None]:
        assert connection.execute("SELECT count(*) FROM packs").fetchall() == [(9,)]
        yield from packs.loosen(connection, "seq > 100 AND seq < 300", ())
        ((left,),) = connection.execute("SELECT count(*) FROM packs").fetchall()
        assert 0 < left < 9

    await store._log.work(loosen)
    for event in typing(400):
        store.append(event, "next")
    assert await store.flush() == 2 * len(events)
    queries = store.reading()
    assert list(queries.events("s")) == list(queries.events("next")) == events
    assert queries.problems() == []
    queries.close()


async def test_a_block_takes_a_third(store: Store) -> None:
    for number, event in enumerate(typing(20_000)):
        store.append(event, "s")
        if number % 500 == 0:
            await store.flush()
    await store.close()
    assert store.size_bytes() < 20_000 * 16
