"""What leaves the store by itself: what is left replays, samples stay, writing goes on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from echo_core.gaps.life import Break
from echo_core.records import events as ev
from echo_core.records.export import trace_of
from echo_core.records.trace import TraceClose
from echo_core.records.wire import SampleQuery, SamplesQuery
from echo_core.text.edits import Edit, apply_all
from echo_daemon.store import database, erasing
from echo_daemon.store.bounds import DEFAULT_LIMITS
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.keeping import DAY_MS, YOUNG_MS, Keep, retain
from echo_daemon.store.log import EventLog
from echo_daemon.store.migrations import migrate
from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store, StorePaths
from echo_daemon.store.views import make_views
from echo_testing.records import a_sample

HASTE, KEY = replace(DEFAULT_LIMITS, step_wait_s=0.0), bytes(range(32))


def a_day(
    seed: int, *, count: int, first_ms: int, step_ms: int, docs: int = 3, wide: int = 1
) -> list[ev.Event]:
    """Typing in some documents, which are opened and closed as it goes."""
    random_ = random.Random(seed)
    lengths: dict[str, int] = {}
    events: list[ev.Event] = []
    for number in range(count):
        at_ms = first_ms + number * step_ms
        doc = f"file:///{random_.randrange(docs)}.py"
        if doc not in lengths:
            text = "".join(random_.choices("abc \n\N{BULLET}", k=random_.randrange(200)))
            lengths[doc] = len(text)
            events.append(ev.Opened(at_ms, doc, "python", number, text))
        elif random_.random() < 0.01:
            del lengths[doc]
            events.append(ev.Closed(at_ms, doc))
        elif random_.random() < 0.1:
            where = random_.randrange(lengths[doc] + 1)
            events.append(
                ev.Requested(at_ms, f"r{seed}-{number}", doc, number, where, ev.Trigger.AUTOMATIC)
            )
        else:
            start = random_.randrange(lengths[doc] + 1)
            end = min(lengths[doc], start + random_.randrange(3))
            word = "".join(random_.choices("xyz\N{BULLET}", k=wide))
            lengths[doc] += len(word) - (end - start)
            edits = (Edit(start, end, word),)
            events.append(ev.Edited(at_ms, doc, number, edits, ev.Origin.TYPED))
    return events


def texts_of(events: list[ev.Event]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for event in events:
        match event:
            case ev.Opened():
                texts[event.doc] = event.text
            case ev.Edited():
                texts[event.doc] = apply_all(texts[event.doc], event.edits)
            case ev.Closed():
                del texts[event.doc]
            case _:
                pass
    return texts


class Room:
    """A store's file, its log, and readings of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start()

    def start(self) -> None:
        """A new process, as far as the store can tell."""
        self.connection = database.open_for_writing(self.path, KEY)
        migrate(self.connection, 0)
        self.log = EventLog(self.connection, limits=HASTE)

    async def record(self, events: list[ev.Event], session: str, checkpoint_every: int = 0) -> None:
        self.log.start_session(session, events[0].at_ms, "editor", ())
        for number, event in enumerate(events, 1):
            with self.log.together():
                self.log.append(event, session)
                if checkpoint_every and number % checkpoint_every == 0:
                    texts = texts_of(events[:number])
                    standing = tuple(
                        ev.Opened(event.at_ms, doc, "python", 1, text)
                        for doc, text in texts.items()
                    )
                    self.log.write_checkpoint(session, standing, quiet=False)
            if isinstance(event, ev.Requested):
                name, doc, ended = event.request, event.doc, event.at_ms + number % 100
                self.log.write_gaps_broken(GapsBroken(session, doc, ended, Break.LEFT, (name,)))
        await self.log.flush()

    async def retain(self, keep: Keep, now_ms: int) -> None:
        await self.log.work(lambda connection, rows: retain(connection, rows, keep, now_ms))

    def restart(self) -> None:
        self.log.close()
        self.start()

    def read(self, session: str) -> list[ev.Event]:
        queries = Queries(self.path, KEY)
        events = list(queries.events(session))
        queries.close()
        return events

    def counts(self) -> dict[str, int]:
        """Rows of each table; also checks that the store is whole."""
        reader = database.open_for_reading(self.path, KEY)
        assert reader.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.problems(reader) == []
        make_views(reader)
        tables = ("log", "sessions", "documents", "snapshots", "gaps", "samples")
        counts = {
            table: erasing.number(reader, f"SELECT count(*) FROM {table}") for table in tables
        }
        kept = erasing.number(reader, "SELECT coalesce(sum(events), 0) FROM sessions")
        shown = erasing.number(
            reader,
            "SELECT count(*) FROM log AS e JOIN sessions AS s ON s.id = e.session"
            " WHERE e.seq >= s.first_seq",
        )
        assert kept == shown
        counts["events"] = counts.pop("log")
        reader.close()
        return counts


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "store.db")
    yield room
    room.log.close()


NOW = 1000 * DAY_MS


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_left_of_a_session_replays(room: Room, seed: int) -> None:
    # 40 days of one session; ten of them have to go.
    whole = a_day(seed, count=3000, first_ms=NOW - 40 * DAY_MS, step_ms=DAY_MS * 40 // 3000)
    await room.record(whole, "s")
    await room.retain(Keep(days=30), NOW)
    left = room.read("s")
    young = [event for event in whole if event.at_ms >= NOW - 30 * DAY_MS]
    openings = left[: len(left) - len(young)]
    assert left[len(openings) :] == young
    assert all(isinstance(event, ev.Opened) for event in openings)
    old = whole[: len(whole) - len(young)]
    assert texts_of(openings) == texts_of(old) != {}
    assert texts_of(left) == texts_of(whole)
    assert {event.at_ms for event in openings} == {old[-1].at_ms}
    closes = [line.text for line in trace_of(whole) if isinstance(line, TraceClose)]
    assert [line.text for line in trace_of(left) if isinstance(line, TraceClose)] == closes[
        -len([event for event in young if isinstance(event, ev.Closed)]) or len(closes) :
    ]
    counts = room.counts()
    assert counts["events"] == len(left) == await room.log.flush()
    requests = sum(isinstance(event, ev.Requested) for event in young)
    assert counts["gaps"] == requests
    assert counts["snapshots"] <= sum(isinstance(event, ev.Opened) for event in left)
    # A second run finds nothing to do, though the openings are older than they may be.
    await room.retain(Keep(days=30), NOW)
    assert room.read("s") == left


async def test_a_beginning_is_cut_at_a_checkpoint_as_it_is_without(tmp_path: Path) -> None:
    whole = a_day(7, count=900, first_ms=NOW - 40 * DAY_MS, step_ms=DAY_MS * 40 // 900)
    left: list[list[ev.Event]] = []
    for every in (0, 130):
        room = Room(tmp_path / f"{every}.db")
        await room.record(whole, "s", checkpoint_every=every)
        if every:  # what is before the last checkpoint that is too old is not replayed
            (near,) = erasing.numbers(
                room.connection,
                "SELECT max(seq) FROM checkpoints WHERE at_ms < ?",
                (NOW - 30 * DAY_MS,),
            )
            assert near == 130
            room.connection.execute("UPDATE events SET body = x'5b5d' WHERE seq < ?", (near,))
        await room.retain(Keep(days=30), NOW)
        events = room.read("s")
        left.append(
            [replace(one, version=0) if isinstance(one, ev.Opened) else one for one in events]
        )
        room.counts()
        kept = erasing.numbers(room.connection, "SELECT DISTINCT seq FROM checkpoints")
        assert kept == ([260, 390, 520, 650, 780] if every else [])
        room.log.close()
    assert left[0] == left[1]


async def test_a_session_goes_on_after_its_beginning_left(room: Room) -> None:
    whole = a_day(1, count=400, first_ms=NOW - 400 * DAY_MS, step_ms=DAY_MS)
    await room.record(whole[:300], "s")
    await room.retain(Keep(days=1), NOW)
    openings = room.read("s")
    assert texts_of(openings) == texts_of(whole[:300])
    assert len(openings) == len(texts_of(openings))
    for event in whole[300:]:
        room.log.append(event, "s")
    await room.log.flush()
    assert texts_of(room.read("s")) == texts_of(whole)
    assert room.log.statistics().refused == 0


async def test_a_session_that_is_over_leaves_with_all_that_was_its_own(room: Room) -> None:
    await room.record(a_day(1, count=300, first_ms=1, step_ms=1), "old")
    room.log.write_sample(replace(a_sample(), doc="file:///0.py"))
    young = [ev.Opened(NOW, "file:///new.py", "python", 1, "x"), ev.Closed(NOW, "file:///new.py")]
    await room.record(young, "young")
    before = room.counts()
    room.restart()
    await room.retain(Keep(days=30), NOW)
    queries = Queries(room.path, KEY)
    assert [row.session for row in queries.sessions()] == ["young"]
    (row,) = queries.samples(SamplesQuery()).rows
    assert queries.sample(SampleQuery(row.id)).target == a_sample().target
    queries.close()
    assert room.read("young") == young
    after = room.counts()
    assert (after["events"], after["documents"], after["gaps"]) == (2, 2, 0)
    assert after["snapshots"] < before["snapshots"]


async def test_a_live_session_without_documents_is_kept_and_seen(room: Room) -> None:
    gone = [ev.Opened(1, "a", "python", 1, "x"), ev.Closed(2, "a")]
    await room.record(gone, "s")
    await room.retain(Keep(days=30), NOW)
    assert room.read("s") == []
    again = [ev.Opened(NOW, "a", "python", 1, "y"), ev.Closed(NOW, "a")]
    for event in again:
        room.log.append(event, "s")
    assert await room.log.flush() == 2
    assert room.read("s") == again
    queries = Queries(room.path, KEY)
    assert [(row.client, row.events) for row in queries.sessions()] == [("editor", 2)]
    queries.close()


async def test_a_run_that_ends_anywhere_leaves_a_whole_store(tmp_path: Path) -> None:
    """As `kill -9` between two steps; inside a step it is SQLite's transaction that holds."""
    whole = a_day(3, count=2500, first_ms=NOW - 50 * DAY_MS, step_ms=DAY_MS // 50)
    for steps_max in range(12):
        room = Room(tmp_path / f"{steps_max}.db")
        await room.record(a_day(4, count=1200, first_ms=1, step_ms=1), "old")
        room.restart()
        await room.record(whole, "s")
        rows = room.log._rows
        for number, _ in enumerate(retain(room.connection, rows, Keep(days=30), NOW)):
            if number == steps_max:
                break
        room.restart()
        room.counts()
        assert texts_of(room.read("s")) == texts_of(whole)
        await room.retain(Keep(days=30), NOW)
        counts = room.counts()
        assert texts_of(left := room.read("s")) == texts_of(whole)
        assert counts["events"] == len(left)
        assert counts["sessions"] == 1
        room.log.close()


async def test_a_store_that_is_too_large_lets_the_oldest_go(room: Room) -> None:
    first_ms = NOW - 20 * DAY_MS
    for number in range(10):
        start_ms = first_ms + number * DAY_MS
        day = a_day(number, count=1000, first_ms=start_ms, step_ms=1000, wide=100)
        await room.record(day, f"s{number}")
    for number in range(20):
        room.log.write_sample(replace(a_sample(), request=f"r{number}", target=f"{number}\n"))
    await room.log.flush()
    room.restart()
    await room.retain(Keep(days=30), NOW)  # sessions that are over take less room then
    full = erasing.used_bytes(room.connection)
    bound = full // 2
    await room.retain(Keep(days=30, bytes_max=bound), NOW)
    assert full // 5 < erasing.used_bytes(room.connection) <= bound
    room.restart()  # what the log held back is in the file
    assert database.size_bytes(room.path) <= bound + (1 << 20)
    queries = Queries(room.path, KEY)
    names = [row.session for row in queries.sessions()]
    assert names == [f"s{number}" for number in range(10)][-len(names) :]
    assert 2 <= len(names) <= 8
    assert queries.samples(SamplesQuery()).total == 20
    queries.close()
    room.counts()


async def test_when_nothing_raw_may_go_the_oldest_samples_do(room: Room) -> None:
    await room.record(a_day(1, count=100, first_ms=NOW - YOUNG_MS // 2, step_ms=1), "s")
    for number in range(100):
        text = "".join(random.Random(number).choices("abcdefghij\n", k=9000))
        room.log.write_sample(replace(a_sample(), request=f"r{number}", prefix=text))
    await room.log.flush()
    used = erasing.used_bytes(room.connection)
    await room.retain(Keep(days=1, bytes_max=used // 2), NOW)
    assert erasing.used_bytes(room.connection) <= used // 2
    counts = room.counts()
    assert counts["events"] == 100
    assert 10 < counts["samples"] < 70
    queries = Queries(room.path, KEY)
    ids = [row.id for row in queries.samples(SamplesQuery(limit=100)).rows]
    assert ids == list(range(100, 100 - len(ids), -1))
    assert all(queries.sample(SampleQuery(number)).target for number in ids)
    queries.close()
    await room.retain(Keep(days=1, bytes_max=1), NOW)
    assert room.counts()["samples"] == 0
    assert room.counts()["events"] == 100


async def test_writing_goes_on_between_the_steps(room: Room) -> None:
    old = a_day(1, count=6000, first_ms=1, step_ms=1)
    await room.record(old, "old")
    retaining = asyncio.ensure_future(room.retain(Keep(days=30), NOW))
    fresh = a_day(2, count=300, first_ms=NOW, step_ms=1)
    flushed = []
    for event in fresh:
        room.log.append(event, "fresh")
        await room.log.flush()
        flushed.append(retaining.done())
    await retaining
    assert not flushed[0]
    assert room.read("fresh") == fresh
    assert texts_of(room.read("old")) == texts_of(old)
    room.counts()


async def test_a_clock_that_was_set_back_lets_nothing_go(room: Room) -> None:
    whole = a_day(1, count=300, first_ms=NOW, step_ms=1)
    await room.record(whole, "s")
    await room.retain(Keep(days=1), 5)
    assert room.read("s") == whole


async def test_work_that_fails_is_told_and_the_log_goes_on(room: Room) -> None:
    def fail(connection: database.Connection, rows: object) -> Iterator[None]:
        yield
        connection.execute("no SQL")

    with pytest.raises(database.StoreError, match="The store failed"):
        await room.log.work(fail)
    await room.record(a_day(1, count=50, first_ms=1, step_ms=1), "s")

    def endless(connection: database.Connection, rows: object) -> Iterator[None]:
        while True:
            yield

    cut_off = asyncio.ensure_future(room.log.work(endless))
    await asyncio.sleep(0)
    room.log.close()
    with pytest.raises(database.StoreError, match="closed"):
        await cut_off
    with pytest.raises(database.StoreError, match="closed"):
        await room.log.work(endless)
    room.start()


async def test_the_store_retains_by_its_own_clock(store: Store, paths: StorePaths) -> None:
    for event in a_day(1, count=300, first_ms=1, step_ms=1):
        store.append(event, "s")
    await store.flush()
    await store.retain()
    assert 0 < await store.flush() <= 3
    await store.close()
    await store.retain()


def test_ranges_reach_the_end(room: Room) -> None:
    assert list(erasing.ranges(room.connection)) == []
    room.connection.execute(
        "INSERT INTO sessions (name, started_ms, client, roots, first_seq, last_ms, events)"
        " VALUES ('s', 0, '', '[]', 1, 0, 0)"
    )
    for seq in (5, erasing.SEQS_STEP + 5, 3 * erasing.SEQS_STEP):
        room.connection.execute(f"INSERT INTO events VALUES ({seq}, 1, 0, 6, NULL, x'', NULL)")
    found = list(erasing.ranges(room.connection))
    assert (found[0][0], found[-1][1]) == (4, 3 * erasing.SEQS_STEP)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    room.connection.execute("UPDATE sessions SET events = 3, first_seq = 1")
