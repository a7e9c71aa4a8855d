"""What the log writes, as values, and the SQL that writes a batch of them.

Left out: threads, queues, retries (`log`); when a transaction begins and ends (its caller).

Rules
 - A batch costs one `executemany` per kind of row.
 - The row numbers of sessions and documents are remembered; after a rollback, `forget` them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from echo_core.codec import encode
from echo_core.events import (
    Committed,
    Event,
    HeadMoved,
    Imported,
    Marked,
    Opened,
    Outcome,
    Proposed,
)
from echo_core.exhibit import Judged
from echo_core.gap import Break
from echo_core.judgement import encode as encode_judgement
from echo_core.looks import Look
from echo_core.sample import Sample
from echo_daemon.store.database import Connection, Row
from echo_daemon.store.texts import SamplePacker, digest_of, packed, utf8


class LoggedEvent(NamedTuple):
    """An event of a session. A tuple, because one is made at every keystroke."""

    session: str
    event: Event


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A front connected. `roots`: workspace folders, as URIs."""

    session: str
    started_ms: int
    client: str
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapOpened:
    """A gap began to live."""

    request: str
    session: str
    doc: str
    opened_ms: int


@dataclass(frozen=True, slots=True)
class GapBroken:
    """A gap's life ended."""

    request: str
    broken_ms: int
    reason: Break


Item: TypeAlias = LoggedEvent | SessionStarted | GapOpened | GapBroken | Sample | Look | Judged

_SESSION: Final = """
INSERT INTO sessions (name, started_ms, client, roots, first_seq, last_ms, events)
VALUES (CAST(?1 AS TEXT), ?2, CAST(?3 AS TEXT), CAST(?4 AS TEXT),
    (SELECT coalesce(max(seq), 0) + 1 FROM events), ?2, 0)
ON CONFLICT (name) DO UPDATE SET client = iif(excluded.client = '', client, excluded.client),
    roots = iif(excluded.client = '', roots, excluded.roots)
RETURNING id
"""
_DOCUMENT: Final = """
INSERT INTO documents (uri, language) VALUES (CAST(?1 AS TEXT), CAST(?2 AS TEXT))
ON CONFLICT (uri) DO UPDATE
SET language = iif(excluded.language = '', language, excluded.language)
RETURNING id
"""
_SNAPSHOT: Final = "INSERT INTO snapshots (digest, chars, zstd) VALUES (?, ?, ?)"
_EVENT: Final = (
    "INSERT INTO events (session, at_ms, kind, doc, body, snapshot) VALUES (?, ?, ?, ?, ?, ?)"
)
_SESSION_GREW: Final = (
    "UPDATE sessions SET events = events + ?, last_ms = max(last_ms, ?) WHERE id = ?"
)
_GAP_OPENED: Final = """
INSERT INTO gaps (request, session, doc, opened_ms) VALUES (CAST(? AS TEXT), ?, ?, ?)
ON CONFLICT (request) DO NOTHING
"""
_GAP_BROKEN: Final = "UPDATE gaps SET broken_ms = ?, reason = ? WHERE request = CAST(? AS TEXT)"
_SAMPLE: Final = """
INSERT INTO samples (request, doc, language, model, proposal, reason, opened_ms, broken_ms,
    accepted_chars, kept_chars, proposed_chars, target_chars, target_lines, base, zstd)
VALUES (CAST(? AS TEXT), ?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (request) DO UPDATE SET doc = excluded.doc, language = excluded.language,
    model = excluded.model, proposal = excluded.proposal, opened_ms = excluded.opened_ms,
    proposed_chars = excluded.proposed_chars, reason = excluded.reason,
    broken_ms = excluded.broken_ms,
    accepted_chars = excluded.accepted_chars, kept_chars = excluded.kept_chars,
    target_chars = excluded.target_chars, target_lines = excluded.target_lines,
    base = excluded.base, zstd = excluded.zstd
"""
# A look at what was forgotten meanwhile is forgotten with it.
_LOOK: Final = """
INSERT INTO looks (request, moment, at_ms, place, confidence, target_chars, kept_chars,
    accepted_chars, accepted_kept_chars, now_chars, distance, in_file, zstd)
SELECT CAST(?1 AS TEXT), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
WHERE EXISTS (SELECT 1 FROM samples WHERE request = CAST(?1 AS TEXT))
ON CONFLICT (request, moment) DO UPDATE SET at_ms = excluded.at_ms, place = excluded.place,
    confidence = excluded.confidence, kept_chars = excluded.kept_chars,
    accepted_kept_chars = excluded.accepted_kept_chars, now_chars = excluded.now_chars,
    distance = excluded.distance, in_file = excluded.in_file, zstd = excluded.zstd
"""
# Which looks there are at the sample `s`; a judgement of others is due again.
LOOKS_SEEN: Final = (
    "(SELECT count(*) || ':' || coalesce(max(at_ms), 0) FROM looks WHERE request = s.request)"
)
# What was forgotten or mined anew meanwhile is not judged.
_JUDGED: Final = f"""
INSERT OR REPLACE INTO judgements (sample, judged_ms, state, step, cause, cut_chars, unit, quality,
    licence, versions, unasked, looks_changed, zstd)
SELECT s.id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, CAST(?11 AS TEXT), ?12, ?13, {LOOKS_SEEN} != ?3, ?14
FROM samples AS s WHERE s.id = ?1 AND s.zstd = ?2
"""  # noqa: S608 - made of constants


class RowWriter:
    """Writes batches through one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kinds = {
            str(name): number
            for number, name in connection.execute("SELECT id, name FROM kinds")
            if isinstance(number, int)
        }
        self._sessions: dict[str, int] = {}
        self._documents: dict[str, tuple[int, str]] = {}  # with the language as last written
        self._packer = SamplePacker()
        self.begun: set[str] = set()  # sessions written by this process: they may go on
        self.named: set[bytes] = set()  # snapshots that rows were made to refer to, lately

    def events(self) -> int:
        """How many events the store holds."""
        found = self._connection.execute("SELECT coalesce(sum(events), 0) FROM sessions")
        ((events,),) = found.fetchall()
        return events if isinstance(events, int) else 0

    def forget(self) -> None:
        """Forget row numbers: those of a transaction that was rolled back do not exist."""
        self._sessions.clear()
        self._documents.clear()
        self._packer.forget()

    def write(self, batch: Sequence[Item]) -> int:
        """Write `batch`; how many events it held."""
        events: list[Row] = []
        opened: list[Row] = []
        broken: list[Row] = []
        samples: list[Row] = []
        looks: list[Row] = []
        judged: list[Row] = []
        grown: dict[int, tuple[int, int]] = {}
        for item in batch:
            match item:
                case LoggedEvent(session, event):
                    number = self._session(session, event.at_ms)
                    count, last_ms = grown.get(number, (0, event.at_ms))
                    grown[number] = (count + 1, max(last_ms, event.at_ms))
                    events.append(self._event(number, event))
                case GapOpened():
                    session_number = self._session(item.session, item.opened_ms)
                    document = self._document(item.doc, "")
                    opened.append((utf8(item.request), session_number, document, item.opened_ms))
                case GapBroken():
                    broken.append((item.broken_ms, item.reason.value, utf8(item.request)))
                case Sample():
                    samples.append(self._sample(item))
                case Look():
                    looks.append(_look(item))
                case Judged():
                    judged.append(_judged(item))
                case SessionStarted():
                    self._start(item)
        for statement, rows in (
            (_EVENT, events),
            (_SESSION_GREW, [(n, last_ms, session) for session, (n, last_ms) in grown.items()]),
            (_GAP_OPENED, opened),
            (_GAP_BROKEN, broken),
            (_SAMPLE, samples),
            (_LOOK, looks),
            (_JUDGED, judged),
        ):
            if rows:
                self._connection.executemany(statement, rows)
        return len(events)

    def _event(self, session: int, event: Event) -> Row:
        snapshot: bytes | None = None
        if isinstance(event, Opened):
            document: int | None = self._document(event.doc, event.language)
            content = utf8(event.text)
            snapshot = self.snapshot(content, len(event.text))
            self._packer.offer(event.doc, snapshot, content)
        elif isinstance(event, Committed | Imported):
            document = self._document(event.doc, "")
            snapshot = self.snapshot(utf8(event.text), len(event.text))
        elif isinstance(event, Proposed | Outcome | HeadMoved | Marked):
            document = None
        else:
            document = self._document(event.doc, "")
        kind = self._kinds[event.kind]
        return (session, event.at_ms, kind, document, encode(event), snapshot)

    def _sample(self, sample: Sample) -> Row:
        texts = self._packer.pack(sample)
        if texts.base_content is not None:
            chars = len(sample.prefix) + len(sample.target) + len(sample.suffix)
            self.snapshot(texts.base_content, chars)
        return (
            utf8(sample.request),
            self._document(sample.doc, sample.language),
            utf8(sample.language),
            utf8(sample.model),
            utf8(sample.proposal_id),
            sample.break_reason.value,
            sample.opened_at_ms,
            sample.broken_at_ms,
            sample.accepted_chars,
            sample.kept_chars,
            len(sample.proposal),
            len(sample.target),
            line_count(sample.target),
            texts.base,
            texts.blob,
        )

    def _start(self, item: SessionStarted) -> None:
        roots = utf8(json.dumps(item.roots, ensure_ascii=False))
        self.begun.add(item.session)
        self._sessions[item.session] = self._id(
            _SESSION, (utf8(item.session), item.started_ms, utf8(item.client), roots)
        )

    def _session(self, session: str, at_ms: int) -> int:
        if session not in self._sessions:
            self._start(SessionStarted(session, at_ms, "", ()))
        return self._sessions[session]

    def _document(self, uri: str, language: str) -> int:
        known, spoken = self._documents.get(uri, (0, ""))
        if not known or language not in ("", spoken):
            known = self._id(_DOCUMENT, (utf8(uri), utf8(language)))
            self._documents[uri] = (known, language)
        return known

    def snapshot(self, content: bytes, chars: int) -> bytes:
        """Keep a text, once; its name."""
        digest = digest_of(content)
        self.named.add(digest)
        known = self._connection.execute("SELECT 1 FROM snapshots WHERE digest = ?", (digest,))
        if known.fetchone() is None:
            self._connection.execute(_SNAPSHOT, (digest, chars, packed(content)))
        return digest

    def _id(self, statement: str, values: Row) -> int:
        # All rows are fetched: an unfinished statement would keep the transaction from ending.
        ((number,),) = self._connection.execute(statement, values).fetchall()
        if not isinstance(number, int):
            raise TypeError("a row number is not an integer")
        return number


def _look(look: Look) -> Row:
    return (
        utf8(look.request),
        look.moment.value,
        look.at_ms,
        look.place.value,
        look.confidence,
        look.target_chars,
        look.kept_chars,
        look.accepted_chars,
        look.accepted_kept_chars,
        look.now_chars,
        look.distance,
        int(look.in_file),
        packed(utf8(look.text)) if look.text else None,
    )


def _judged(item: Judged) -> Row:
    judgement = item.judgement
    against = judgement.dropped_by
    cause = against.cause if against is not None else None
    return (
        item.number,
        item.stamp.texts,
        item.stamp.looks,
        item.judged_ms,
        judgement.state.value,
        against.check if against is not None else "",
        cause.value if cause is not None else "",
        judgement.cut,
        judgement.unit,
        judgement.quality,
        utf8(judgement.licence),
        item.versions,
        int(judgement.is_unasked),
        packed(encode_judgement(judgement)),
    )


def line_count(text: str) -> int:
    r"""Lines of `text`: they end at `\n`, `\r\n` and `\r` only; an empty last one is none."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return unified.count("\n") + (not unified.endswith("\n") and unified != "")
