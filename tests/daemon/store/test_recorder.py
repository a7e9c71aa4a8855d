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

from echo_core import events as ev
from echo_core.edits import Edit, apply_all
from echo_core.errors import StoreBusyError, StoreError
from echo_core.gap import Break
from echo_core.sample import Sample
from echo_core.wire import ConsentChoice, SampleQuery, SamplesQuery
from echo_daemon.store import database
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings, StoreState

if TYPE_CHECKING:
    from echo_core.clock import Clock

CANARY = "xyzzy_canary_plugh"
DOC = "file:///home/someone/canary_folder/a.py"


def a_session(doc: str = DOC) -> list[ev.Event]:
    """Every kind of event, in an order that could be."""
    return [
        ev.Opened(1, doc, "python", 1, f"def {CANARY}():\n"),
        ev.Focused(2, doc),
        ev.Edited(3, doc, 2, (Edit(0, 0, "a\ud800"), Edit(2, 3, "")), ev.Origin.TYPED),
        ev.CursorMoved(4, doc, 1, 2),
        ev.Requested(5, "r1", doc, 2, 2, ev.Trigger.INVOKED),
        ev.Proposed(6, "r1", "p1", f"return {CANARY}", "m", -0.25, 12.5, 700, 3, 5, "proposed"),
        ev.Outcome(7, "p1", ev.OutcomeKind.ACCEPTED, 7),
        ev.Edited(8, doc, 3, (Edit(2, 2, "return "),), ev.Origin.ACCEPTED),
        ev.Saved(9, doc),
        ev.HeadMoved(10, "abc"),
        ev.Closed(11, doc),
    ]


def a_sample(request: str = "r1", **changes: object) -> Sample:
    values: dict[str, object] = {
        "request": request,
        "doc": DOC,
        "language": "python",
        "prefix": f"def {CANARY}():\n    ",
        "target": "return \ud800\n",
        "suffix": "\n",
        "proposal": f"return {CANARY}",
        "proposal_id": "p1",
        "model": "m",
        "accepted_chars": 7,
        "break_reason": Break.LEFT,
        "opened_at_ms": 5,
        "broken_at_ms": 20,
    }
    return Sample(**(values | changes))  # type: ignore[arg-type]


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


async def test_a_long_session_is_read_page_by_page(store: Store) -> None:
    store.append(ev.Opened(0, DOC, "python", 0, "start "), "s1")
    for number in range(5_000):
        edit = Edit(number, number, str(number % 10))
        store.append(ev.Edited(number, DOC, number, (edit,), ev.Origin.TYPED), "s1")
        store.append(ev.Focused(number, DOC), "s2")
    await store.flush()
    queries = store.reading()
    text = ""
    for event in queries.events("s1"):
        text = event.text if isinstance(event, ev.Opened) else text
        text = apply_all(text, event.edits) if isinstance(event, ev.Edited) else text
    assert text == "0123456789" * 500 + "start "
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


async def test_samples_come_back_with_their_texts(store: Store) -> None:
    record(store, a_session()[:5])
    window = "".join(f"line {number} of the window\n" for number in range(300))
    for number in range(20):
        store.write_gap_opened(f"r{number}", "s1", DOC, 5)
        store.write_gap_broken(f"r{number}", 20, Break.LEFT)
        store.write_sample(a_sample(f"r{number}", prefix=window, target=f"x = {number}\n"))
    store.write_sample(a_sample("r-void", target="", proposal="", break_reason=Break.SETTLED))
    await store.flush()
    queries = store.reading()
    found = queries.samples(SamplesQuery(limit=5))
    assert (len(found.rows), found.total) == (5, 21)
    newest = queries.sample(SampleQuery(found.rows[0].id))
    assert (newest.request, newest.target, newest.row.target_lines) == ("r-void", "", 0)
    detail = queries.sample(SampleQuery(found.rows[1].id))
    assert (detail.prefix, detail.target, detail.suffix) == (window, "x = 19\n", "\n")
    assert (detail.proposal, detail.model) == (f"return {CANARY}", "m")
    assert (detail.row.doc, detail.row.language, detail.row.break_reason) == (DOC, "python", "left")
    assert (detail.row.opened_at_ms, detail.row.lived_ms, detail.row.target_lines) == (5, 15, 1)
    assert queries.samples(SamplesQuery(break_reason="settled")).total == 1
    assert queries.samples(SamplesQuery(with_proposal=True)).total == 20
    with pytest.raises(StoreError, match="no sample 999"):
        queries.sample(SampleQuery(999))
    queries.close()


async def test_a_second_sample_of_a_request_replaces_the_first(store: Store) -> None:
    store.write_sample(a_sample(target="one"))
    store.write_sample(a_sample(target="two\n\ud800"))
    await store.flush()
    queries = store.reading()
    (row,) = queries.samples(SamplesQuery()).rows
    assert queries.sample(SampleQuery(row.id)).target == "two\n\ud800"
    assert (row.target_chars, row.target_lines) == (5, 2)
    queries.close()


async def test_metrics_count_what_happened(store: Store) -> None:
    record(store, a_session())
    store.append(ev.Outcome(12, "p1", ev.OutcomeKind.PARTIAL, 3), "s1")
    store.append(ev.Outcome(12, "p2", ev.OutcomeKind.SHOWN, 9), "s1")
    store.append(ev.Outcome(12, "p2", ev.OutcomeKind.DISMISSED, 9), "s1")
    for number in range(1, 100):  # 99 cheap answers beside the one of 12.5 ms
        answer = ev.Proposed(13, f"q{number}", "", "", "m", 0.0, 0.5, 7, 1, 0, "nothing_written")
        store.append(answer, "s1")
    store.append(ev.Proposed(14, "q0", "p1", "x", "", 0.0, 0.0, 0, 0, 0, "proposed"), "s1")
    store.write_gap_opened("r1", "s1", DOC, 5)
    store.write_gap_opened("r2", "s1", DOC, 6)
    store.write_gap_broken("r1", 20, Break.LEFT)
    store.write_sample(a_sample())
    store.write_sample(a_sample("r0", accepted_chars=5))  # an overlapping gap: the same characters
    await store.flush()
    queries = store.reading()
    metrics = queries.metrics()
    queries.close()
    assert (metrics.requests, metrics.shown, metrics.accepted) == (1, 2, 1)
    assert (metrics.accepted_chars, metrics.accepted_kept_chars) == (7, 7)
    assert (metrics.typed_chars, metrics.edits) == (2, 3)
    assert (metrics.latency_p50_ms, metrics.latency_p95_ms) == (0.5, 0.5)
    assert metrics.tokens_per_key_p50 == 1
    assert metrics.gaps == {"left": 1, "live": 1}
    assert metrics.samples == 2
    assert metrics.reasons == {"proposed": 2, "nothing_written": 99}
    assert metrics.events["proposal"] == 101


async def test_an_empty_store_has_zeros(store: Store) -> None:
    queries = store.reading()
    metrics = queries.metrics()
    queries.close()
    assert (metrics.requests, metrics.latency_p95_ms, metrics.gaps) == (0, 0.0, {})


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


async def test_the_views_show_what_the_log_holds(store: Store, paths: StorePaths) -> None:
    record(store, a_session())
    await store.flush()
    connection = database.open_for_reading(paths.database, bytes.fromhex(paths.key.read_text()))
    assert connection.execute(
        "SELECT doc, version, origin, start, deleted, inserted FROM edits"
    ).fetchall() == [
        (DOC, 2, "typed", 0, 0, "a\ud800"),
        (DOC, 2, "typed", 2, 1, ""),
        (DOC, 3, "accepted", 2, 0, "return "),
    ]
    assert connection.execute(
        'SELECT doc, request, version, "offset", "trigger" FROM requests'
    ).fetchall() == [(DOC, "r1", 2, 2, "invoked")]
    assert connection.execute(
        "SELECT request, proposal, text, model, logprob_mean, latency_ms, tokens_prompt,"
        " tokens_evaluated, tokens_written, reason FROM proposals"
    ).fetchall() == [("r1", "p1", f"return {CANARY}", "m", -0.25, 12.5, 700, 3, 5, "proposed")]
    assert connection.execute("SELECT proposal, outcome, chars FROM outcomes").fetchall() == [
        ("p1", "accepted", 7)
    ]
    connection.close()


async def test_off_until_chosen_and_nothing_is_made(paths: StorePaths, clock: Clock) -> None:
    store = Store(paths, clock, {})
    assert await store.open() is StoreState.OFF
    record(store, a_session())
    store.write_sample(a_sample())
    with store.together():
        store.write_gap_opened("r", "s", DOC, 1)
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
