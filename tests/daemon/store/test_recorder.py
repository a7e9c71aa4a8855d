"""The store as a whole: what is recorded comes back, and nobody else can read it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from echo_core.errors import StoreBusyError, StoreError
from echo_core.gaps.life import Break
from echo_core.records import events as ev
from echo_core.records.wire import ConsentChoice
from echo_daemon.store import database
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings, StoreState
from echo_testing.records import CANARY, DOC, a_sample, a_session

if TYPE_CHECKING:
    from echo_core.clock import Clock


def record(store: Store, events: list[ev.Event], session: str = "s1") -> None:
    for event in events:
        store.append(event, session)


async def test_what_was_recorded_comes_back(store: Store) -> None:
    store.start_session("s1", 1, "editor 1.0", ("file:///home/someone",))
    record(store, a_session())
    record(store, a_session("file:///b.py"), "s2")
    assert await store.flush() == 2 * len(a_session())
    queries = store.reading()
    assert list(queries.events("s1")) == a_session()
    assert list(queries.events("s2")) == a_session("file:///b.py")
    first, second = queries.sessions()
    assert (first.session, first.client, first.roots) == (
        "s1",
        "editor 1.0",
        ("file:///home/someone",),
    )
    assert (first.started_ms, first.last_ms, first.events) == (1, 11, len(a_session()))
    assert (second.session, second.client) == ("s2", "")
    assert queries.problems() == []
    queries.close()


async def test_a_store_goes_on_where_it_ended(store: Store) -> None:
    record(store, a_session())
    await store.close()
    await store.open()
    record(store, a_session(), "s2")
    assert await store.flush() == 2 * len(a_session())
    queries = store.reading()
    assert list(queries.events("s1")) == list(queries.events("s2")) == a_session()
    queries.close()


async def test_nothing_readable_is_on_disk(store: Store, paths: StorePaths) -> None:
    record(store, a_session())
    store.write_sample(a_sample())
    await store.flush()
    names = {file.name for file in paths.folder.iterdir()}
    assert {"store.db", "store.db-wal", "store.db-shm"} <= names
    # What would stand there in the clear: text, the document's name, SQL, the magic of SQLite.
    readable = [CANARY, "canary_folder", "CREATE TABLE", "SQLite format"]
    for file in paths.folder.iterdir():
        content = file.read_bytes()
        for word in readable:
            assert word.encode() not in content, (file.name, word)
            assert word.encode("utf-16-le") not in content, (file.name, word)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert stat.S_IMODE(paths.folder.stat().st_mode) == 0o700
    plain = sqlite3.connect(paths.database)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        plain.execute("SELECT count(*) FROM sqlite_master")
    plain.close()


async def test_another_reader_of_the_format_opens_the_store(
    store: Store, paths: StorePaths
) -> None:
    record(store, a_session())
    await store.close()
    foreign = apsw.Connection(str(paths.database), flags=apsw.SQLITE_OPEN_READWRITE)
    foreign.pragma("cipher", "sqlcipher")
    foreign.pragma("legacy", 4)
    key = paths.key.read_text().strip()
    foreign.execute(f"PRAGMA key = \"x'{key}'\"")
    inserted = foreign.execute("SELECT inserted FROM edits WHERE origin = 'accepted'").fetchall()
    assert inserted == [("return ",)]
    assert foreign.execute("SELECT count(*) FROM events").fetchall() == [(len(a_session()),)]
    foreign.close()


async def test_off_until_chosen_and_nothing_is_made(paths: StorePaths, clock: Clock) -> None:
    store = Store(paths, clock, {})
    assert await store.open() is StoreState.OFF
    record(store, a_session())
    store.write_sample(a_sample())
    with store.together():
        store.write_gaps_broken(GapsBroken("s", DOC, 1, Break.LEFT, ("r",)))
    assert await store.flush() == 0
    assert "consent record on" in store.reason
    assert store.key_source == "none"
    assert not paths.folder.exists()
    with pytest.raises(StoreError, match="Nothing was recorded"):
        store.reading()


async def test_switched_off_the_record_stays_readable(store: Store, paths: StorePaths) -> None:
    assert (store.state, store.key_source) == (StoreState.OPEN, "key file")
    record(store, a_session())
    state = await store.choose(ConsentChoice(record=False, by="a test"))
    assert not state.record
    assert store.state is StoreState.OFF
    record(store, a_session(), "s2")
    queries = store.reading()
    assert [row.session for row in queries.sessions()] == ["s1"]
    queries.close()
    assert store.size_bytes() == database.size_bytes(paths.database) > 0


async def test_a_store_without_its_key_is_refused_and_kept(store: Store, paths: StorePaths) -> None:
    record(store, a_session())
    await store.close()
    before = paths.database.read_bytes()
    paths.key.unlink()
    assert await store.open() is StoreState.FAILED
    assert "key file is missing" in store.reason
    assert paths.database.read_bytes() == before
    assert not paths.key.exists()


async def test_a_wrong_key_is_refused_and_named_nowhere(store: Store, paths: StorePaths) -> None:
    record(store, a_session())
    await store.close()
    paths.key.write_text("ab" * 32 + "\n")
    assert await store.open() is StoreState.FAILED
    assert "does not open this store" in store.reason
    assert "abab" not in store.reason


async def test_recording_the_same_text_twice_stores_it_once(
    store: Store, paths: StorePaths
) -> None:
    text = os.urandom(100_000).hex()
    for session in ("s1", "s2"):
        store.append(ev.Opened(1, DOC, "python", 1, text), session)
    await store.close()
    assert store.size_bytes() < 2 * len(text) / 2 + 300_000
    await store.open()
    queries = store.reading()
    assert list(queries.events("s1")) == list(queries.events("s2"))
    queries.close()


@pytest.mark.parametrize("lines_min", [1, 5, 40])
async def test_a_killed_process_loses_nothing_acknowledged(
    paths: StorePaths, clock: Clock, lines_min: int
) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(3):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).with_name("appender.py"),
            paths.folder,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        assert child.stdout is not None
        lines = [await child.stdout.readline() for _ in range(lines_min)]
        child.kill()
        lines.append(await child.stdout.read())
        await child.wait()
        printed = b"".join(lines)
        acknowledged = int(printed[: printed.rindex(b"\n")].split(b"\n")[-1])
        store = Store(paths, clock, {}, StoreSettings(key_policy=KeyPolicy.FILE))
        assert await store.open() is StoreState.OPEN
        queries = store.reading()
        assert queries.problems() == []
        assert sum(row.events for row in queries.sessions()) >= acknowledged
        events = [list(queries.events(row.session)) for row in queries.sessions()]
        assert sum(map(len, events)) >= acknowledged
        for session in events:
            versions = [event.version for event in session if isinstance(event, ev.Edited)]
            assert versions == list(range(1, len(versions) + 1))
        queries.close()
        await store.close()


async def test_callbacks_come_back_on_the_loop(paths: StorePaths, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    heard: list[tuple[str, object, bool]] = []

    def hear(name: str, value: object) -> None:
        heard.append((name, value, asyncio.get_running_loop() is loop))

    store = Store(
        paths,
        clock,
        {},
        StoreSettings(key_policy=KeyPolicy.FILE),
        on_paused=lambda sentence: hear("paused", sentence),
        on_resumed=lambda stale: hear("resumed", stale),
    )
    await store.choose(ConsentChoice(record=True, by="a test"))
    other = database.open_for_writing(paths.database, bytes.fromhex(paths.key.read_text()))
    assert store._log is not None
    store._log._connection.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    record(store, a_session())
    with pytest.raises(StoreBusyError):
        await store.flush()
    assert store.state is StoreState.PAUSED
    assert store.statistics().pending == len(a_session())
    assert heard == [("paused", store.reason, True)]
    other.execute("ROLLBACK")
    other.close()
    assert await store.flush() == len(a_session())
    assert heard[1:] == [("resumed", frozenset(), True)]
    assert (store.state, store.reason) == (StoreState.OPEN, "")
    assert await store.open() is StoreState.OPEN
    await store.close()


async def test_a_store_that_cannot_be_opened_says_why(store: Store, paths: StorePaths) -> None:
    await store.close()
    paths.database.write_bytes(b"not a store")
    assert await store.open() is StoreState.FAILED
    assert "not a store" in store.reason
    assert store.statistics().state == "failed"
    record(store, a_session())
    assert await store.flush() == 0
    assert paths.database.read_bytes() == b"not a store"
    with pytest.raises(StoreError, match="not a store"):
        store.reading()


async def test_a_newer_store_is_refused(store: Store, paths: StorePaths) -> None:
    await store.close()
    connection = database.open_for_writing(paths.database, bytes.fromhex(paths.key.read_text()))
    connection.execute("INSERT INTO migrations VALUES ('m999_of_tomorrow', 0)")
    connection.close()
    assert await store.open() is StoreState.FAILED
    assert "newer version" in store.reason


async def test_the_record_is_read_in_a_new_process_that_does_not_record(
    store: Store, paths: StorePaths, clock: Clock
) -> None:
    record(store, a_session())
    await store.close()
    reader = Store(paths, clock, {}, StoreSettings(key_policy=KeyPolicy.FILE))
    queries = reader.reading()
    assert list(queries.events("s1")) == a_session()
    with pytest.raises(StoreError, match="no such session"):
        list(queries.events("s2"))
    queries.close()
    assert reader.key_source == "key file"


async def test_closing_twice_is_harmless(store: Store) -> None:
    await asyncio.gather(store.close(), store.close())
    assert store.state is StoreState.OFF
