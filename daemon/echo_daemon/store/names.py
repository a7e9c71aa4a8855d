"""Documents that had another name in their session, when a folder is to be forgotten.

Left out: what else goes (`forgetting`).

Rules
 - A document that came from the folder, or went into it, is forgotten under all its names, in the
   sessions that saw it renamed: its text is one.
 - What had been kept of it before, in other sessions, stays; where it went is not told, and the
   looks from then on go.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from echo_core.places import holds, path_of
from echo_daemon.store.database import Connection
from echo_daemon.store.texts import utf8

_RENAMES: Final = """
SELECT e.seq, e.session, e.at_ms, d.uri, CAST(e.body AS TEXT) ->> 0
FROM events AS e JOIN kinds AS k ON k.id = e.kind JOIN documents AS d ON d.id = e.doc
WHERE k.name = 'rename' ORDER BY e.seq
"""
_LOOKS_SINCE: Final = """
DELETE FROM looks WHERE at_ms >= ?1 AND request IN (
    SELECT s.request FROM samples AS s JOIN documents AS d ON d.id = s.doc
    WHERE s.broken_ms <= ?1 AND d.uri IN (SELECT value FROM json_each(CAST(?2 AS TEXT))))
"""


class _Rename(NamedTuple):
    seq: int
    session: int
    at_ms: int
    doc: str
    to: str


def forget_names(connection: Connection, folder: str) -> set[tuple[int, int]]:
    """Take the folder's names out of renames; sessions and documents that are the folder's by
    another name."""
    renames = [_Rename(*row) for row in connection.execute(_RENAMES).fetchall()]  # type: ignore[arg-type]
    numbers = {
        str(uri): doc
        for doc, uri in connection.execute("SELECT id, uri FROM documents").fetchall()
        if isinstance(doc, int)
    }
    linked: set[tuple[int, int]] = set()
    for session in {rename.session for rename in renames}:
        mine = [rename for rename in renames if rename.session == session]
        linked |= {
            (session, numbers[name])
            for name in _names(folder, mine)
            if name in numbers and not holds(folder, path_of(name))
        }
    for rename in renames:
        if holds(folder, path_of(rename.to)) and not holds(folder, path_of(rename.doc)):
            names = json.dumps([*_before(rename, renames)], ensure_ascii=False)
            connection.execute(_LOOKS_SINCE, (rename.at_ms, utf8(names)))
            connection.execute("UPDATE events SET body = ? WHERE seq = ?", (b'[""]', rename.seq))
    return linked


def _names(folder: str, renames: list[_Rename]) -> set[str]:
    """All names of the documents that had one in the folder."""
    found = {name for one in renames for name in (one.doc, one.to) if holds(folder, path_of(name))}
    size = -1
    while size < len(found):
        size = len(found)
        for one in renames:
            if one.doc in found or one.to in found:
                found |= {one.doc, one.to}
    return found


def _before(rename: _Rename, renames: list[_Rename]) -> set[str]:
    """The names that a document had until it was renamed."""
    found = {rename.doc}
    for one in reversed(renames):
        if one.seq < rename.seq and one.to in found:
            found.add(one.doc)
    return found
