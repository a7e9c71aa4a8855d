"""The texts of a session's open documents at some event: from a checkpoint, and what came after it.

Left out: when checkpoints are written (`echo_core.experience.checkpoints`) and how (`rows`); who
asks for what (`queries`, `erasing`).

Rules
 - What is found here is what a replay of the session from its beginning finds.
 - Nothing is read at once that grows with the session: a page of events, then the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from echo_core.errors import StoreError
from echo_core.records import codec
from echo_core.records.events import Closed, Edited, Event, Opened, Renamed
from echo_core.text.mirror import Mirror
from echo_daemon.store.database import Connection, Row
from echo_daemon.store.packs import page
from echo_daemon.store.texts import text_of, unpacked
from echo_daemon.store.values import blob, integer

EVENTS_STEP: Final = 500  # replayed at a step: 5 ms
SEQ_MAX: Final = (1 << 63) - 1  # no event's number or time is above

_SNAPSHOT: Final = """
SELECT s.zstd, b.zstd FROM snapshots AS s LEFT JOIN snapshots AS b ON b.digest = s.base
WHERE s.digest = ?
"""
_NEWEST: Final = """
SELECT max(seq) FROM checkpoints WHERE session = ?1 AND seq <= ?2 AND at_ms < ?3 AND quiet >= ?4
"""
_CHECKPOINT: Final = """
SELECT c.seq, c.at_ms, 'open', c.doc, c.body, c.snapshot, d.uri
FROM checkpoints AS c JOIN documents AS d ON d.id = c.doc
WHERE c.session = ? AND c.seq = ?
"""


@dataclass(slots=True)
class _Text:
    """An open document."""

    language: str
    version: int
    mirror: Mirror


class Standing:
    """The open documents of a session after its last event up to `up_to` and before `before_ms`.

    They are there after `steps`. `seq` and `at_ms` are that event's, 0 where there is none.
    """

    def __init__(
        self,
        connection: Connection,
        session: int,
        *,
        up_to: int = SEQ_MAX,
        before_ms: int = SEQ_MAX,
    ) -> None:
        """`session`: the number of its row."""
        self._connection = connection
        self._session = session
        self._up_to = up_to
        self._before_ms = before_ms
        self.at_ms = 0
        self.texts: dict[str, _Text] = {}
        bounds = (session, up_to, before_ms, 0)
        ((first,),) = connection.execute(
            "SELECT first_seq FROM sessions WHERE id = ?", (session,)
        ).fetchall()
        ((seq,),) = connection.execute(_NEWEST, bounds).fetchall()
        self.seq = integer(first) - 1
        if seq is not None:
            for row in connection.execute(_CHECKPOINT, (session, seq)).fetchall():
                self._take(row)

    def steps(self) -> Iterator[None]:
        """Replay to the end, a page at a step."""
        while rows := page(self._connection, self._session, self.seq, self._up_to, EVENTS_STEP):
            for row in rows:
                if integer(row[1]) >= self._before_ms:
                    return
                self._take(row)
            yield

    def openings(self) -> list[Opened]:
        """The texts as the events that would bring them about."""
        return [
            Opened(self.at_ms, doc, one.language, one.version, one.mirror.text)
            for doc, one in sorted(self.texts.items())
        ]

    def _take(self, row: Row) -> None:
        self.seq, self.at_ms = integer(row[0]), integer(row[1])
        if row[2] not in (Opened.kind, Edited.kind, Closed.kind, Renamed.kind):
            return
        event = decoded(self._connection, row)
        match event:
            case Opened():
                self.texts[event.doc] = _Text(event.language, event.version, Mirror(event.text))
            case Edited() if event.doc in self.texts:
                text = self.texts[event.doc]
                for edit in event.edits:
                    text.mirror.edit(edit)
                text.version = event.version
            case Renamed() if event.doc in self.texts:
                self.texts[event.to] = self.texts.pop(event.doc)
            case Closed():
                self.texts.pop(event.doc, None)
            case _:
                pass


def quiet(connection: Connection, session: int) -> tuple[int, list[Opened]]:
    """The newest event of a session after which no gap was alive, and the documents open then.

    The number before its first event, and none, where no such checkpoint was written.
    """
    ((first,),) = connection.execute(
        "SELECT first_seq FROM sessions WHERE id = ?", (session,)
    ).fetchall()
    ((seq,),) = connection.execute(_NEWEST, (session, SEQ_MAX, SEQ_MAX, 1)).fetchall()
    if seq is None:
        return integer(first) - 1, []
    rows = connection.execute(_CHECKPOINT, (session, seq)).fetchall()
    events = [decoded(connection, row) for row in rows]
    return integer(seq), [event for event in events if isinstance(event, Opened)]


def snapshot_text(connection: Connection, digest: bytes) -> str:
    """The text of that name.

    Raises:
        StoreError: it is missing or damaged.
    """
    found = connection.execute(_SNAPSHOT, (digest,)).fetchall()
    if not found:
        raise StoreError("A document's text is missing in the store: run `echoctl doctor`.")
    zstd, base = found[0]
    return text_of(unpacked(blob(zstd), unpacked(base) if isinstance(base, bytes) else None))


def decoded(connection: Connection, row: Row) -> Event:
    """The event of a row: seq, time, kind, document, body, snapshot, URI.

    Raises:
        StoreError: its text is missing or damaged.
        InputError: its body is damaged.
    """
    _, at_ms, kind, _, body, digest, uri = row
    text = snapshot_text(connection, digest) if isinstance(digest, bytes) else ""
    return codec.decode(
        str(kind), blob(body), at_ms=integer(at_ms), doc="" if uri is None else str(uri), text=text
    )
