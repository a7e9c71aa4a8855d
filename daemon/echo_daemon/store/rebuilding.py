"""Making gaps and samples again from the log (adr/0004), and saying what was different.

One transaction on the writer's thread: readers see the old rows or the new ones. What is equal
stays as it is, so that a sample keeps its number.

Left out: the fold itself (`echo_core.experience`), who asks (`echo_daemon.hub`).

Rules
 - One session at a time, event by event. What is held of a session is its fold, and a line
   without text for each of its requests.
 - Time has passed in a session as far as its records say: to its last event, or to the last break
   that time caused. What the queue still holds comes later, and finds the rows that it expects.
 - What the log has let go is not judged: gaps and samples of requests from before the first event
   of their session stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from echo_core.errors import StoreError
from echo_core.events import Requested
from echo_core.experience import Experience, Mined
from echo_core.sample import Sample
from echo_core.wire import RebuildProgress, RebuildReport
from echo_daemon.store.database import Connection, transaction
from echo_daemon.store.gaps import broken
from echo_daemon.store.queries import OpenQueries, Queries, SessionRow
from echo_daemon.store.rows import RowWriter
from echo_daemon.store.texts import utf8
from echo_daemon.store.values import integer

Tell: TypeAlias = Callable[[RebuildProgress], None]

EVENTS_TOLD: Final = 5_000  # between two words of progress: a tenth of a second
NAMED_MAX: Final = 100  # requests named in the report; the rest is counted

_GAPS: Final = """
SELECT g.request, d.uri, g.broken_ms, g.reason FROM gaps AS g JOIN documents AS d ON d.id = g.doc
WHERE g.session = (SELECT id FROM sessions WHERE name = CAST(? AS TEXT))
"""


class _Gap(NamedTuple):
    """A gap that ended."""

    doc: str
    broken_ms: int
    reason: str


@dataclass(slots=True)
class Rebuilding:
    """One rebuild; `steps` does it, `report` says what came of it."""

    connection: Connection
    rows: RowWriter
    tell: Tell
    sessions: int = 0
    sessions_all: int = 0
    events: int = 0
    samples_before: int = 0
    samples_after: int = 0
    identical: int = 0
    differing: int = 0
    gaps: int = 0
    gaps_differing: int = 0
    named: list[str] = field(default_factory=list)

    def steps(self) -> Iterator[None]:
        """Work for the writer's thread: all of it in one step, because it holds together or not.

        Raises:
            StoreError: a text of the log is damaged; nothing was changed.
        """
        queries = OpenQueries(self.connection)
        with transaction(self.connection):
            self.samples_before = self._count_samples()
            # For this transaction alone: no one else asks for all gaps of a session.
            self.connection.execute("CREATE INDEX breaks_rebuilding ON breaks (session)")
            sessions = [session for session in queries.sessions() if session.events]
            self.sessions_all = len(sessions)
            for session in sessions:
                _Session(self, queries, session).rebuild()
                self.sessions += 1
                self.say()
            self.connection.execute("DROP INDEX breaks_rebuilding")
            self.samples_after = self._count_samples()
        yield

    def say(self) -> None:
        """A word of progress."""
        self.tell(RebuildProgress(self.sessions, self.sessions_all, self.events))

    def differs(self, request: str) -> None:
        """A sample is another one than before, is new, or is gone."""
        self.differing += 1
        if len(self.named) < NAMED_MAX:
            self.named.append(request)

    def report(self) -> RebuildReport:
        """What came of it."""
        return RebuildReport(
            sessions=self.sessions,
            events=self.events,
            gaps=self.gaps,
            gaps_differing=self.gaps_differing,
            samples_before=self.samples_before,
            samples_after=self.samples_after,
            samples_identical=self.identical,
            samples_differing=self.differing,
            differing=self.named,
        )

    def _count_samples(self) -> int:
        ((count,),) = self.connection.execute("SELECT count(*) FROM samples").fetchall()
        return count if isinstance(count, int) else 0


class _Session:
    """The rebuild of one session."""

    def __init__(self, whole: Rebuilding, queries: Queries, session: SessionRow) -> None:
        self._whole = whole
        self._connection = whole.connection
        self._queries = queries
        self._session = session
        self._before = self._stored_gaps()
        self._now: dict[str, _Gap | None] = {}  # None: alive
        self._ended: list[Mined] = []  # of each all but its texts

    def rebuild(self) -> None:
        """Fold the session's events; put right what the rows say otherwise."""
        experience = Experience(self._session.session)
        first_ms = last_ms = self._session.started_ms
        for number, event in enumerate(self._queries.events(self._session.session)):
            first_ms = event.at_ms if number == 0 else first_ms
            last_ms = event.at_ms
            mined = experience.feed(event)
            if isinstance(event, Requested):
                self._now[event.request] = None
            self._take(mined)
            self._whole.events += 1
            if self._whole.events % EVENTS_TOLD == 0:
                self._whole.say()
        breaks = (gap.broken_ms for gap in self._before.values())
        self._take(experience.advance(max(last_ms, *breaks, last_ms)))
        self._compare(first_ms)

    def _take(self, mined: list[Mined]) -> None:
        for one in mined:
            self._now[one.request] = _Gap(one.doc, one.broken_at_ms, one.reason.value)
            self._ended.append(one._replace(sample=None))
            if one.sample is None:
                self._remove_sample(one.request)
            elif self._stored_sample(one.request) == one.sample:
                self._whole.identical += 1
            else:
                self._whole.differs(one.request)
                self._whole.rows.write([one.sample])

    def _compare(self, first_ms: int) -> None:
        differing = 0
        for request, gap in self._now.items():
            self._whole.gaps += 1
            if gap is None:
                self._remove_sample(request)
            differing += gap != self._before.pop(request, None)
        for request in self._before:  # of no request that is in the log
            differing += 1
            self._remove_sample(request, first_ms)
        self._whole.gaps_differing += differing
        if differing:
            self._write_gaps()

    def _write_gaps(self) -> None:
        """How the session's gaps ended, instead of what the rows say."""
        name = (utf8(self._session.session),)
        for sql in (
            "DELETE FROM breaks WHERE session = (SELECT id FROM sessions WHERE name = ?)",
            "UPDATE sessions SET gaps_live = 0 WHERE name = ?",
        ):
            self._connection.execute(sql.replace("?", "CAST(? AS TEXT)"), name)
        self._whole.rows.write(list(broken(self._ended)))
        self._connection.execute(
            "UPDATE sessions SET gaps_live = ? WHERE name = CAST(? AS TEXT)",
            (sum(gap is None for gap in self._now.values()), *name),
        )

    def _remove_sample(self, request: str, after_ms: int = -1) -> None:
        """Remove the sample of `request` that opened after that time, if there is one."""
        sql = "DELETE FROM samples WHERE request = CAST(? AS TEXT) AND opened_ms > ?"
        if self._connection.execute(sql, (utf8(request), after_ms)).rowcount:
            self._whole.differs(request)

    def _stored_gaps(self) -> dict[str, _Gap]:
        found: dict[str, _Gap] = {}
        rows = self._connection.execute(_GAPS, (utf8(self._session.session),)).fetchall()
        for request, doc, broken_ms, reason in rows:
            found[str(request)] = _Gap(str(doc), integer(broken_ms), str(reason))
        return found

    def _stored_sample(self, request: str) -> Sample | None:
        try:
            return self._queries.sample_of(request)
        except (StoreError, ValueError):
            return None  # damaged: it is made again
