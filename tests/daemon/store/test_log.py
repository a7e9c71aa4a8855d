"""The append path when things go wrong: a full disk, a full queue, an end in the middle."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.errors import StoreBusyError, StoreError
from echo_core.gaps.life import Break
from echo_core.records import events as ev
from echo_core.text.edits import Edit
from echo_daemon.store import database
from echo_daemon.store.admission import Stale
from echo_daemon.store.bounds import DEFAULT_LIMITS
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.log import EventLog
from echo_daemon.store.migrations import migrate
from echo_daemon.store.queries import Queries
from echo_testing.records import a_sample

KEY = bytes(range(32))
DOC = "file:///a.py"
# Nothing is written or tried again by the clock alone: a test says when, by a flush.
PATIENT = replace(DEFAULT_LIMITS, batch_wait_s=3600, retry_wait_s=3600, retry_wait_s_max=3600)


class Bench:
    """A log on a real file whose growth can be stopped, as by a full disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = database.open_for_writing(path, KEY)
        migrate(self.connection, 0)
        self.paused: list[str] = []
        self.resumed: list[Stale] = []
        self.log = self.start()

    def start(self, queue_items_max: int = DEFAULT_LIMITS.queue_items_max) -> EventLog:
        self.log = EventLog(
            self.connection,
            limits=replace(PATIENT, queue_items_max=queue_items_max),
            on_paused=self.paused.append,
            on_resumed=self.resumed.append,
        )
        return self.log

    def fill_disk(self) -> None:
        ((pages,),) = self.connection.execute("PRAGMA page_count")
        self.connection.execute(f"PRAGMA max_page_count = {pages}")

    def free_disk(self) -> None:
        self.connection.execute("PRAGMA max_page_count = 4294967294")

    def read(self, session: str = "s") -> list[ev.Event]:
        queries = Queries(self.path, KEY)
        events = list(queries.events(session))
        queries.close()
        return events


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "store.db")
    yield bench
    bench.free_disk()
    bench.log.close()


def opened(doc: str = DOC, text: str = "") -> ev.Opened:
    return ev.Opened(0, doc, "python", 0, text)


def edited(version: int, inserted: str = "x", doc: str = DOC) -> ev.Edited:
    return ev.Edited(version, doc, version, (Edit(0, 0, inserted),), ev.Origin.TYPED)


BIG = os.urandom(20_000).hex()  # more than the free bytes of the pages that the store has


texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
times = st.integers(0, 2**62)
any_events = st.lists(
    st.one_of(
        st.builds(ev.Opened, times, texts, texts, st.integers(), texts),
        st.builds(ev.Focused, times, texts),
        st.builds(ev.HeadMoved, times, texts, texts, texts, st.sampled_from(ev.HeadMove)),
        st.builds(ev.Committed, times, texts, texts, texts),
        st.builds(ev.Outcome, times, texts, st.sampled_from(ev.OutcomeKind), st.integers()),
    ),
    max_size=6,
)


@settings(max_examples=30)
@given(any_events, texts)
def test_whatever_the_texts_are_they_come_back(events: list[ev.Event], session: str) -> None:
    """Names, documents and texts with nothing in them, NUL, and halves of UTF-16 pairs."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "store.db")
        events = [ev.Focused(0, "first"), *events]
        for event in events:
            bench.log.append(event, session)
        bench.log.close()
        assert bench.read(session) == events


async def test_a_full_disk_pauses_and_nothing_is_lost(bench: Bench) -> None:
    log = bench.log
    log.append(opened(), "s")
    await log.flush()
    bench.fill_disk()
    log.append(edited(1, BIG), "s")
    for _ in range(3):
        with pytest.raises(StoreBusyError, match="disk is full"):
            await log.flush()
    log.append(edited(2), "s")
    statistics = log.statistics()
    assert (statistics.state, statistics.pending, statistics.refused) == ("paused", 2, 0)
    assert bench.paused == [statistics.reason]
    bench.free_disk()
    assert await log.flush() == 3
    assert bench.resumed == [frozenset()]
    assert log.statistics().state == "open"
    assert bench.read() == [opened(), edited(1, BIG), edited(2)]


async def test_a_full_queue_refuses_and_leaves_no_hole(bench: Bench) -> None:
    bench.log.close()
    bench.connection = database.open_for_writing(bench.path, KEY)
    log = bench.start(queue_items_max=4)
    log.append(opened(), "s")
    log.append(opened("file:///b.py"), "s")
    await log.flush()
    bench.fill_disk()
    log.append(edited(1, BIG), "s")
    with pytest.raises(StoreBusyError):
        await log.flush()
    for version in range(2, 9):
        log.append(edited(version), "s")
    assert log.statistics().refused == 4
    log.write_gaps_broken(GapsBroken("s", DOC, 1, Break.LEFT, ("r",)))
    assert log.statistics().refused == 4
    log.write_sample(a_sample())
    assert log.statistics().refused == 5
    assert len(bench.paused) == 1
    bench.free_disk()
    assert await log.flush() == 2 + 4
    assert bench.resumed == [frozenset({("s", DOC)})]
    # The document of which edits were refused stays refused; the other goes on.
    log.append(edited(9), "s")
    log.append(edited(1, doc="file:///b.py"), "s")
    assert log.statistics().refused == 6
    log.append(opened(text="xxxxxxxx"), "s")
    log.append(edited(10), "s")
    assert await log.flush() == 2 + 4 + 3
    a = [event for event in bench.read() if getattr(event, "doc", "") == DOC]
    assert a == [
        opened(),
        edited(1, BIG),
        *map(edited, (2, 3, 4)),
        opened(text="xxxxxxxx"),
        edited(10),
    ]


async def test_a_slow_disk_is_told_once(bench: Bench) -> None:
    bench.log.close()
    bench.connection = database.open_for_writing(bench.path, KEY)
    log = bench.start(queue_items_max=2)
    with log.together():  # the writer stands still, as on a slow disk
        for doc in "abcd":
            log.append(opened(doc), "s")
        assert log.statistics().refused == 2
        assert log.statistics().state == "paused"
    assert await log.flush() == 2
    assert len(bench.paused) == 1
    assert bench.resumed == [frozenset({("s", "c"), ("s", "d")})]


async def test_edits_of_a_document_that_was_never_opened_are_refused(bench: Bench) -> None:
    log = bench.log
    log.append(edited(1), "s")
    log.append(ev.Closed(1, DOC), "s")
    log.append(ev.Focused(1, DOC), "s")
    log.append(opened(), "s")
    log.append(edited(1), "another session")
    log.append(ev.Closed(2, DOC), "s")
    log.append(edited(2), "s")
    assert await log.flush() == 3
    assert log.statistics().refused == 4
    assert bench.read() == [ev.Focused(1, DOC), opened(), ev.Closed(2, DOC)]


async def test_an_event_and_its_gap_are_written_together(bench: Bench) -> None:
    log = bench.log
    log.append(opened(), "s")
    for number in range(500):
        with log.together():
            request = ev.Requested(1, f"r{number}", DOC, 0, 0, ev.Trigger.AUTOMATIC)
            log.append(request, "s")
            if number % 2:
                requests = (f"r{number - 1}", f"r{number}")
                log.write_gaps_broken(GapsBroken("s", DOC, 1, Break.LEFT, requests))
        if number % 50 == 0:
            assert await log.flush() == 2 + number
            queries = Queries(bench.path, KEY)
            metrics = queries.metrics()
            queries.close()
            ended = {"left": number} if number else {}
            assert metrics.gaps == {"live": 1} | ended
            assert metrics.requests == number + 1


async def test_a_single_event_larger_than_the_queue_is_taken(bench: Bench) -> None:
    bench.log.close()
    bench.connection = database.open_for_writing(bench.path, KEY)
    bench.log = EventLog(bench.connection, limits=replace(PATIENT, queue_bytes_max=1000))
    text = "x" * 100_000
    bench.log.append(opened(text=text), "s")
    bench.log.append(opened("file:///b.py"), "s")
    assert bench.log.statistics().refused == 1
    assert await bench.log.flush() == 1
    assert bench.read() == [opened(text=text)]


async def test_closing_writes_what_is_left(bench: Bench) -> None:
    bench.log.append(opened(), "s")
    bench.log.append(edited(1), "s")
    bench.log.close()
    assert bench.read() == [opened(), edited(1)]
    assert await bench.log.flush() == 2
    bench.connection = database.open_for_writing(bench.path, KEY)
    bench.start()


async def test_closing_on_a_full_disk_says_what_is_lost(bench: Bench) -> None:
    bench.log.append(opened(), "s")
    await bench.log.flush()
    bench.fill_disk()
    bench.log.append(edited(1, BIG), "s")
    with pytest.raises(StoreError, match="1 records could not be written: The disk is full"):
        bench.log.close()
    bench.log.append(edited(2), "s")
    assert bench.log.statistics().refused == 1
    assert bench.log.statistics().state == "closed"
    bench.connection = database.open_for_writing(bench.path, KEY)
    assert bench.start().statistics().events == 1


async def test_flushes_are_answered_each_and_may_be_cancelled(bench: Bench) -> None:
    bench.log.append(opened(), "s")
    cancelled = asyncio.create_task(bench.log.flush())
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await asyncio.gather(*(bench.log.flush() for _ in range(20))) == [1] * 20


async def test_another_writer_makes_the_log_wait(bench: Bench) -> None:
    bench.connection.execute("PRAGMA busy_timeout = 1")
    other = database.open_for_writing(bench.path, KEY)
    other.execute("BEGIN IMMEDIATE")
    bench.log.append(opened(), "s")
    with pytest.raises(StoreBusyError, match="another program"):
        await bench.log.flush()
    other.execute("ROLLBACK")
    other.close()
    assert await bench.log.flush() == 1


def test_a_disk_that_refuses_pauses_and_resumes(tmp_path: Path) -> None:
    """The operating system itself stops the file from growing: RLIMIT_FSIZE, in a child."""
    program = """
    import asyncio, os, resource, sys
    from pathlib import Path
    from echo_core.records import events as ev
    from echo_core.errors import StoreBusyError
    from echo_daemon.store import database
    from echo_daemon.store.log import EventLog
    from echo_daemon.store.migrations import migrate

    async def main():
        path = Path(sys.argv[1])
        connection = database.open_for_writing(path, bytes(range(32)))
        migrate(connection, 0)
        log = EventLog(connection)
        log.append(ev.Opened(0, "a", "python", 0, ""), "s")
        print(await log.flush())
        most = path.with_name(path.name + "-wal").stat().st_size
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, unlimited[1]))
        log.append(ev.Opened(0, "b", "python", 0, os.urandom(100_000).hex()), "s")
        try:
            await log.flush()
        except StoreBusyError as error:
            print(error)
        print(log.statistics().state)
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        print(await log.flush(), log.statistics().state)
        log.close()

    asyncio.run(main())
    """
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        pytest.skip("the size of files is limited already")
    path = tmp_path / "store.db"
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stderr == ""
    first, sentence, paused, last = child.stdout.rstrip("\n").split("\n")
    assert (first, paused, last) == ("1", "paused", "2 open")
    assert sentence.startswith("The disk")
    queries = Queries(path, KEY)
    assert queries.problems() == []
    assert len(list(queries.events("s"))) == 2
    queries.close()
