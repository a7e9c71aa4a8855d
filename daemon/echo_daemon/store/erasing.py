"""Taking things out of the store: steps that the writer's thread runs between its batches.

    hide     what leaves a session is put before its `first_seq`: no reader sees it from then on
    sweep    once over the log: hidden rows go, and with them what nothing names any more
    shrink   the pages that became free go back to the disk

Left out: what is old (`keeping`), what a person wants forgotten (`forgetting`).

Rules
 - A generator here yields between two steps; each step is a transaction, or reads only.
 - After every step the store is whole: a killed process leaves hidden rows, and SQLite's
   `user_version` says that a sweep is due.
 - What is left of a session replays: it begins with the whole texts of the documents that were
   open then, which stand in the log as if they had been opened at that moment.
 - A session that this process writes is never removed, however old: its editor may go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from echo_core import codec
from echo_core.edits import apply_all
from echo_core.errors import StoreError
from echo_core.events import Closed, Edited, Opened, Renamed
from echo_daemon.store.database import PAGE_BYTES, Connection, Row, Value, transaction
from echo_daemon.store.rows import RowWriter
from echo_daemon.store.texts import text_of, unpacked, utf8

EVENTS_STEP: Final = 500  # replayed at a step: 5 ms
SEQS_STEP: Final = 10_000  # rows of the log at a step: 3 ms to look at, 40 to remove
SNAPSHOTS_STEP: Final = 100  # removed at a step; each is a few pages
PAGES_STEP: Final = 256  # given back at a step: 1 MiB

_PAGE: Final = """
SELECT e.seq, e.at_ms, k.name, e.doc, e.body, e.snapshot, d.uri
FROM events AS e JOIN kinds AS k ON k.id = e.kind LEFT JOIN documents AS d ON d.id = e.doc
WHERE e.session = ? AND e.seq > ? ORDER BY e.seq LIMIT ?
"""
_OPENED: Final = """
INSERT INTO events (seq, session, at_ms, kind, doc, body, snapshot)
SELECT ?, ?, ?, id, ?, ?, ? FROM kinds WHERE name = 'open'
"""
HIDDEN: Final = (
    "seq > ?1 AND seq <= ?2 AND seq < (SELECT first_seq FROM sessions WHERE id = session)"
)
# The gaps of requests that leave the log; their samples stay.
_GAPS_OF: Final = """
DELETE FROM gaps WHERE request IN (
    SELECT CAST(body AS TEXT) ->> 0 FROM events
    WHERE kind = (SELECT id FROM kinds WHERE name = 'request') AND {where})
"""


@dataclass(slots=True)
class _Text:
    """A document as it stood at some moment of a session."""

    uri: str
    language: str
    version: int
    text: str


def numbers(connection: Connection, sql: str, values: Sequence[Value] = ()) -> list[int]:
    """The first column of all rows, which are integers or NULL."""
    return [row[0] for row in connection.execute(sql, values).fetchall() if isinstance(row[0], int)]


def number(connection: Connection, sql: str, values: Sequence[Value] = ()) -> int:
    """The one integer that a question has for an answer; 0 where that is NULL."""
    found = numbers(connection, sql, values)
    return found[0] if found else 0


def last_seq(connection: Connection) -> int:
    """The end of the log."""
    return number(connection, "SELECT max(seq) FROM events")


def is_sweep_due(connection: Connection) -> bool:
    """Whether something is hidden that no sweep has removed."""
    return bool(number(connection, "PRAGMA user_version"))


@contextmanager
def _hiding(connection: Connection) -> Iterator[None]:
    with transaction(connection):
        connection.execute("PRAGMA user_version = 1")
        yield


# --- hide -------------------------------------------------------------------------------------


def hide_session(connection: Connection, session: int) -> Iterator[None]:
    """Hide all of a session."""
    with _hiding(connection):
        connection.execute(
            "UPDATE sessions SET first_seq = ?, events = 0 WHERE id = ?",
            (last_seq(connection) + 1, session),
        )
    yield


def hide_before(
    connection: Connection, rows: RowWriter, session: int, before_ms: int
) -> Iterator[None]:
    """Hide what happened in a session before `before_ms`; it then begins with whole texts."""
    texts: dict[int, _Text] = {}
    # One is needed for each open document, and each was opened by an event of its own.
    seqs: deque[int] = deque(maxlen=1 << 16)
    after = number(connection, "SELECT first_seq FROM sessions WHERE id = ?", (session,)) - 1
    hidden = cut_ms = 0
    going_on = True
    while going_on:
        page = connection.execute(_PAGE, (session, after, EVENTS_STEP)).fetchall()
        going_on = len(page) == EVENTS_STEP
        for row in page:
            seq, at_ms = _integer(row[0]), _integer(row[1])
            if at_ms >= before_ms:
                going_on = False
                break
            _replay(connection, texts, row)
            seqs.append(seq)
            after, cut_ms, hidden = seq, at_ms, hidden + 1
        if going_on:
            yield
    if hidden == len(texts):  # nothing, or what an earlier cut left at the beginning
        return
    with _hiding(connection):
        free = list(seqs)[len(seqs) - len(texts) :]
        connection.executemany("DELETE FROM events WHERE seq = ?", [(seq,) for seq in free])
        for seq, (doc, text) in zip(free, sorted(texts.items()), strict=True):
            opened = Opened(cut_ms, text.uri, text.language, text.version, text.text)
            digest = rows.snapshot(utf8(text.text), len(text.text))
            connection.execute(_OPENED, (seq, session, cut_ms, doc, codec.encode(opened), digest))
        connection.execute(
            "UPDATE sessions SET first_seq = ?, events = events - ? WHERE id = ?",
            (free[0] if free else after + 1, hidden - len(free), session),
        )
    yield


def _replay(connection: Connection, texts: dict[int, _Text], row: Row) -> None:
    """Take one event into the texts."""
    _, at_ms, kind, doc, body, snapshot, uri = row
    if kind not in (Opened.kind, Edited.kind, Closed.kind, Renamed.kind):
        return
    if not isinstance(doc, int) or not isinstance(body, bytes):
        raise StoreError("An event in the store is damaged: run `echoctl doctor`.")
    text = _snapshot(connection, snapshot) if isinstance(snapshot, bytes) else ""
    event = codec.decode(str(kind), body, at_ms=_integer(at_ms), doc=str(uri), text=text)
    match event:
        case Opened():
            texts[doc] = _Text(event.doc, event.language, event.version, event.text)
        case Edited() if doc in texts:
            texts[doc].text = apply_all(texts[doc].text, event.edits)
            texts[doc].version = event.version
        case Closed():
            texts.pop(doc, None)
        case Renamed() if doc in texts:
            renamed = replace(texts.pop(doc), uri=event.to)
            texts[_document(connection, event.to, renamed.language)] = renamed
        case _:
            pass


def _document(connection: Connection, uri: str, language: str) -> int:
    """The number of a document, of which there may be no event yet."""
    values = (utf8(uri), utf8(language))
    connection.execute(
        "INSERT OR IGNORE INTO documents (uri, language) VALUES (CAST(? AS TEXT), CAST(? AS TEXT))",
        values,
    )
    return number(connection, "SELECT id FROM documents WHERE uri = CAST(? AS TEXT)", values[:1])


def _snapshot(connection: Connection, digest: bytes) -> str:
    found = connection.execute("SELECT zstd FROM snapshots WHERE digest = ?", (digest,)).fetchall()
    if not found or not isinstance(found[0][0], bytes):
        raise StoreError("A document's text is missing in the store: run `echoctl doctor`.")
    return text_of(unpacked(found[0][0]))


# --- sweep ------------------------------------------------------------------------------------


def ranges(connection: Connection) -> Iterator[tuple[int, int]]:
    """The log in pieces, as (after, up to), to its end as it is when that is reached."""
    low = number(connection, "SELECT coalesce(min(seq), 1) FROM events") - 1
    while low < (end := last_seq(connection)):
        high = min(low + SEQS_STEP, end)
        yield low, high
        low = high


def remove_events(connection: Connection, where: str, values: Sequence[Value]) -> int:
    """Remove the events that fit, and the gaps of the requests among them; how many events."""
    connection.execute(_GAPS_OF.format(where=where), values)
    return connection.execute(f"DELETE FROM events WHERE {where}", values).rowcount  # noqa: S608 - constants


def sweep(connection: Connection, rows: RowWriter, *, spare: frozenset[str]) -> Iterator[None]:
    """Remove what is hidden, then sessions (but those in `spare`), documents and snapshots that
    nothing names."""
    docs: set[Value] = set()
    digests: set[Value] = set()
    rows.named.clear()
    for low, high in ranges(connection):
        with transaction(connection):
            remove_events(connection, HIDDEN, (low, high))
        for doc, digest in connection.execute(
            "SELECT DISTINCT doc, snapshot FROM events WHERE seq > ? AND seq <= ?", (low, high)
        ):
            docs.add(doc)
            digests.add(digest)
        if high < last_seq(connection):
            yield
    # What was read above still holds: no event was added since, for no step has ended.
    for sql, found in (
        ("SELECT DISTINCT doc FROM samples", docs),
        ("SELECT DISTINCT doc FROM gaps", docs),
        ("SELECT DISTINCT base FROM samples", digests),
    ):
        found.update(row[0] for row in connection.execute(sql))
    garbage = [
        digest
        for (digest,) in connection.execute("SELECT digest FROM snapshots")
        if digest not in digests and digest not in rows.named
    ]
    rows.named.clear()
    rows.forget()  # the writer looks up anew what it will name from here on
    with _without_foreign_keys(connection), transaction(connection):
        _remove_sessions(connection, spare)
        gone = [(doc,) for doc in numbers(connection, "SELECT id FROM documents")]
        connection.executemany(
            "DELETE FROM documents WHERE id = ?", [row for row in gone if row[0] not in docs]
        )
    yield
    yield from _remove_snapshots(connection, rows, garbage)
    connection.execute("PRAGMA user_version = 0")


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Without an index for it, SQLite would look through the whole log for each row that goes."""
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _remove_sessions(connection: Connection, spare: frozenset[str]) -> None:
    empty = connection.execute("SELECT id, name FROM sessions WHERE events = 0").fetchall()
    gone = [(session,) for session, name in empty if name not in spare]
    for sql in ("DELETE FROM gaps WHERE session = ?", "DELETE FROM sessions WHERE id = ?"):
        connection.executemany(sql, gone)
    # The numbers at the end of the log may be used again: no session may begin behind them.
    connection.execute(
        "UPDATE sessions SET first_seq = min(first_seq, ?) WHERE events = 0",
        (last_seq(connection) + 1,),
    )


def _remove_snapshots(
    connection: Connection, rows: RowWriter, garbage: list[Value]
) -> Iterator[None]:
    for start in range(0, len(garbage), SNAPSHOTS_STEP):
        step = [
            (digest,)
            for digest in garbage[start : start + SNAPSHOTS_STEP]
            if digest not in rows.named  # the writer has found it and named it since
        ]
        with _without_foreign_keys(connection), transaction(connection):
            connection.executemany("DELETE FROM snapshots WHERE digest = ?", step)
        yield


# --- shrink -----------------------------------------------------------------------------------


def used_bytes(connection: Connection) -> int:
    """Bytes of pages that hold something."""
    pages = number(connection, "PRAGMA page_count") - number(connection, "PRAGMA freelist_count")
    return pages * PAGE_BYTES


def shrink(connection: Connection) -> Iterator[None]:
    """Give free pages back to the disk."""
    free = number(connection, "PRAGMA freelist_count")
    while free:
        connection.execute(f"PRAGMA incremental_vacuum({PAGES_STEP})").fetchall()
        yield
        before, free = free, number(connection, "PRAGMA freelist_count")
        if free >= before:
            return  # a reader holds them


def _integer(value: Value) -> int:
    if not isinstance(value, int):
        raise StoreError("A number in the store is damaged: run `echoctl doctor`.")
    return value
