"""SQLCipher connections: opened with a raw key, with the pragmas of this store, errors translated.

Left out: where the key comes from (`keys`), the schema (`migrations`), who writes (`log`).

Rules
 - The key appears in no message, log or exception; the file is never opened without it.
 - One connection writes (the log's thread); reading has connections of its own.
 - Every exception of the library leaves this package as a `StoreError` with one sentence.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from sqlcipher3 import dbapi2
from sqlite_utils import Database

from echo_core.errors import StoreBusyError, StoreError, StoreKeyError


class StoreGoneError(StoreError):
    """The file that is open does not stand in its place any more; it must be opened anew."""


Value: TypeAlias = "int | float | str | bytes | None"
Row: TypeAlias = "tuple[Value, ...]"

KEY_BYTES: Final = 32
BUSY_WAIT_MS: Final = 2_000  # a checkpoint of another connection of ours; nothing else competes
WAL_BYTES_MAX: Final = 8 << 20  # what is left of the write-ahead log after a checkpoint
PAGE_BYTES: Final = 4096  # of SQLCipher, which answers no PRAGMA page_size
_PLAIN_MAGIC: Final = b"SQLite format 3\x00"

LibraryError: Final[type[Exception]] = dbapi2.Error

# SQLite's primary result codes (sqlite.org/rescode.html); the binding exports no names for them.
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26

_SENTENCES: Final = {
    _READONLY: "The store cannot be written: make its folder writable for you.",
    _IOERR: "The disk refuses to read or write the store: check the disk, its quota and its cable.",
    _CORRUPT: "The store is damaged: move its folder away and start again, or restore a backup.",
    _FULL: "The disk is full: free some space and recording goes on.",
    _CANTOPEN: "The store cannot be opened: check that its folder exists and is yours.",
}
_WRONG_KEY: Final = (
    "The key does not open this store, or the store is damaged: restore the key that belongs to "
    "it, or move the store's folder away to start a new one."
)


class Cursor(Protocol):
    """What we use of a DB-API cursor."""

    rowcount: int
    lastrowid: int | None

    def fetchone(self) -> Row | None: ...
    def fetchall(self) -> list[Row]: ...
    def __iter__(self) -> Iterator[Row]: ...


class Connection(Protocol):
    """What we use of a DB-API connection; `sqlcipher3` has no types of its own."""

    text_factory: Callable[[bytes], str]

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> Cursor: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[Value]]) -> Cursor: ...
    def create_function(
        self, name: str, narg: int, func: Callable[[bytes], bytes], *, deterministic: bool
    ) -> None: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


def open_for_writing(path: Path, key: bytes) -> Connection:
    """The connection that writes; makes the file (mode 0600) where there is none.

    It may be used by one thread at a time, whichever that is.

    Raises:
        StoreKeyError: the key does not open this file; the file is unchanged.
        StoreError: the file is not a store, or the disk refuses.
    """
    _make_private(path)
    return _opened(path, key, "rw")


def open_for_reading(path: Path, key: bytes) -> Connection:
    """A connection that cannot write; the file must exist.

    Raises:
        StoreKeyError: the key does not open this file.
        StoreError: the file is not a store, or the disk refuses.
    """
    return _opened(path, key, "ro")


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All of the block, or nothing of it; survives a killed process, not always a power cut."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A failed COMMIT (a full disk) has sometimes rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def durable_transaction(connection: Connection) -> Iterator[None]:
    """As `transaction`, and on disk before it returns: survives a power cut."""
    connection.execute("PRAGMA synchronous = FULL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's exceptions into ours.

    Raises:
        StoreError: or one of its leaves, with a sentence that names the remedy.
    """
    try:
        yield
    except LibraryError as error:
        raise translate(error) from error


def translate(error: Exception) -> StoreError:
    """The `StoreError` for an exception of the library."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in (_BUSY, _LOCKED):
        return StoreBusyError("The store is busy in another program: try again in a moment.")
    if primary == _NOTADB:
        return StoreKeyError(_WRONG_KEY)
    sentence = _SENTENCES.get(primary) if primary is not None else None
    # The class and the code alone: a message of SQLite may quote what it stumbled over.
    return StoreError(sentence or f"The store failed ({type(error).__name__}, code {code}).")


def toolbox(connection: Connection) -> Database:
    """sqlite-utils over `connection`, for schema and reading.

    Without its plugins: whatever is installed would be handed the decrypted store. Never with
    `alter=True`, which catches `sqlite3`'s exceptions and not SQLCipher's.
    """
    return Database(connection, execute_plugins=False)


def problems(connection: Connection) -> list[str]:
    """What `cipher_integrity_check` and `quick_check` find; empty when the store is whole."""
    with translated():
        found = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
        found += [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    return [line for line in found if line != "ok"]


def size_bytes(path: Path) -> int:
    """Bytes on disk of the store at `path`, its write-ahead log included."""
    total = 0
    for file in _files(path):
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue
    return total


def destroy(path: Path) -> None:
    """Remove the store at `path` and what SQLite keeps beside it.

    Raises:
        StoreError: something is still there.
    """
    try:
        for file in _files(path):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path} could not be removed ({error.strerror}): make its folder writable."
        ) from error
    if any(os.path.lexists(file) for file in _files(path)):
        raise StoreError(f"{path} is there again: stop what else writes it.")


def _files(path: Path) -> tuple[Path, ...]:
    names = (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal")
    return tuple(path.with_name(name) for name in names)


def identity(path: Path) -> tuple[int, int]:
    """Which file stands at `path`: it may be taken away while it is open.

    Raises:
        StoreGoneError: none does.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise StoreGoneError("The store's file was taken away: a new one is begun.") from error
    return found.st_dev, found.st_ino


def exists(path: Path) -> bool:
    """Whether there is a store at `path`; an empty file (a crash at its birth) is none."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(_SENTENCES[_CANTOPEN]) from error


def _make_private(path: Path) -> None:
    """A file that only its owner can read; SQLite gives the write-ahead log the same mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        refused = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        raise StoreError(_SENTENCES[_READONLY if refused else _CANTOPEN]) from error
    try:
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, 0o600)
    except OSError as error:
        raise StoreError("The store's file is not yours: remove it or take ownership.") from error
    finally:
        os.close(handle)


def _opened(path: Path, key: bytes, mode: str) -> Connection:
    if len(key) != KEY_BYTES:
        raise StoreKeyError(f"The store's key has {len(key)} bytes and needs {KEY_BYTES}.")
    _refuse_foreign(path)
    with translated():
        connection: Connection = dbapi2.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,  # transactions are written out: BEGIN IMMEDIATE
            check_same_thread=False,  # opened by one thread, then used by another
            timeout=BUSY_WAIT_MS / 1000,
        )
        try:
            _configure(connection, key, mode)
        except BaseException:
            connection.close()
            raise
    return connection


def _refuse_foreign(path: Path) -> None:
    """Tell a wrong file from a wrong key as far as that is possible: ciphertext looks random."""
    try:
        with path.open("rb") as file:
            head = file.read(PAGE_BYTES)
    except OSError as error:
        raise StoreError(_SENTENCES[_CANTOPEN]) from error
    if head.startswith(_PLAIN_MAGIC):
        raise StoreError("This is an unencrypted database, not a store: move it away.")
    if 0 < len(head) < PAGE_BYTES:
        raise StoreError("This file is not a store: move it away.")


def _lenient(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


def _configure(connection: Connection, key: bytes, mode: str) -> None:
    connection.text_factory = _lenient
    # SQLCipher's own log would write to stderr, which our log file keeps.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    if connection.execute("PRAGMA page_count").fetchone() == (0,) and mode == "rw":
        # Before the first page is written: later it has no effect, and writes all the same.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # a wrong key fails here
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA mmap_size = 0")
    if mode == "ro":
        connection.execute("PRAGMA query_only = ON")
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = FAST")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
