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

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from echo_core import limits
from echo_core.records import codec
from echo_core.records.events import Opened
from echo_daemon.store.database import PAGE_BYTES, Connection, Value, transaction
from echo_daemon.store.gaps import packed_requests, requests_of
from echo_daemon.store.packs import last_seq, loosen
from echo_daemon.store.rows import ALONE, RowWriter
from echo_daemon.store.standing import Standing, snapshot_text
from echo_daemon.store.texts import packed, utf8
from echo_daemon.store.values import blob, integer

SEQS_STEP: Final = 10_000  # rows of the log at a step: 3 ms to look at, 40 to remove
SNAPSHOTS_STEP: Final = 100  # removed at a step; each is a few pages
PAGES_STEP: Final = 256  # given back at a step: 1 MiB

_OPENED: Final = """
INSERT INTO events (seq, session, at_ms, kind, doc, body, snapshot)
SELECT ?, ?, ?, id, ?, ?, ? FROM kinds WHERE name = 'open'
"""
HIDDEN: Final = (
    "seq > ?1 AND seq <= ?2 AND seq < (SELECT first_seq FROM sessions WHERE id = session)"
)


_HIDDEN_PACKS: Final = """
DELETE FROM packs WHERE last_seq < (SELECT first_seq FROM sessions WHERE id = packs.session)
"""


def numbers(connection: Connection, sql: str, values: Sequence[Value] = ()) -> list[int]:
    """The first column of all rows, which are integers or NULL."""
    return [row[0] for row in connection.execute(sql, values).fetchall() if isinstance(row[0], int)]


def number(connection: Connection, sql: str, values: Sequence[Value] = ()) -> int:
    """The one integer that a question has for an answer; 0 where that is NULL."""
    found = numbers(connection, sql, values)
    return found[0] if found else 0


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
            "UPDATE sessions SET first_seq = ?, events = 0, gaps_live = 0 WHERE id = ?",
            (last_seq(connection) + 1, session),
        )
        for table in ("checkpoints", "breaks"):
            connection.execute(f"DELETE FROM {table} WHERE session = ?", (session,))  # noqa: S608 - constants
    yield


def hide_before(
    connection: Connection, rows: RowWriter, session: int, before_ms: int
) -> Iterator[None]:
    """Hide what happened in a session before `before_ms`; it then begins with whole texts."""
    standing = Standing(connection, session, before_ms=before_ms)
    yield from standing.steps()
    openings = standing.openings()
    yield from _loosen_at(connection, session, standing.seq, len(openings))
    first = number(connection, "SELECT first_seq FROM sessions WHERE id = ?", (session,))
    hidden = 0
    for low in range(first - 1, standing.seq, SEQS_STEP):
        hidden += number(
            connection,
            "SELECT count(*) FROM events WHERE session = ? AND seq > ? AND seq <= ?",
            (session, low, min(low + SEQS_STEP, standing.seq)),
        )
        yield
    hidden += number(
        connection,
        "SELECT sum(events) FROM packs WHERE session = ? AND last_seq <= ?",
        (session, standing.seq),
    )
    if hidden == len(openings):  # nothing, or what an earlier cut left at the beginning
        return
    with _hiding(connection):
        # Each open document was opened by an event of its own: there are enough of them.
        free = numbers(
            connection,
            "SELECT seq FROM events WHERE session = ? AND seq <= ? ORDER BY seq DESC LIMIT ?",
            (session, standing.seq, len(openings)),
        )[::-1]
        connection.executemany("DELETE FROM events WHERE seq = ?", [(seq,) for seq in free])
        for seq, opened in zip(free, openings, strict=True):
            doc = _document(connection, opened)
            digest = rows.snapshot(utf8(opened.text), len(opened.text))
            body = codec.encode(opened)
            connection.execute(_OPENED, (seq, session, opened.at_ms, doc, body, digest))
        connection.execute(
            "DELETE FROM checkpoints WHERE session = ? AND seq <= ?", (session, standing.seq)
        )
        connection.execute(
            "UPDATE sessions SET first_seq = ?, events = events - ? WHERE id = ?",
            (free[0] if free else standing.seq + 1, hidden - len(free), session),
        )
        _hide_gaps(connection, session, standing.seq, before_ms)
    yield


def _document(connection: Connection, opened: Opened) -> int:
    """The number of a document, which may have come by this name without an event of its own."""
    values = (utf8(opened.doc), utf8(opened.language))
    connection.execute(
        "INSERT OR IGNORE INTO documents (uri, language) VALUES (CAST(? AS TEXT), CAST(? AS TEXT))",
        values,
    )
    return number(connection, "SELECT id FROM documents WHERE uri = CAST(? AS TEXT)", values[:1])


def _loosen_at(connection: Connection, session: int, cut: int, count: int) -> Iterator[None]:
    """Put the block that a cut goes through back into rows, and as many before it as it takes for
    the last `count` events up to the cut to be rows."""
    yield from loosen(connection, "session = ? AND seq <= ? AND last_seq > ?", (session, cut, cut))
    while True:
        last = number(
            connection,
            "SELECT max(last_seq) FROM packs WHERE session = ? AND seq <= ?",
            (session, cut),
        )
        rows = number(
            connection,
            "SELECT count(*) FROM events WHERE session = ? AND seq > ? AND seq <= ?",
            (session, last, cut),
        )
        if not last or rows >= count:
            return
        yield from loosen(connection, "session = ? AND last_seq = ?", (session, last))


def _hide_gaps(connection: Connection, session: int, cut: int, before_ms: int) -> None:
    """Remove the gaps of the requests up to number `cut`, which all came before `before_ms`.

    What is alive is younger, and stays.
    """
    connection.execute(
        "DELETE FROM breaks WHERE session = ? AND broken_ms < ?", (session, before_ms)
    )
    # A gap lives for minutes: only these rows can hold some that opened before and some after.
    until_ms = before_ms + limits.GAP_LIFETIME_MS
    both = connection.execute(
        "SELECT id, requests FROM breaks WHERE session = ? AND broken_ms <= ?", (session, until_ms)
    ).fetchall()
    if both:
        left = set(requests_in(connection, "session = ? AND seq > ?", (session, cut)))
        for row, body in both:
            keep_gaps(connection, integer(row), requests_of(blob(body)), left)


def requests_in(connection: Connection, where: str, values: Sequence[Value]) -> list[str]:
    """The names of the requests among the events that fit."""
    names = "SELECT CAST(body AS TEXT) ->> 0 FROM log JOIN kinds ON kinds.id = kind"
    found = connection.execute(f"{names} WHERE kinds.name = 'request' AND {where}", values)
    return [str(row[0]) for row in found.fetchall()]


def keep_gaps(connection: Connection, row: int, requests: list[str], left: set[str]) -> int:
    """Keep those gaps of a row of `breaks` whose requests are `left`; how many went."""
    kept = [request for request in requests if request in left]
    if not kept:
        connection.execute("DELETE FROM breaks WHERE id = ?", (row,))
    elif len(kept) < len(requests):
        connection.execute(
            "UPDATE breaks SET gaps = ?, requests = ? WHERE id = ?",
            (len(kept), packed_requests(kept), row),
        )
    return len(requests) - len(kept)


# --- sweep ------------------------------------------------------------------------------------


def ranges(connection: Connection) -> Iterator[tuple[int, int]]:
    """The log in pieces, as (after, up to), to its end as it is when that is reached."""
    low = number(connection, "SELECT coalesce(min(seq), 1) FROM events") - 1
    while low < (end := number(connection, "SELECT max(seq) FROM events")):
        high = min(low + SEQS_STEP, end)
        yield low, high
        low = high


def remove_events(connection: Connection, where: str, values: Sequence[Value]) -> int:
    """Remove the events that fit; how many these were."""
    gone = connection.execute(f"DELETE FROM events WHERE {where}", values).rowcount  # noqa: S608 - constants
    # The numbers at the end of the log may be used again, by events that are in no checkpoint.
    connection.execute("DELETE FROM checkpoints WHERE seq > ?", (last_seq(connection),))
    return gone


def sweep(connection: Connection, rows: RowWriter, *, spare: frozenset[str]) -> Iterator[None]:
    """Remove what is hidden, then sessions (but those in `spare`), documents and snapshots that
    nothing names."""
    docs: set[Value] = set()
    digests: set[Value] = set()
    rows.named.clear()
    with transaction(connection):
        connection.execute(_HIDDEN_PACKS)
    for low, high in ranges(connection):
        with transaction(connection):
            remove_events(connection, HIDDEN, (low, high))
        for doc, digest in connection.execute(
            "SELECT DISTINCT doc, snapshot FROM events WHERE seq > ? AND seq <= ?", (low, high)
        ):
            docs.add(doc)
            digests.add(digest)
        if high < number(connection, "SELECT max(seq) FROM events"):
            yield
    # What was read above still holds: no event was added since, for no step has ended.
    for sql, found in (
        ("SELECT DISTINCT j.value FROM packs, json_each(packs.docs) AS j", docs),
        ("SELECT DISTINCT doc FROM samples", docs),
        ("SELECT DISTINCT doc FROM breaks", docs),
        ("SELECT DISTINCT doc FROM checkpoints", docs),
        ("SELECT DISTINCT base FROM samples", digests),
        ("SELECT DISTINCT snapshot FROM checkpoints", digests),
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
        _stand_alone(connection, set(garbage))
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
    for table, column in (
        ("breaks", "session"),
        ("packs", "session"),
        ("checkpoints", "session"),
        ("sessions", "id"),
    ):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", gone)  # noqa: S608 - constants
    # The numbers at the end of the log may be used again: no session may begin behind them.
    connection.execute(
        "UPDATE sessions SET first_seq = min(first_seq, ?) WHERE events = 0",
        (last_seq(connection) + 1,),
    )


def _stand_alone(connection: Connection, garbage: set[Value]) -> None:
    """Write the texts that stay without their bases that go."""
    deltas = connection.execute("SELECT digest, base FROM snapshots WHERE base IS NOT NULL")
    for digest, base in deltas.fetchall():
        if base in garbage and digest not in garbage and isinstance(digest, bytes):
            content = utf8(snapshot_text(connection, digest))
            connection.execute(ALONE, (packed(content), digest))


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
