"""What a person wants gone: the last while, or a folder, with all that was made of it.

Left out: how rows leave (`erasing`), stopping what is being recorded meanwhile (`archive`).

Rules
 - Events go, the gaps of their requests, the samples whose text is of that time or place or was
   imported then, the looks of that time, and then every text that nothing names any more.
 - What goes is overwritten: `secure_delete` for pages, and the write-ahead log is emptied.
 - Afterwards it is looked for again; what is still there is an error, never passed over.
 - What ended something that stays leaves a mark in its place (`marks`), so that a rebuild finds
   what it was; a document is forgotten with the names that it had in the same session (`names`).
 - Nobody appends meanwhile, and sessions begin anew afterwards: the caller sees to that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from echo_core.errors import StoreBusyError, StoreError
from echo_core.gaps.life import Break
from echo_core.places import holds, path_of
from echo_core.records.events import HeadMoved, Imported, Outcome, Proposed, Renamed, Requested
from echo_core.records.wire import Forget, Forgotten
from echo_daemon.store.database import Connection, transaction
from echo_daemon.store.erasing import (
    HIDDEN,
    number,
    ranges,
    remove_events,
    shrink,
    sweep,
)
from echo_daemon.store.gaps import requests_of
from echo_daemon.store.marks import ROW, EventRow, Marks
from echo_daemon.store.names import forget_names
from echo_daemon.store.packs import last_seq, loosen, pack_all
from echo_daemon.store.rows import RowWriter
from echo_daemon.store.texts import utf8
from echo_daemon.store.values import blob

_SINCE: Final = "seq > ?1 AND seq <= ?2 AND at_ms >= ?3"
_LISTED: Final = "seq > ?1 AND seq <= ?2 AND seq IN (SELECT value FROM json_each(?3))"
# What was imported lies in its commit's time, not in that of the import: its samples go with the
# event, whose body begins with the language and the commit
# (`echo_core.experience.past.request_of`).
_IMPORTED_SINCE: Final = f"""
DELETE FROM samples WHERE id IN (
    SELECT s.id FROM (
        SELECT e.doc, (CAST(e.body AS TEXT) ->> 1) || ':' AS begins
        FROM events AS e JOIN kinds AS k ON k.id = e.kind
        WHERE k.name = '{Imported.kind}' AND {_SINCE}) AS i
    JOIN samples AS s ON s.doc = i.doc AND substr(s.request, 1, length(i.begins)) = i.begins
    WHERE s.reason = '{Break.IMPORTED}')
"""  # noqa: S608 - constants
_REQUEST: Final = "kind = (SELECT id FROM kinds WHERE name = 'request')"
_GOING: Final = "session = sessions.id AND seq IN (SELECT value FROM json_each(?))"
# Of the requests that go, some had ended: those are taken off `breaks`, and added here again.
_LESS: Final = f"""
UPDATE sessions SET events = events - (SELECT count(*) FROM events WHERE {_GOING}),
    gaps_live = gaps_live - (SELECT count(*) FROM events WHERE {_GOING} AND {_REQUEST})
"""  # noqa: S608 - constants
_ALIVE: Final = "UPDATE sessions SET gaps_live = gaps_live + ? WHERE id = ?"
_NOT_QUIET: Final = """
UPDATE checkpoints SET quiet = 0 WHERE session IN (
    SELECT session FROM events WHERE seq IN (SELECT value FROM json_each(?)))
"""
_GOING_SINCE: Final = f"""
SELECT session, count(*), count(*) FILTER (WHERE {_REQUEST}), min(seq) FROM events
WHERE {_SINCE} GROUP BY session
"""  # noqa: S608 - constants
_LESS_SINCE: Final = """
UPDATE sessions SET events = events - ?, gaps_live = gaps_live - ?, last_ms = min(last_ms, ?)
WHERE id = ?
"""
_ALIVE_AGAIN: Final = """
UPDATE sessions SET gaps_live = gaps_live + b.gaps
FROM (SELECT session, sum(gaps) AS gaps FROM breaks WHERE broken_ms >= ? GROUP BY session) AS b
WHERE b.session = sessions.id
"""


@dataclass(slots=True)
class Tally:
    """What went so far."""

    events: int = 0
    samples: int = 0
    documents: int = 0

    def result(self) -> Forgotten:
        """For whoever asked."""
        return Forgotten(self.events, self.samples, self.documents)


def forget(
    connection: Connection, rows: RowWriter, what: Forget, now_ms: int, tally: Tally
) -> Iterator[None]:
    """Remove `what` and look for it again; `tally` says how much it was.

    Raises:
        StoreBusyError: it is removed, but another program reads the old pages: ask again.
        StoreError: something is still there.
    """
    connection.execute("PRAGMA secure_delete = ON").fetchall()
    try:
        documents = number(connection, "SELECT count(*) FROM documents")
        if what.workspace:
            yield from _forget_folder(connection, what.workspace, tally)
        else:
            yield from _forget_since(connection, now_ms - what.last_ms, tally)
        yield from sweep(connection, rows, spare=frozenset())
        yield from pack_all(connection)
        with transaction(connection):  # indexes keep copies of what once stood elsewhere in them
            connection.execute("REINDEX documents")
        yield from shrink(connection)
        tally.documents = documents - number(connection, "SELECT count(*) FROM documents")
    finally:
        connection.execute("PRAGMA secure_delete = FAST").fetchall()
    _empty_wal(connection)
    yield
    left = (
        _left_of_folder(connection, what.workspace)
        if what.workspace
        else _left_since(connection, now_ms - what.last_ms)
    )
    if left:
        raise StoreError(f"{left} records could not be removed: ask again.")


def _empty_wal(connection: Connection) -> None:
    ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if busy:
        raise StoreBusyError(
            "What you named is removed, but another program still reads the store's old pages: "
            "ask again in a moment."
        )


# --- the last while ---------------------------------------------------------------------------


def _forget_since(connection: Connection, since_ms: int, tally: Tally) -> Iterator[None]:
    yield from loosen(connection, "last_ms >= ?", (since_ms,))
    marks = Marks(connection)
    cut = marks.cut(since_ms)
    for low, high in ranges(connection):
        with transaction(connection):
            remove_events(connection, HIDDEN, (low, high))
            grown = connection.execute(_GOING_SINCE, (low, high, since_ms)).fetchall()
            tally.samples += connection.execute(_IMPORTED_SINCE, (low, high, since_ms)).rowcount
            tally.events += remove_events(connection, _SINCE, (low, high, since_ms))
            for session, count, requests, first in grown:
                connection.execute(_LESS_SINCE, (count, requests, since_ms, session))
                connection.execute(
                    "DELETE FROM checkpoints WHERE session = ? AND seq >= ?", (session, first)
                )
        yield
    with transaction(connection):
        # What ended then lives, as far as the log knows, until the session is said to be over.
        connection.execute(_ALIVE_AGAIN, (since_ms,))
        connection.execute("DELETE FROM breaks WHERE broken_ms >= ?", (since_ms,))
        tally.samples += connection.execute(
            "DELETE FROM samples WHERE broken_ms >= ?", (since_ms,)
        ).rowcount
        # A look may hold what a commit of that time says of a sample that is older.
        connection.execute("DELETE FROM looked WHERE at_ms >= ?", (since_ms,))
        connection.execute("DELETE FROM checkpoints WHERE at_ms >= ?", (since_ms,))
        if cut is not None:
            marks.at(cut, since_ms)
        # What was found in that time may say something of it; it can be found again.
        connection.execute("DELETE FROM judgements WHERE judged_ms >= ?", (since_ms,))
    yield


def _left_since(connection: Connection, since_ms: int) -> int:
    return sum(
        number(connection, f"SELECT count(*) FROM {table} WHERE {column} >= ?", (since_ms,))  # noqa: S608 - constants
        for table, column in (
            ("events", "at_ms"),
            ("samples", "broken_ms"),
            ("breaks", "broken_ms"),
            ("looked", "at_ms"),
            ("checkpoints", "at_ms"),
            ("packs", "last_ms"),
            ("judgements", "judged_ms"),
        )
    )


# --- a folder ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Named:
    """Identities that lead from a document to what names no document: proposals, outcomes."""

    folder: str
    docs: set[int]
    sessions: set[int] = field(default_factory=set)  # of which nothing stays
    linked: set[tuple[int, int]] = field(default_factory=set)  # sessions with other names of docs
    requests: set[str] = field(default_factory=set)
    proposals: set[str] = field(default_factory=set)

    def takes(self, row: EventRow) -> bool:
        """Whether an event goes; events come in their order, so whoever is named came before."""
        ours = row.doc in self.docs or (row.session, row.doc) in self.linked
        match row.kind:
            case Requested.kind if ours:
                self.requests.add(str(row.first))
            case Proposed.kind if row.first in self.requests:
                self.proposals.add(str(row.second))
                return True
            case Outcome.kind if row.first in self.proposals:
                return True
            case HeadMoved.kind:
                return row.session in self.sessions or holds(self.folder, path_of(str(row.second)))
            case Renamed.kind:
                return row.doc in self.docs
            case _:
                pass
        return ours


def _forget_folder(connection: Connection, folder: str, tally: Tally) -> Iterator[None]:
    yield from loosen(connection, "TRUE", ())  # marks ask for every event, in their order
    named = _Named(folder, _docs_in(connection, folder))
    yield from _forget_roots(connection, folder, named)
    with transaction(connection):
        named.linked = forget_names(connection, folder)
        tally.samples += _forget_made(connection, named)
    yield
    marks = Marks(connection)
    for low, high in ranges(connection):
        gone: list[int] = []
        with transaction(connection):
            remove_events(connection, HIDDEN, (low, high))
            for values in connection.execute(ROW, (low, high)).fetchall():
                row = EventRow(*values)  # type: ignore[arg-type]  # as the schema has them
                if named.takes(row):
                    tally.events += 1
                    gone += marks.goes(row)
                else:
                    gone += marks.stays(row)
            if high >= last_seq(connection):
                gone += marks.end()
            _remove(connection, gone)
        yield


def _remove(connection: Connection, gone: list[int]) -> None:
    """Remove events, perhaps one of an earlier page."""
    listed = json.dumps(gone)
    connection.execute(_LESS, (listed, listed))
    # Without the edits that ended them, gaps may be alive there.
    connection.execute(_NOT_QUIET, (listed,))
    remove_events(connection, _LISTED, (min(gone, default=1) - 1, max(gone, default=0), listed))


def _forget_made(connection: Connection, named: _Named) -> int:
    """Remove gaps, samples and texts of the documents, under whatever name; how many samples."""
    samples = 0
    for where, values in (
        ("doc = ?", [(doc,) for doc in named.docs]),
        ("session = ? AND doc = ?", list(named.linked)),
    ):
        for which in values:
            breaks = connection.execute(
                f"SELECT session, gaps, requests FROM breaks WHERE {where}",  # noqa: S608 - constants
                which,
            ).fetchall()
            for session, gaps, requests in breaks:
                connection.execute(_ALIVE, (gaps, session))  # their requests go
                samples += _forget_samples(connection, requests_of(blob(requests)))
            for table in ("breaks", "checkpoints"):
                connection.execute(f"DELETE FROM {table} WHERE {where}", which)  # noqa: S608 - constants
    of_docs = [(doc,) for doc in named.docs]
    return samples + max(
        0, connection.executemany("DELETE FROM samples WHERE doc = ?", of_docs).rowcount
    )


def _forget_samples(connection: Connection, requests: list[str]) -> int:
    sql = "DELETE FROM samples WHERE request = CAST(? AS TEXT)"
    return max(0, connection.executemany(sql, [(utf8(one),) for one in requests]).rowcount)


def _forget_roots(connection: Connection, folder: str, named: _Named) -> Iterator[None]:
    """Take the folder out of the sessions' workspaces."""
    with transaction(connection):
        for session, text in connection.execute("SELECT id, roots FROM sessions").fetchall():
            roots = json.loads(str(text))
            left = [root for root in roots if not holds(folder, path_of(str(root)))]
            if len(left) < len(roots) and isinstance(session, int):
                if not left and not _keeps_documents(connection, session, named.docs):
                    named.sessions.add(session)
                connection.execute(
                    "UPDATE sessions SET roots = CAST(? AS TEXT) WHERE id = ?",
                    (utf8(json.dumps(left, ensure_ascii=False)), session),
                )
    yield


def _keeps_documents(connection: Connection, session: int, docs: set[int]) -> bool:
    """Whether something of the session stays: then its heads say what branch that was on."""
    found = connection.execute("SELECT DISTINCT doc FROM events WHERE session = ?", (session,))
    return any(doc is not None and doc not in docs for (doc,) in found.fetchall())


def _docs_in(connection: Connection, folder: str) -> set[int]:
    return {
        doc
        for doc, uri in connection.execute("SELECT id, uri FROM documents").fetchall()
        if isinstance(doc, int) and holds(folder, path_of(str(uri)))
    }


def _left_of_folder(connection: Connection, folder: str) -> int:
    roots = [
        root
        for (text,) in connection.execute("SELECT roots FROM sessions").fetchall()
        for root in json.loads(str(text))
        if holds(folder, path_of(str(root)))
    ]
    return len(_docs_in(connection, folder)) + len(roots)
