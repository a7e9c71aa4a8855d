"""What forgetting leaves in the log: marks, so that what is left replays to what it was.

The person's own edit in a forgotten file had ended gaps in other files, and the last event of a
process had said how far time went. A mark (`echo_core.records.events.Mark`) takes the place of such
an event: a moment, without text, document, origin or length.

Left out: which events go (`forgetting`).

Rules
 - Only what is needed: after a request that stays, the first own edit that goes, within a gap's
   life; and before a process began anew, or at the end, how far time went, told by the newest gap
   or look that stays and not by the event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core import limits
from echo_core.experience.mining import UNWATCHED
from echo_core.gaps.life import OWN
from echo_core.records import codec
from echo_core.records.events import Edited, Mark, Marked, Requested
from echo_daemon.store.database import Connection, Row, Value

ROW: Final = """
SELECT e.seq, e.session, e.at_ms, k.name, e.doc, CAST(e.body AS TEXT) ->> 0,
    CAST(e.body AS TEXT) ->> 1, json_array_length(CAST(e.body AS TEXT))
FROM events AS e JOIN kinds AS k ON k.id = e.kind
WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq
"""
_MARK: Final = """
UPDATE events SET kind = (SELECT id FROM kinds WHERE name = 'mark'), doc = NULL, snapshot = NULL,
    session = ?, at_ms = ?, body = ? WHERE seq = ?
"""
_NEEDED: Final = """
SELECT max(at_ms) FROM (
    SELECT max(at_ms) AS at_ms FROM looked WHERE at_ms <= ?1
    UNION ALL SELECT max(broken_ms) FROM breaks WHERE broken_ms <= ?1)
"""
_FIRST_SINCE: Final = """
SELECT e.seq, k.name, CAST(e.body AS TEXT) ->> 0 FROM events AS e JOIN kinds AS k ON k.id = e.kind
WHERE e.at_ms >= ? ORDER BY e.seq LIMIT 1
"""

_BEFORE: Final = """
SELECT ?1, session, (SELECT max(at_ms) FROM (
    SELECT max(at_ms) AS at_ms FROM events WHERE seq < ?1
    UNION ALL SELECT max(last_ms) FROM packs WHERE seq < ?1))
FROM (SELECT seq, session FROM events WHERE seq < ?1
    UNION ALL SELECT last_seq, session FROM packs WHERE last_seq < ?1) ORDER BY seq DESC LIMIT 1
"""
_INSERT: Final = """
INSERT INTO events (seq, session, at_ms, kind, doc, body, snapshot)
SELECT ?, ?, ?, id, NULL, ?, NULL FROM kinds WHERE name = 'mark'
"""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of the log, as far as forgetting must know it; `first`, `second` of its body."""

    seq: int
    session: int
    at_ms: int
    kind: Value
    doc: Value
    first: Value
    second: Value
    length: int

    @property
    def is_own_edit(self) -> bool:
        """The person's own edit: it ends gaps in other documents."""
        if self.kind != Edited.kind or not isinstance(self.second, int) or self.length < 5:
            return False
        return codec.origin(self.second) in OWN

    @property
    def passes(self) -> bool:
        """Time went by until it."""
        return self.kind != Marked.kind or codec.mark(self.first) not in UNWATCHED


@dataclass(slots=True)
class Marks:
    """The events of the log go by, in their order; `mark` says which become marks."""

    connection: Connection
    _asked_ms: dict[int, int] = field(default_factory=dict)  # by session, of what stays
    _reached_ms: int = 0  # by what stays
    _last: EventRow | None = None  # that went, of those that no event follows yet that stays

    def stays(self, row: EventRow) -> list[int]:
        """An event stays; the events that can go now."""
        if row.kind == Requested.kind:
            self._asked_ms[row.session] = row.at_ms
        if not row.passes:
            return self.end()
        self._reached_ms = max(self._reached_ms, row.at_ms)
        last, self._last = self._last, None
        return [] if last is None else [last.seq]

    def goes(self, row: EventRow) -> list[int]:
        """An event is to be forgotten; the events that can go now."""
        if row.is_own_edit:
            asked_ms = self._asked_ms.pop(row.session, None)
            if asked_ms is not None and row.at_ms <= asked_ms + limits.GAP_LIFETIME_MS:
                self._write(row.seq, row.session, Marked(row.at_ms, Mark.AWAY))
                self._reached_ms = max(self._reached_ms, row.at_ms)
                last, self._last = self._last, None
                return [] if last is None else [last.seq]
        if self._last is None:
            self._last = row
            return []
        older, self._last = sorted((row, self._last), key=lambda one: (one.at_ms, one.seq))
        return [older.seq]

    def end(self) -> list[int]:
        """Nothing that lets time pass stays behind what went; the events that can go now."""
        last, self._last = self._last, None
        if last is None:
            return []
        mark = self._needed(last.at_ms, self._reached_ms)
        if mark is None:
            return [last.seq]
        self._write(last.seq, last.session, mark)
        self._reached_ms = mark.at_ms
        return []

    def cut(self, since_ms: int) -> Row | None:
        """Where a mark must stand, when all from `since_ms` on is gone: its number, session."""
        found = self.connection.execute(_FIRST_SINCE, (since_ms,)).fetchall()
        if not found or (found[0][1] == Marked.kind and codec.mark(found[0][2]) in UNWATCHED):
            return None
        before = self.connection.execute(_BEFORE, (found[0][0],)).fetchall()
        return before[0] if before else None

    def at(self, cut: Row, since_ms: int) -> None:
        """Time went on to `since_ms`: as far as what is left needs to know."""
        seq, session, reached_ms = cut
        mark = self._needed(since_ms - 1, reached_ms if isinstance(reached_ms, int) else 0)
        if mark is not None:
            body = codec.encode(mark)
            self.connection.execute(_INSERT, (seq, session, mark.at_ms, body))
            self.connection.execute(
                "UPDATE sessions SET events = events + 1 WHERE id = ?", (session,)
            )

    def _needed(self, until_ms: int, reached_ms: int) -> Marked | None:
        """How far time must be known to have gone, at most to `until_ms`."""
        ((needed,),) = self.connection.execute(_NEEDED, (until_ms,)).fetchall()
        if not isinstance(needed, int) or needed <= reached_ms:
            return None
        return Marked(needed, Mark.PASSED)

    def _write(self, seq: int, session: int, mark: Marked) -> None:
        self.connection.execute(_MARK, (session, mark.at_ms, codec.encode(mark), seq))
