"""What the log writes, as values, and the SQL that writes a batch of them.

Left out: threads, queues, retries (`log`); when a transaction begins and ends (its caller).

Rules
 - A batch costs one `executemany` per kind of row.
 - The row numbers of sessions and documents are remembered; after a rollback, `forget` them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from echo_core.experience.looks import Look, Moment, Place
from echo_core.experience.sample import Sample
from echo_core.judging.exhibit import Judged
from echo_core.records.codec import encode
from echo_core.records.events import (
    Committed,
    CursorMoved,
    Edited,
    Event,
    HeadMoved,
    Imported,
    Marked,
    Opened,
    Outcome,
    Proposed,
    Requested,
)
from echo_daemon.store import packs
from echo_daemon.store.database import Connection, Row
from echo_daemon.store.gaps import NUMBERS, GapsBroken, packed_requests
from echo_daemon.store.judged import JUDGED, judged_row
from echo_daemon.store.texts import SamplePacker, TextPacker, digest_of, packed, utf8


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
class Checkpointed:
    """The texts of all documents open in a session, as its event before this left them.

    Put into the queue together with that event.
    """

    session: str
    standing: tuple[Opened, ...]
    quiet: bool  # no gap is alive


Item: TypeAlias = LoggedEvent | SessionStarted | GapsBroken | Sample | Look | Judged | Checkpointed

_PLAIN: Final = (Edited, Requested, CursorMoved)  # nearly all

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
_SNAPSHOT: Final = "INSERT INTO snapshots (digest, chars, zstd, base) VALUES (?, ?, ?, ?)"
ALONE: Final = "UPDATE snapshots SET zstd = ?, base = NULL WHERE digest = ?"
_EVENT: Final = (
    "INSERT INTO events (seq, session, at_ms, kind, doc, body, snapshot)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_CHECKPOINT: Final = """
INSERT INTO checkpoints (session, seq, doc, at_ms, quiet, body, snapshot)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_SESSION_GREW: Final = """
UPDATE sessions SET events = events + ?, last_ms = max(last_ms, ?),
    gaps_live = max(0, gaps_live + ?)
WHERE id = ?
"""
_BROKEN: Final = """
INSERT INTO breaks (session, doc, broken_ms, reason, gaps, requests) VALUES (?, ?, ?, ?, ?, ?)
"""
_SAMPLE: Final = """
INSERT INTO samples (request, doc, language, model, proposal, reason, opened_ms, broken_ms,
    accepted_chars, kept_chars, proposed_chars, target_chars, target_lines,
    grown_chars, undone, deleted, shown, base, zstd)
VALUES (CAST(? AS TEXT), ?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (request) DO UPDATE SET doc = excluded.doc, language = excluded.language,
    model = excluded.model, proposal = excluded.proposal, opened_ms = excluded.opened_ms,
    proposed_chars = excluded.proposed_chars, reason = excluded.reason,
    broken_ms = excluded.broken_ms,
    accepted_chars = excluded.accepted_chars, kept_chars = excluded.kept_chars,
    target_chars = excluded.target_chars, target_lines = excluded.target_lines,
    grown_chars = excluded.grown_chars, undone = excluded.undone, deleted = excluded.deleted,
    shown = excluded.shown, base = excluded.base, zstd = excluded.zstd
"""
# A look at what was forgotten meanwhile is forgotten with it.
_LOOK: Final = """
INSERT INTO looked (sample, moment, at_ms, place, confidence, kept_chars, accepted_kept_chars,
    now_chars, distance, in_file, zstd)
SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
FROM samples WHERE request = CAST(?1 AS TEXT)
ON CONFLICT (sample, moment) DO UPDATE SET at_ms = excluded.at_ms, place = excluded.place,
    confidence = excluded.confidence, kept_chars = excluded.kept_chars,
    accepted_kept_chars = excluded.accepted_kept_chars, now_chars = excluded.now_chars,
    distance = excluded.distance, in_file = excluded.in_file, zstd = excluded.zstd
"""


@dataclass(slots=True)
class _Growth:
    """What a batch adds to a session."""

    events: int = 0
    last_ms: int = 0
    last_seq: int = 0
    gaps: int = 0  # alive

    def take(self, event: Event, seq: int) -> None:
        self.events += 1
        self.last_ms = max(self.last_ms, event.at_ms)
        self.last_seq = seq
        self.gaps += isinstance(event, Requested)

    def row(self, session: int) -> Row:
        return self.events, self.last_ms, self.gaps, session


# The numbers are on disk, and in the schema's view `looks`: append, never renumber.
MOMENTS: Final = {moment: number for number, moment in enumerate(Moment)}
_PLACES: Final = {place: number for number, place in enumerate(Place)}


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
        self._texts = TextPacker()
        self._gathered: dict[int, int] = {}  # by session, events that are rows, about
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
        self._texts.forget()
        self._gathered.clear()

    def write(self, batch: Sequence[Item]) -> int:
        """Write `batch`; how many events it held."""
        events: list[Row] = []
        broken: list[Row] = []
        samples: list[Row] = []
        looks: list[Row] = []
        judged: list[Row] = []
        standing: list[Row] = []
        grown: dict[int, _Growth] = {}
        last = packs.last_seq(self._connection)
        for item in batch:
            match item:
                case LoggedEvent(session, event):
                    number = self._session(session, event.at_ms)
                    last += 1
                    growth = grown.get(number) or grown.setdefault(number, _Growth())
                    growth.take(event, last)
                    events.append((last, *self._event(number, event)))
                case GapsBroken():
                    number = self._session(item.session, item.broken_ms)
                    grown.setdefault(number, _Growth()).gaps -= len(item.requests)
                    broken.append(self._broken(number, item))
                case Sample():
                    samples.append(self._sample(item))
                case Look():
                    looks.append(_look(item))
                case Judged():
                    judged.append(judged_row(item))
                case Checkpointed():
                    number = self._session(item.session, 0)
                    if number in grown:  # else its event is not of this batch, and it means nothing
                        standing += self._checkpoint(number, grown[number].last_seq, item)
                case SessionStarted():
                    self._start(item)
        for statement, rows in (
            (_EVENT, events),
            (_SESSION_GREW, [growth.row(session) for session, growth in grown.items()]),
            (_BROKEN, broken),
            (_SAMPLE, samples),
            (_LOOK, looks),
            (JUDGED, judged),
            (_CHECKPOINT, standing),
        ):
            if rows:
                self._connection.executemany(statement, rows)
        self._gather(grown)
        return len(events)

    def _gather(self, grown: Mapping[int, _Growth]) -> None:
        """Put together what has gathered of each session."""
        for number, growth in grown.items():
            gathered = self._gathered.get(number, 0) + growth.events
            if gathered >= packs.PACK_EVENTS:
                gathered = packs.pack(self._connection, number, packs.PACK_EVENTS)
            self._gathered[number] = gathered

    def _event(self, session: int, event: Event) -> Row:
        snapshot: bytes | None = None
        if isinstance(event, _PLAIN):
            document: int | None = self._document(event.doc, "")
        elif isinstance(event, Opened):
            document = self._document(event.doc, event.language)
            content = utf8(event.text)
            snapshot = self.snapshot(content, len(event.text))
            self._packer.offer(event.doc, snapshot, content)
            self._texts.offer(event.doc, snapshot, content)
        elif isinstance(event, (Committed, Imported)):
            document = self._document(event.doc, "")
            snapshot = self.snapshot(utf8(event.text), len(event.text))
        elif isinstance(event, (Proposed, Outcome, HeadMoved, Marked)):
            document = None
        else:
            document = self._document(event.doc, "")
        kind = self._kinds[event.kind]
        return (session, event.at_ms, kind, document, encode(event), snapshot)

    def _broken(self, session: int, item: GapsBroken) -> Row:
        document, reason = self._document(item.doc, ""), NUMBERS[item.reason]
        requests = packed_requests(item.requests)
        return (session, document, item.broken_ms, reason, len(item.requests), requests)

    def _checkpoint(self, session: int, seq: int, item: Checkpointed) -> Iterator[Row]:
        for one in item.standing:
            doc, content = self._document(one.doc, ""), utf8(one.text)
            digest = self._standing(one.doc, content, len(one.text), whole=True)
            yield (session, seq, doc, one.at_ms, int(item.quiet), encode(one), digest)

    def _sample(self, sample: Sample) -> Row:
        texts = self._packer.pack(sample)
        if texts.base_content is not None:
            chars = len(sample.prefix) + len(sample.target) + len(sample.suffix)
            self._standing(sample.doc, texts.base_content, chars)
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
            sample.grown_chars,
            int(sample.undone),
            int(sample.deleted),
            int(sample.shown),
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
        known = self._known(digest)
        if known is None:
            self._connection.execute(_SNAPSHOT, (digest, chars, packed(content), None))
        elif known[0] is not None:  # what others are read with is read alone
            self._connection.execute(ALONE, (packed(content), digest))
        return digest

    def _standing(self, doc: str, content: bytes, chars: int, *, whole: bool = False) -> bytes:
        """Keep a text of a document, where possible as what is different from an earlier one.

        Where that is not possible, later ones may be that of this, if it is `whole`.
        """
        digest = digest_of(content)
        if self._known(digest) is None:
            blob, base = self._texts.pack(doc, content)
            if base is not None:
                self.named.add(base)
            elif whole:
                self._texts.offer(doc, digest, content)
            self._connection.execute(_SNAPSHOT, (digest, chars, blob, base))
        return digest

    def _known(self, digest: bytes) -> Row | None:
        """The base of a snapshot that rows will refer to; None where there is none such."""
        self.named.add(digest)
        sql = "SELECT base FROM snapshots WHERE digest = ?"
        found = self._connection.execute(sql, (digest,)).fetchall()
        return found[0] if found else None

    def _id(self, statement: str, values: Row) -> int:
        # All rows are fetched: an unfinished statement would keep the transaction from ending.
        ((number,),) = self._connection.execute(statement, values).fetchall()
        if not isinstance(number, int):
            raise TypeError("a row number is not an integer")
        return number


def _look(look: Look) -> Row:
    return (
        utf8(look.request),
        MOMENTS[look.moment],
        look.at_ms,
        _PLACES[look.place],
        look.confidence,
        look.kept_chars,
        look.accepted_kept_chars,
        look.now_chars,
        look.distance,
        int(look.in_file),
        packed(utf8(look.text)) if look.text else None,
    )


def line_count(text: str) -> int:
    r"""Lines of `text`: they end at `\n`, `\r\n` and `\r` only; an empty last one is none."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return unified.count("\n") + (not unified.endswith("\n") and unified != "")
