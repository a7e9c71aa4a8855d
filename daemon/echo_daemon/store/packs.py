"""Events in blocks: what was appended a row an event becomes one compressed row of many of them.

A row an event is what a killed process must find; but it costs 46 bytes, of which a third are the
event's own. Once PACK_EVENTS of a session have gathered, they are put together in the transaction
of the batch that made them so many.

Left out: how a block is written (`blocks`); when what is left of a session that is over is packed
(`keeping`).

Rules
 - What is packed are the commonest kinds alone. Openings and all that names a snapshot, closings
   and the rare ones stay rows.
 - The blocks of a session follow one another and never overlap. Rows may lie anywhere between.
 - Who removes or changes single events puts their blocks back into rows first (`loosen`).
 - The view `log` (of each connection) shows rows and blocks alike, in no order; `page` reads a
   session in its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from echo_core.errors import StoreError
from echo_core.records.events import (
    CursorMoved,
    Edited,
    Focused,
    Outcome,
    Proposed,
    Requested,
    Saved,
)
from echo_daemon.store.blocks import events_of, packed_events
from echo_daemon.store.database import Connection, Row, Value, transaction
from echo_daemon.store.values import blob, integer

# Ten minutes of typing, and 5 KB: of blocks between half a page and a page (4 KB) the rest of each
# page would stay empty, a third of what events take.
PACK_EVENTS: Final = 2048
PACK_EVENTS_MIN: Final = 64  # of a session that is over: fewer save nothing
BODY_BYTES_MAX: Final = 16 << 10  # a larger one is a paste, and stays a row: a block fits memory
BLOCKS_PAGE: Final = 8  # read for one page: windows used at the same time, and some more

_KINDS: Final = ", ".join(
    f"'{event.kind}'"
    for event in (Edited, CursorMoved, Requested, Proposed, Outcome, Focused, Saved)
)
_PACKABLE: Final = f"""
    session = ?1 AND kind IN (SELECT id FROM kinds WHERE name IN ({_KINDS}))
    AND snapshot IS NULL AND length(body) <= {BODY_BYTES_MAX}
"""  # noqa: S608 - constants
_GATHERED: Final = f"""
SELECT seq, at_ms, kind, doc, body FROM events
WHERE {_PACKABLE} AND seq > (SELECT coalesce(max(last_seq), 0) FROM packs WHERE session = ?1)
    AND seq >= (SELECT first_seq FROM sessions WHERE id = ?1)
ORDER BY seq
"""  # noqa: S608 - constants
_REMOVE: Final = f"DELETE FROM events WHERE seq >= ?2 AND seq <= ?3 AND {_PACKABLE}"  # noqa: S608 - constants
_INSERT: Final = """
INSERT INTO packs (seq, session, last_seq, first_ms, last_ms, events, docs, zstd)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_LOOSEN: Final = """
INSERT INTO events (seq, session, at_ms, kind, doc, body) VALUES (?, ?, ?, ?, ?, ?)
"""
_NEXT: Final = """
SELECT last_seq, zstd, docs FROM packs
WHERE session = ?1 AND last_seq > ?2 AND seq <= ?3 ORDER BY last_seq LIMIT 1
"""
_LOOSE: Final = """
SELECT e.seq, e.at_ms, k.name, e.doc, e.body, e.snapshot, d.uri
FROM events AS e JOIN kinds AS k ON k.id = e.kind LEFT JOIN documents AS d ON d.id = e.doc
WHERE e.session = ?1 AND e.seq > ?2 AND e.seq <= ?3 ORDER BY e.seq LIMIT ?4
"""
_LOOSE_OF_ALL: Final = """
SELECT e.session, e.seq, e.at_ms, k.name, e.doc, e.body, e.snapshot, d.uri
FROM events AS e JOIN kinds AS k ON k.id = e.kind JOIN sessions AS s ON s.id = e.session
LEFT JOIN documents AS d ON d.id = e.doc
WHERE e.seq > ? AND e.seq >= s.first_seq ORDER BY e.seq LIMIT ?
"""
_NEXT_OF_ALL: Final = """
SELECT p.session, p.seq, p.zstd FROM packs AS p JOIN sessions AS s ON s.id = p.session
WHERE p.last_seq > ? AND p.last_seq >= s.first_seq ORDER BY p.seq LIMIT ?
"""


def as_json(block: bytes) -> bytes:
    """A block for SQL: an array of rows; empty where it is damaged, which readers of it report."""
    try:
        rows = events_of(block)
    except StoreError:
        return b"[]"
    return b"[%s]" % b",".join(map(_json_row, rows))


def _json_row(row: Row) -> bytes:
    seq, at_ms, kind, doc, body = row
    head = f"[{integer(seq)},{integer(at_ms)},{integer(kind)},{'null' if doc is None else doc!r},"
    return head.encode() + blob(body) + b"]"


# --- blocks in the store ------------------------------------------------------------------------


def pack(connection: Connection, session: int, least: int) -> int:
    """Put rows of a session into blocks of PACK_EVENTS, the last of at least `least`; how many
    are left. Inside the caller's transaction."""
    rows = connection.execute(_GATHERED, (session,)).fetchall()
    while len(rows) >= least:
        taken, rows = rows[:PACK_EVENTS], rows[PACK_EVENTS:]
        first, last = taken[0], taken[-1]
        docs = json.dumps(sorted({integer(row[3]) for row in taken if row[3] is not None}))
        connection.execute(_REMOVE, (session, first[0], last[0]))
        connection.execute(
            _INSERT,
            (
                *(first[0], session, last[0]),
                min(integer(row[1]) for row in taken),
                max(integer(row[1]) for row in taken),
                *(len(taken), docs, packed_events(taken)),
            ),
        )
    return len(rows)


def pack_all(connection: Connection) -> Iterator[None]:
    """Put into blocks what has gathered of every session, a session at a step."""
    for (session,) in connection.execute("SELECT id FROM sessions").fetchall():
        with transaction(connection):
            pack(connection, integer(session), PACK_EVENTS)
        yield


def loosen(connection: Connection, where: str, values: Sequence[Value]) -> Iterator[None]:
    """Put the blocks that fit back into rows, a block at a step, each a transaction of its own."""
    found = connection.execute(f"SELECT seq FROM packs WHERE {where}", values).fetchall()  # noqa: S608 - constants
    for (seq,) in found:
        with transaction(connection):
            _loosen_one(connection, seq)
        yield


def _loosen_one(connection: Connection, seq: Value) -> None:
    ((session, block),) = connection.execute(
        "SELECT session, zstd FROM packs WHERE seq = ?", (seq,)
    ).fetchall()
    connection.execute("DELETE FROM packs WHERE seq = ?", (seq,))
    connection.executemany(_LOOSEN, [(row[0], session, *row[1:]) for row in events_of(blob(block))])


def page(connection: Connection, session: int, after: int, up_to: int, limit: int) -> list[Row]:
    """The next events of a session behind `after`, in their order: about `limit`, none at the end.

    Each is number, time, kind's name, document, body, snapshot and the document's URI.
    """
    rows = connection.execute(_LOOSE, (session, after, up_to, limit)).fetchall()
    block = connection.execute(_NEXT, (session, after, up_to)).fetchall()
    if not block:
        return rows
    last, zstd, docs = block[0]
    end = min(up_to, integer(last))
    if len(rows) == limit:
        end = min(end, integer(rows[-1][0]))
    rows = [row for row in rows if integer(row[0]) <= end]
    kinds = _names(connection, "SELECT id, name FROM kinds")
    uris = _names(
        connection,
        "SELECT id, uri FROM documents WHERE id IN (SELECT value FROM json_each(?))",
        (docs,),
    )
    rows += [
        (seq, at_ms, kinds[kind], doc, body, None, uris.get(doc))
        for seq, at_ms, kind, doc, body in events_of(blob(zstd))
        if after < integer(seq) <= end
    ]
    return sorted(rows, key=lambda row: integer(row[0]))


def page_of_all(connection: Connection, after: int, limit: int) -> list[tuple[Value, Row]]:
    """The next events of all sessions, as `page`, each with the number of its session.

    What is hidden in a session is left out. Blocks overlap where windows were used together, so
    that a page may read a block of which it needs a part; and the next page reads it again.
    """
    rows = connection.execute(_LOOSE_OF_ALL, (after, limit)).fetchall()
    blocks = connection.execute(_NEXT_OF_ALL, (after, BLOCKS_PAGE + 1)).fetchall()
    ends = [integer(rows[-1][1])] if len(rows) == limit else []
    if len(blocks) > BLOCKS_PAGE:
        ends.append(integer(blocks[BLOCKS_PAGE][1]) - 1)
    end = min(ends, default=(1 << 63) - 1)
    kinds = _names(connection, "SELECT id, name FROM kinds")
    uris = _names(connection, "SELECT id, uri FROM documents") if blocks else {}
    found = [(row[0], row[1:]) for row in rows if integer(row[1]) <= end]
    for session, first, zstd in blocks[:BLOCKS_PAGE]:
        if integer(first) > end:
            break
        found += [
            (session, (seq, at_ms, kinds[kind], doc, body, None, uris.get(doc)))
            for seq, at_ms, kind, doc, body in events_of(blob(zstd))
            if after < integer(seq) <= end
        ]
    return sorted(found, key=lambda one: integer(one[1][0]))


def _names(connection: Connection, sql: str, values: Sequence[Value] = ()) -> dict[Value, Value]:
    return {row[0]: row[1] for row in connection.execute(sql, values).fetchall()}


def last_seq(connection: Connection) -> int:
    """The number of the newest event, in a row or a block."""
    found = connection.execute(
        "SELECT max((SELECT coalesce(max(seq), 0) FROM events),"
        " (SELECT coalesce(max(last_seq), 0) FROM packs))"
    ).fetchall()
    return integer(found[0][0])
