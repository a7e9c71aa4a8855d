"""Reading the store: samples, counters, sessions, and the event log in its order.

Left out: what the figures mean to a person (`echoctl`); writing (`log`).

Rules
 - A reader has its own connection and sees what was committed: `flush` the log first.
 - Methods block for as long as the disk needs: call them in a thread, from any one at a time.
 - Nothing is remembered between calls, and no read stays open that would hold up a checkpoint.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from echo_core.errors import StoreError
from echo_core.experience.followed import FOLLOWED_MAX
from echo_core.experience.kept import Before
from echo_core.experience.looks import Look, Moment
from echo_core.experience.sample import Sample
from echo_core.gaps.life import Break
from echo_core.judging.checks.later import Later, committed_text
from echo_core.judging.exhibit import NEWEST
from echo_core.places import holds, path_of
from echo_core.records import codec
from echo_core.records.events import ALTERNATIVE, HeadMoved, Opened, Renamed
from echo_core.records.wire import (
    DataSize,
    Metrics,
    SampleDetail,
    SampleList,
    SampleQuery,
    SamplesQuery,
    SizeRow,
)
from echo_core.showing.metrics import percentile
from echo_daemon.store import sql
from echo_daemon.store.database import (
    Connection,
    Value,
    open_for_reading,
    problems,
    toolbox,
    translated,
)
from echo_daemon.store.migrations import check_version
from echo_daemon.store.packs import page, page_of_all
from echo_daemon.store.standing import SEQ_MAX, Standing, decoded, quiet
from echo_daemon.store.values import (
    SessionRow,
    blob,
    integer,
    look_of,
    real,
    sample_row,
    session_row,
    texts_of,
    whole_sample,
)
from echo_daemon.store.views import between, make_views

if TYPE_CHECKING:
    from echo_core.records.events import Event

EVENTS_PAGE: Final = 2_000  # rows a read of the log holds at once; a read ends with its page
SAMPLES_MAX: Final = 10_000  # rows in one answer
_END: Final = object()
_ONE_A_REQUEST: Final = {"alternative": ALTERNATIVE}  # further candidates are no answers


class Queries:
    """Questions to one store; see the module for the rules."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the store at `path` for reading.

        Raises:
            StoreError: there is none, it is of another version, or the disk refuses.
            StoreKeyError: the key does not open it.
        """
        connection = open_for_reading(path, key)
        try:
            check_version(connection)
            with translated():
                make_views(connection)
        except StoreError:
            connection.close()
            raise
        self._use(connection)

    def _use(self, connection: Connection) -> None:
        self._connection = connection
        self._database = toolbox(connection)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def samples(self, query: SamplesQuery) -> SampleList:
        """Samples, newest first, and how many there are in all that fit."""
        values: dict[str, Value] = {
            "reason": query.break_reason,
            "proposed": int(query.with_proposal),
            "state": query.state,
            "cause": query.cause,
            "language": query.language,
            "model": query.model,
            "accepted": int(query.accepted),
            "docs": self._within(query.path) if query.path else None,
            "before": query.before or NEWEST,
            "limit": max(0, min(query.limit, SAMPLES_MAX)),
        }
        rows = self.rows(
            f"SELECT {sql.SAMPLE_COLUMNS} {sql.SAMPLES_WHERE} AND s.id < :before"
            " ORDER BY s.id DESC LIMIT :limit",
            values,
        )
        (total,) = self.rows(f"SELECT count(*) AS n {sql.SAMPLES_WHERE}", values)
        return SampleList([sample_row(row) for row in rows], integer(total["n"]))

    def _within(self, path: str) -> str:
        """The numbers of all documents at or below `path`, as JSON."""
        rows = self.rows("SELECT id, uri FROM documents")
        return json.dumps([row["id"] for row in rows if holds(path, path_of(str(row["uri"])))])

    def sample(self, query: SampleQuery) -> SampleDetail:
        """One sample with its texts.

        Raises:
            StoreError: there is no such sample, or its texts are damaged.
        """
        rows = self.rows(sql.SAMPLE, {"id": query.id})
        if not rows:
            raise StoreError(f"There is no sample {query.id}: see `echoctl samples list`.")
        row = rows[0]
        texts, later = texts_of(row), str(row["later"])
        looks = self.looks(str(row["request"])) if later == Later.TAKEN else []
        return SampleDetail(
            row=sample_row(row),
            request=str(row["request"]),
            model=str(row["model"]),
            prefix=texts.prefix,
            target=texts.target,
            suffix=texts.suffix,
            proposal=texts.proposal,
            later=later,
            committed=committed_text(looks),
        )

    def sample_of(self, request: str) -> Sample | None:
        """What was mined at `request`; None where nothing was.

        Raises:
            StoreError: its texts are damaged.
        """
        rows = self.rows(sql.SAMPLE_OF, {"request": request.encode("utf-8", "surrogatepass")})
        if not rows:
            return None
        return whole_sample(rows[0], texts_of(rows[0]))

    def metrics(self) -> Metrics:
        """Counters of the whole store.

        Latency and tokens are those of proposals that asked the engine: a cached answer has no
        prompt, and a further candidate is no answer of its own. `accepted_chars` and `typed_chars`
        are what edits of that origin inserted.
        """
        edits = {str(row["origin"]): row for row in self.rows(sql.EDITS)}
        (outcomes,) = self.rows(sql.OUTCOMES)
        (kept,) = self.rows(sql.KEPT)
        events = self._counts(
            "SELECT k.name AS name, n FROM (SELECT kind, count(*) AS n FROM log GROUP BY kind)"
            " JOIN kinds AS k ON k.id = kind ORDER BY k.id"
        )
        asked = self.rows(
            "SELECT latency_ms, tokens_evaluated FROM proposals"
            " WHERE tokens_prompt > 0 AND reason != :alternative",
            _ONE_A_REQUEST,
        )
        latencies = [real(row["latency_ms"]) for row in asked]
        tokens = [real(row["tokens_evaluated"]) for row in asked]
        accepted_chars = _chars(edits, "accepted")
        (samples,) = self.rows("SELECT count(*) AS n FROM samples")
        gaps = self._counts(
            "SELECT 'live' AS name, sum(gaps_live) AS n FROM sessions HAVING n > 0 UNION ALL"
            " SELECT r.name, sum(b.gaps) FROM breaks AS b JOIN reasons AS r ON r.id = b.reason"
            " GROUP BY b.reason"
        )
        # What ended, and neither was replaced nor became a sample, is nested (docs/experience.md).
        ended = sum(n for name, n in gaps.items() if name not in ("live", Break.REPLACED))
        return Metrics(
            requests=events.get("request", 0),
            shown=integer(outcomes["shown"]),
            accepted=integer(outcomes["accepted"]),
            accepted_chars=accepted_chars,
            accepted_kept_chars=min(integer(kept["kept"]), accepted_chars),
            typed_chars=_chars(edits, "typed"),
            latency_p50_ms=percentile(latencies, 50) or 0.0,
            latency_p95_ms=percentile(latencies, 95) or 0.0,
            tokens_per_key_p50=percentile(tokens, 50) or 0.0,
            gaps=gaps,
            samples=integer(samples["n"]),
            reasons=self._counts(
                "SELECT reason AS name, count(*) AS n FROM proposals"
                " WHERE reason != :alternative GROUP BY 1",
                _ONE_A_REQUEST,
            ),
            events=events,
            edits=sum(integer(row["edits"]) for row in edits.values()),
            nested=max(0, ended - integer(samples["n"])),
        )

    def sizes(self, file_bytes: int) -> DataSize:
        """What takes how much; `file_bytes` as the file system sees it."""
        rows = [
            SizeRow(str(row["kind"]), integer(row["n"]), integer(row["bytes"]))
            for row in self.rows(sql.SIZES)
        ]
        (oldest,) = self.rows(sql.OLDEST)
        return DataSize(rows, file_bytes, integer(oldest["at_ms"]))

    def sessions(self) -> list[SessionRow]:
        """All sessions, oldest first."""
        return [session_row(row) for row in self.rows("SELECT * FROM sessions ORDER BY id")]

    def unfinished(self) -> list[SessionRow]:
        """The sessions that have a live gap, oldest first."""
        return [session_row(row) for row in self.rows(sql.UNFINISHED)]

    def events(self, session: str) -> Iterator[Event]:
        """The events of `session` in their order, as `numbered`."""
        return (event for _, event in self.numbered(session))

    def numbered(self, session: str, after: int = 0) -> Iterator[tuple[int, Event]]:
        """The events of `session` behind number `after`, each with its own.

        Opened documents have their texts. Pages are read one by one, so the writer is never held
        up; the end is where the log ended when the last page was read.

        Raises:
            StoreError: there is no such session, or a text is damaged.
            InputError: an event's body is damaged.
        """
        number, first = self._numbers(session)
        after = max(after, first - 1)
        while True:
            with self._asking() as connection:
                rows = page(connection, number, after, SEQ_MAX, EVENTS_PAGE)
            for row in rows:
                with self._asking() as connection:
                    event = decoded(connection, row)
                yield integer(row[0]), event
            if not rows:
                return
            after = integer(rows[-1][0])

    def began_ms(self, session: str) -> int:
        """When the first event of `session` happened that is still there; 0 where none is."""
        first = next(self.numbered(session), None)
        return 0 if first is None else first[1].at_ms

    def ended_ms(self, session: str) -> int:
        """When the last event of `session` happened."""
        return next(row.last_ms for row in self.sessions() if row.session == session)

    def standing(
        self, session: str, *, up_to: int = SEQ_MAX, before_ms: int = SEQ_MAX
    ) -> tuple[int, list[Opened]]:
        """The last event of `session` within both bounds, by its number, and the documents that
        were open after it, as they stood.

        Raises:
            StoreError: there is no such session, or a text is damaged.
        """
        number, _ = self._numbers(session)
        with self._asking() as connection:
            standing = Standing(connection, number, up_to=up_to, before_ms=before_ms)
            steps = standing.steps()
        while True:
            with self._asking():
                if next(steps, _END) is _END:
                    return standing.seq, standing.openings()

    def quiet(self, session: str) -> tuple[int, list[Opened]]:
        """The newest event, by its number, that a fold of `session` can begin behind, and the
        documents that were open then.

        Raises:
            StoreError: there is no such session, or a text is damaged.
        """
        number, _ = self._numbers(session)
        with self._asking() as connection:
            return quiet(connection, number)

    def _numbers(self, session: str) -> tuple[int, int]:
        found = self.rows(
            "SELECT id, first_seq FROM sessions WHERE name = CAST(:name AS TEXT)",
            {"name": session.encode("utf-8", "surrogatepass")},
        )
        if not found:
            raise StoreError("There is no such session in the store.")
        return integer(found[0]["id"]), integer(found[0]["first_seq"])

    def log(self) -> Iterator[tuple[str, Event, bool]]:
        """The events of all sessions in one order, each with its session and whether that has
        no later one.

        Raises:
            StoreError: a text is damaged.
            InputError: an event's body is damaged.
        """
        names = {row["id"]: str(row["name"]) for row in self.rows("SELECT id, name FROM sessions")}
        last = {row["seq"] for row in self.rows(sql.LAST)}
        after = 0
        while True:
            with self._asking() as connection:
                rows = page_of_all(connection, after, EVENTS_PAGE)
            for session, row in rows:
                with self._asking() as connection:
                    event = decoded(connection, row)
                yield names[session], event, row[0] in last
            if not rows:
                return
            after = integer(rows[-1][1][0])

    def followed(self, after_ms: int) -> tuple[list[Before], list[HeadMoved | Renamed]]:
        """What broke since then, oldest first, and the moves of heads and names."""
        # Twice as many as may be followed: of those that kept nothing but space, nothing is.
        rows = self.rows(sql.FOLLOWED, {"after": after_ms, "limit": 2 * FOLLOWED_MAX})
        events = [
            codec.decode(
                str(row["kind"]),
                blob(row["body"]),
                at_ms=integer(row["at_ms"]),
                doc=str(row["doc"]),
            )
            for row in self.rows(sql.MOVES, {"after": after_ms})
        ]
        moves = [event for event in events if isinstance(event, HeadMoved | Renamed)]
        before = [
            Before(whole_sample(row, texts_of(row)), bool(row["saved"]), bool(row["told"]))
            for row in reversed(rows)
        ]
        return before, moves

    def samples_known(self, requests: Sequence[str]) -> set[str]:
        """Which of these samples are in the store."""
        rows = self.rows(
            "SELECT s.request FROM samples AS s JOIN json_each(:names) AS j ON j.value = s.request",
            {"names": json.dumps(requests)},
        )
        return {str(row["request"]) for row in rows}

    def looks(self, request: str) -> list[Look]:
        """The looks at one gap, in the order of their moments."""
        rows = self.rows("SELECT * FROM looks WHERE request = :request", {"request": request})
        found = [look_of(row) for row in rows]
        return sorted(found, key=lambda look: list(Moment).index(look.moment))

    def problems(self) -> list[str]:
        """What an integrity check finds, in SQLite's words; empty when the store is whole."""
        with self._asking() as connection:
            return problems(connection)

    def rows(self, sql: str, values: Mapping[str, Value] | None = None) -> list[dict[str, Value]]:
        """All rows of a question, by the names of their columns."""
        with self._asking():
            rows: Iterable[dict[str, Value]] = self._database.query(sql, dict(values or {}))
            return list(rows)

    def between(self) -> str:
        """The beginning of a question about a stretch of time (`views.between`)."""
        with self._asking() as connection:
            return between(connection)

    def _counts(self, sql: str, values: Mapping[str, Value] | None = None) -> dict[str, int]:
        return {str(row["name"]): integer(row["n"]) for row in self.rows(sql, values)}

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        with self._lock, translated():
            yield self._connection


class OpenQueries(Queries):
    """The same questions over a connection that its owner holds open."""

    def __init__(self, connection: Connection) -> None:
        self._use(connection)


def _chars(edits: Mapping[str, Mapping[str, Value]], origin: str) -> int:
    return integer(edits[origin]["chars"]) if origin in edits else 0
