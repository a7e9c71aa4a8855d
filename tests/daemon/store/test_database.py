"""Opening files that are not a store, or not ours; pragmas; transactions; migrations."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from echo_core.errors import StoreBusyError, StoreError, StoreKeyError
from echo_core.records.events import KINDS
from echo_core.records.wire import SampleQuery, SamplesQuery
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.store import database
from echo_daemon.store.log import EventLog
from echo_daemon.store.migrations import STEPS, check_version, migrate
from echo_daemon.store.queries import Queries
from echo_daemon.store.rebuilding import Rebuilding
from echo_daemon.store.rows import RowWriter
from echo_daemon.store.texts import unpacked
from echo_testing.contents import contents_of, lost

if TYPE_CHECKING:
    from sqlite_utils import Database

KEY = bytes(range(32))
COMPAT = Path(__file__).parents[2] / "compat"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "store.db"
    connection = database.open_for_writing(path, KEY)
    migrate(connection, 0)
    connection.close()
    return path


def pragma(connection: database.Connection, name: str) -> object:
    ((value,),) = connection.execute(f"PRAGMA {name}")
    return value


def test_pragmas(path: Path) -> None:
    connection = database.open_for_writing(path, KEY)
    wanted = {
        "journal_mode": "wal",
        "synchronous": 1,
        "auto_vacuum": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "secure_delete": 2,
        "temp_store": 2,
        "cipher_log_level": "NONE",
        "busy_timeout": database.BUSY_WAIT_MS,
    }
    assert {name: pragma(connection, name) for name in wanted} == wanted
    with database.durable_transaction(connection):
        assert pragma(connection, "synchronous") == 2
    assert pragma(connection, "synchronous") == 1
    connection.close()


def test_a_reader_cannot_write(path: Path) -> None:
    connection = database.open_for_reading(path, KEY)
    with pytest.raises(StoreError, match="cannot be written"), database.translated():
        connection.execute("DELETE FROM events")
    connection.close()


def test_a_file_that_others_could_read_is_made_private(path: Path) -> None:
    path.chmod(0o644)
    database.open_for_writing(path, KEY).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("open_it", [database.open_for_writing, database.open_for_reading])
class TestRefusals:
    def test_a_wrong_key(self, path: Path, open_it: type) -> None:
        before = path.read_bytes()
        with pytest.raises(StoreKeyError, match="does not open") as caught:
            open_it(path, bytes(32))
        assert "00000000" not in repr(caught.value) + repr(caught.value.__cause__)
        assert path.read_bytes() == before

    def test_a_short_key(self, path: Path, open_it: type) -> None:
        with pytest.raises(StoreKeyError, match="needs 32"):
            open_it(path, b"short")

    def test_a_plain_database(self, tmp_path: Path, open_it: type) -> None:
        path = tmp_path / "plain.db"
        plain = sqlite3.connect(path)
        plain.execute("CREATE TABLE t (x)")
        plain.close()
        with pytest.raises(StoreError, match="unencrypted"):
            open_it(path, KEY)

    def test_something_short(self, tmp_path: Path, open_it: type) -> None:
        path = tmp_path / "short.db"
        path.write_bytes(b"hello")
        with pytest.raises(StoreError, match="not a store"):
            open_it(path, KEY)

    def test_a_folder(self, tmp_path: Path, open_it: type) -> None:
        with pytest.raises(StoreError, match="cannot be opened"):
            open_it(tmp_path, KEY)

    def test_no_folder_to_be_had(self, tmp_path: Path, open_it: type) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match="cannot be opened"):
            open_it(tmp_path / "file" / "store.db", KEY)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Modes of files mean nothing to root: be nobody for a while where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written(path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders let nobody else in
        folder = Path(name)
        shutil.copy(path, folder / "store.db")
        (folder / "store.db").chmod(0o444)
        folder.chmod(0o555)
        for file in ("store.db", "new.db"):
            with as_somebody_else(), pytest.raises(StoreError, match="make its folder writable"):
                database.open_for_writing(folder / file, KEY)
        folder.chmod(0o755)


def test_damage_is_found(path: Path) -> None:
    connection = database.open_for_writing(path, KEY)
    for number in range(100):
        connection.execute(
            "INSERT INTO snapshots (digest, chars, zstd) VALUES (?, 1, ?)",
            (bytes([number]), os.urandom(2000)),
        )
    connection.close()
    content = bytearray(path.read_bytes())
    content[-100] ^= 1  # in a page of snapshots, the last that was made
    path.write_bytes(content)
    connection = database.open_for_reading(path, KEY)
    assert database.problems(connection)
    connection.close()


def test_an_empty_file_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert not database.exists(path)
    path.touch()
    assert not database.exists(path)
    path.write_bytes(b"x")
    assert database.exists(path)


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    connection = database.open_for_writing(path, KEY)
    insert = "INSERT INTO documents (uri, language) VALUES ('a', 'b')"

    def half() -> None:
        with database.transaction(connection):
            connection.execute(insert)
            connection.execute(insert)

    with pytest.raises(database.LibraryError, match="UNIQUE"):
        half()
    assert connection.execute("SELECT count(*) FROM documents").fetchall() == [(0,)]
    other = database.open_for_writing(path, KEY)
    other.execute("PRAGMA busy_timeout = 1")
    with database.transaction(connection), pytest.raises(StoreBusyError), database.translated():
        other.execute("BEGIN IMMEDIATE")
    other.close()
    connection.close()


def test_every_kind_of_event_has_its_number(path: Path) -> None:
    connection = database.open_for_reading(path, KEY)
    assert {name for (name,) in connection.execute("SELECT name FROM kinds")} == set(KINDS)
    connection.close()


def test_migrations_run_once(path: Path) -> None:
    connection = database.open_for_writing(path, KEY)
    assert migrate(connection, 1) == []
    check_version(connection)
    connection.close()


def test_a_step_that_fails_leaves_nothing(path: Path) -> None:
    def m900_good(db: Database) -> None:
        db.execute("CREATE TABLE good (x)")

    def m901_bad(db: Database) -> None:
        db.execute("CREATE TABLE half (x)")
        db.execute("CREATE TABLE half (x)")

    connection = database.open_for_writing(path, KEY)
    with pytest.raises(StoreError):
        migrate(connection, 1, [*STEPS, m900_good, m901_bad])
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert "good" in tables
    assert "half" not in tables
    with pytest.raises(StoreError, match="newer version"):  # m900 is now unknown to this version
        migrate(connection, 1)
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        Queries(path, KEY)


def test_a_store_that_was_never_made_up_to_date_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    connection = database.open_for_writing(path, KEY)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(StoreError, match="older version"):
        Queries(path, KEY)


async def test_the_store_of_schema_1_is_read_and_goes_on(tmp_path: Path) -> None:
    """The fixture was written when schema 1 was new; see make_store_schema_1.py beside it."""
    path = tmp_path / "store.db"
    shutil.copy(COMPAT / "store_schema_1.db", path)
    connection = database.open_for_writing(path, KEY)
    migrate(connection, 1)
    log = EventLog(connection)
    queries = Queries(path, KEY)
    (session,) = queries.sessions()
    events = list(queries.events(session.session))
    assert [event.kind for event in events] == [
        "open", "focus", "edit", "cursor", "request", "proposal", "outcome", "edit", "save",
        "head", "close",
    ]  # fmt: skip
    (row,) = queries.samples(SamplesQuery()).rows
    detail = queries.sample(SampleQuery(row.id))
    assert (detail.target, detail.proposal) == ("    return 1\n", "    return 1")
    assert queries.metrics().gaps == {"live": 1, "left": 1}
    for event in events:
        log.append(event, "a new session")
    assert await log.flush() == 2 * len(events)
    assert list(queries.events("a new session")) == events
    assert queries.problems() == []
    queries.close()
    log.close()


def test_the_store_of_schema_1_can_be_made_again(tmp_path: Path) -> None:
    """Compressed bytes may differ from one version of zstd to the next; what is in them may not."""
    name = "make_store_schema_1.py"
    made = runpy.run_path(str(COMPAT / name))
    made["make"](tmp_path / "again.db")
    kept = tmp_path / "kept.db"
    shutil.copy(COMPAT / "store_schema_1.db", kept)
    found = []
    for path in (tmp_path / "again.db", kept):
        with closing(database.open_for_reading(path, KEY)) as connection:
            tables = sorted({"kinds", "migrations", *made["ROWS"]})
            rows = {
                table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables
            }
            ((text,),) = connection.execute("SELECT zstd FROM snapshots").fetchall()
            base = unpacked(text)
            rows["samples"] = [(*row[:-1], unpacked(row[-1], base)) for row in rows["samples"]]
            rows["snapshots"] = [(*row[:-1], unpacked(row[-1])) for row in rows["snapshots"]]
            schema = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")
            found.append((rows, schema.fetchall()))
    assert found[0] == found[1]


def test_the_store_of_schema_2_is_not_made_by_a_later_schema(tmp_path: Path) -> None:
    made = runpy.run_path(str(COMPAT / "make_store_schema_2.py"))
    with pytest.raises(SystemExit, match=made["MADE_AT"]):
        made["make"](tmp_path / "store.db")


@pytest.mark.parametrize("stop", range(2, len(STEPS) + 1))
async def test_the_store_of_schema_2_loses_nothing(stop: int, tmp_path: Path) -> None:
    """By way of any version between, and a rebuild changes nothing that its samples said.

    What they did not know of lives (m011) it learns; then there is nothing to put right.
    The fixture was lived when schema 2 was new; see make_store_schema_2.py beside it.
    """
    path = tmp_path / "store.db"
    shutil.copy(COMPAT / "store_schema_2.db", path)
    before = json.loads((COMPAT / "store_schema_2.json").read_text("utf-8"))
    connection = database.open_for_writing(path, KEY)
    migrate(connection, 1, STEPS[:stop])
    migrate(connection, 2)
    assert lost(before, contents_of(connection)) == []
    log = EventLog(connection)
    made: list[Rebuilding] = []

    def rebuild(connection: database.Connection, rows: RowWriter) -> Iterator[None]:
        made.append(Rebuilding(connection, rows, RapidMatcher(), lambda _: None))
        return made[0].steps()

    for _ in range(2):
        await log.work(rebuild)
        assert lost(before["samples"], contents_of(connection)["samples"]) == []
    assert made[1].report().samples_differing == 0
    with closing(Queries(path, KEY)) as queries:
        assert queries.problems() == []
    log.close()
