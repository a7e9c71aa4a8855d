"""What a person wants gone: the last while, or a folder, with all that was made of it.

Left out: how rows leave (`erasing`), stopping what is being recorded meanwhile (`archive`).

Rules
 - Events go, the gaps of their requests, the samples whose text is of that time or place or was
   imported then, the looks of that time, and then every text that nothing names any more.
 - What goes is overwritten: `secure_delete` for pages, and the write-ahead log is emptied.
 - Afterwards it is looked for again; what is still there is an error, never passed over.
 - Nobody appends meanwhile, and sessions begin anew afterwards: the caller sees to that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from echo_core.errors import StoreBusyError, StoreError
from echo_core.events import HeadMoved, Imported, Outcome, Proposed, Requested
from echo_core.gap import Break
from echo_core.places import holds, path_of
from echo_core.wire import Forget, Forgotten
from echo_daemon.store.database import Connection, Value, transaction
from echo_daemon.store.erasing import HIDDEN, number, ranges, remove_events, shrink, sweep
from echo_daemon.store.rows import RowWriter
from echo_daemon.store.texts import utf8

_SINCE: Final = "seq > ?1 AND seq <= ?2 AND at_ms >= ?3"
_LISTED: Final = "seq > ?1 AND seq <= ?2 AND seq IN (SELECT value FROM json_each(?3))"
# What was imported lies in its commit's time, not in that of the import: its samples go with the
# event, whose body begins with the language and the commit (`echo_core.past.request_of`).
_IMPORTED_SINCE: Final = f"""
DELETE FROM samples WHERE id IN (
    SELECT s.id FROM (
        SELECT e.doc, (CAST(e.body AS TEXT) ->> 1) || ':' AS begins
        FROM events AS e JOIN kinds AS k ON k.id = e.kind
        WHERE k.name = '{Imported.kind}' AND {_SINCE}) AS i
    JOIN samples AS s ON s.doc = i.doc AND substr(s.request, 1, length(i.begins)) = i.begins
    WHERE s.reason = '{Break.IMPORTED}')
"""  # noqa: S608 - constants
_NAMED: Final = """
SELECT e.seq, e.session, k.name, e.doc, CAST(e.body AS TEXT) ->> 0, CAST(e.body AS TEXT) ->> 1
FROM events AS e JOIN kinds AS k ON k.id = e.kind
WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq
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
    for low, high in ranges(connection):
        with transaction(connection):
            remove_events(connection, HIDDEN, (low, high))
            grown = connection.execute(
                f"SELECT session, count(*) FROM events WHERE {_SINCE} GROUP BY session",  # noqa: S608 - constants
                (low, high, since_ms),
            ).fetchall()
            tally.samples += connection.execute(_IMPORTED_SINCE, (low, high, since_ms)).rowcount
            tally.events += remove_events(connection, _SINCE, (low, high, since_ms))
            connection.executemany(
                "UPDATE sessions SET events = events - ?, last_ms = min(last_ms, ?) WHERE id = ?",
                [(count, since_ms, session) for session, count in grown],
            )
        yield
    with transaction(connection):
        connection.execute("DELETE FROM gaps WHERE opened_ms >= ?1 OR broken_ms >= ?1", (since_ms,))
        tally.samples += connection.execute(
            "DELETE FROM samples WHERE broken_ms >= ?", (since_ms,)
        ).rowcount
        # A look may hold what a commit of that time says of a sample that is older.
        connection.execute("DELETE FROM looks WHERE at_ms >= ?", (since_ms,))
        # What was found in that time may say something of it; it can be found again.
        connection.execute("DELETE FROM judgements WHERE judged_ms >= ?", (since_ms,))
    yield


def _left_since(connection: Connection, since_ms: int) -> int:
    return sum(
        number(connection, f"SELECT count(*) FROM {table} WHERE {column} >= ?", (since_ms,))  # noqa: S608 - constants
        for table, column in (
            ("events", "at_ms"),
            ("samples", "broken_ms"),
            ("gaps", "opened_ms"),
            ("looks", "at_ms"),
            ("judgements", "judged_ms"),
        )
    )


# --- a folder ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Named:
    """Identities that lead from a document to what names no document: proposals, outcomes."""

    docs: set[int]
    sessions: set[int]  # whose every root goes
    requests: set[str] = field(default_factory=set)
    proposals: set[str] = field(default_factory=set)

    def takes(self, session: Value, kind: Value, doc: Value, first: Value, second: Value) -> bool:
        """Whether an event goes; events come in their order, so whoever is named came before."""
        match kind:
            case Requested.kind if doc in self.docs:
                self.requests.add(str(first))
            case Proposed.kind if first in self.requests:
                self.proposals.add(str(second))
                return True
            case Outcome.kind if first in self.proposals:
                return True
            case HeadMoved.kind if session in self.sessions:
                return True
            case _:
                pass
        return doc in self.docs


def _forget_folder(connection: Connection, folder: str, tally: Tally) -> Iterator[None]:
    named = _Named(_docs_in(connection, folder), set())
    yield from _forget_roots(connection, folder, named)
    for low, high in ranges(connection):
        gone: list[int] = []
        grown: dict[Value, int] = {}
        with transaction(connection):
            remove_events(connection, HIDDEN, (low, high))
            for seq, session, kind, doc, first, second in connection.execute(_NAMED, (low, high)):
                if named.takes(session, kind, doc, first, second) and isinstance(seq, int):
                    gone.append(seq)
                    grown[session] = grown.get(session, 0) + 1
            tally.events += remove_events(connection, _LISTED, (low, high, json.dumps(gone)))
            connection.executemany(
                "UPDATE sessions SET events = events - ? WHERE id = ?",
                [(count, session) for session, count in grown.items()],
            )
        yield
    docs = [(doc,) for doc in named.docs]
    with transaction(connection):
        connection.executemany("DELETE FROM gaps WHERE doc = ?", docs)
        tally.samples += connection.executemany("DELETE FROM samples WHERE doc = ?", docs).rowcount
    yield


def _forget_roots(connection: Connection, folder: str, named: _Named) -> Iterator[None]:
    """Take the folder out of the sessions' workspaces."""
    with transaction(connection):
        for session, text in connection.execute("SELECT id, roots FROM sessions").fetchall():
            roots = json.loads(str(text))
            left = [root for root in roots if not holds(folder, path_of(str(root)))]
            if len(left) < len(roots) and isinstance(session, int):
                if not left:
                    named.sessions.add(session)
                connection.execute(
                    "UPDATE sessions SET roots = CAST(? AS TEXT) WHERE id = ?",
                    (utf8(json.dumps(left, ensure_ascii=False)), session),
                )
    yield


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
