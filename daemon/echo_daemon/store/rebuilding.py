"""Making gaps, samples and looks again from the log (adr/0004), and saying what was different.

One transaction on the writer's thread: readers see the old rows or the new ones. What is equal
stays as it is, so that a sample keeps its number.

Left out: the fold itself (`echo_core.experience.fold`), who asks (`echo_daemon.hub`).

Rules
 - The events of all sessions in their order, as they were lived. What is held is the fold, a line
   without text for each request of the sessions that are not over, and the looks at what is
   followed.
 - Time has passed as far as it was watched: to each event, and to each mark (adr/0010).
 - What the log has let go is not judged: gaps and samples of requests from before the first event
   of their session stay. So do looks at what broke before the first `Mark.RESUMED`: until schema 5
   the log did not say what a process had watched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from echo_core.errors import StoreError
from echo_core.experience.anchors import Matcher
from echo_core.experience.fold import Fold
from echo_core.experience.followed import FOLLOWED_MAX
from echo_core.experience.looks import Look, Moment
from echo_core.experience.mining import Mined
from echo_core.experience.sample import Sample
from echo_core.gaps.life import Break
from echo_core.records.events import Event, Mark, Marked, Requested
from echo_core.records.wire import RebuildProgress, RebuildReport
from echo_daemon.store.callbacks import hand_over
from echo_daemon.store.database import Connection, transaction
from echo_daemon.store.gaps import broken
from echo_daemon.store.log import EventLog
from echo_daemon.store.queries import OpenQueries, Queries
from echo_daemon.store.rows import MOMENTS, RowWriter
from echo_daemon.store.texts import utf8
from echo_daemon.store.values import integer

Tell: TypeAlias = Callable[[RebuildProgress], None]

EVENTS_TOLD: Final = 5_000  # between two words of progress: a tenth of a second
NAMED_MAX: Final = 100  # requests named in the report; the rest is counted

_GAPS: Final = """
SELECT g.request, d.uri, g.broken_ms, g.reason FROM gaps AS g JOIN documents AS d ON d.id = g.doc
WHERE g.session = (SELECT id FROM sessions WHERE name = CAST(? AS TEXT))
"""

_REMOVE_LOOK: Final = """
DELETE FROM looked
WHERE sample = (SELECT id FROM samples WHERE request = CAST(? AS TEXT)) AND moment = ?
"""


class _Gap(NamedTuple):
    """A gap that ended."""

    doc: str
    broken_ms: int
    reason: str


@dataclass(slots=True)
class _Session:
    """A session's gaps, as the log implies them and as the rows say."""

    first_ms: int
    before: dict[str, _Gap]
    now: dict[str, _Gap | None] = field(default_factory=dict)  # None: alive
    ended: list[Mined] = field(default_factory=list)  # of each all but its texts
    last_ms: int = 0


@dataclass(slots=True)
class Rebuilding:
    """One rebuild; `steps` does it, `report` says what came of it."""

    connection: Connection
    rows: RowWriter
    matcher: Matcher
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
    looks_identical: int = 0
    looks_differing: int = 0
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
            self.sessions_all = sum(session.events > 0 for session in queries.sessions())
            _Replay(self, queries).run()
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
            looks_identical=self.looks_identical,
            looks_differing=self.looks_differing,
            differing=self.named,
        )

    def _count_samples(self) -> int:
        ((count,),) = self.connection.execute("SELECT count(*) FROM samples").fetchall()
        return count if isinstance(count, int) else 0


async def rebuild(
    log: EventLog, matcher: Matcher, tell: Callable[[RebuildProgress], None]
) -> RebuildReport:
    """One rebuild on the writer's thread of `log`; `tell` is called on this loop.

    Raises:
        StoreError: the log is damaged; nothing was changed.
    """
    loop = asyncio.get_running_loop()
    made: list[Rebuilding] = []

    def say(so_far: RebuildProgress) -> None:
        hand_over(loop, tell, so_far)

    def begin(connection: Connection, rows: RowWriter) -> Iterator[None]:
        made.append(Rebuilding(connection, rows, matcher, say))
        return made[0].steps()

    await log.work(begin)
    return made[0].report()


class _Replay:
    """The log once more, from its beginning to its end."""

    def __init__(self, whole: Rebuilding, queries: Queries) -> None:
        self._whole = whole
        self._connection = whole.connection
        self._queries = queries
        self._fold = Fold(whole.matcher)
        self._sessions: dict[str, _Session] = {}  # those that are not compared yet
        self._over: list[str] = []  # of them nothing comes any more; what they had open may rest
        self._gaps: dict[str, _Session] = {}  # the live ones, by request
        self._looks: dict[str, dict[Moment, Look]] = {}  # of judged samples, not compared yet
        self._marked = False  # the log says by itself how far time was watched

    def run(self) -> None:
        """Fold all events; put right what the rows say otherwise."""
        for session, event, last in self._queries.log():
            self._take(session, event)
            self._whole.events += 1
            if self._whole.events % EVENTS_TOLD == 0:
                self._whole.say()
                self._compare_looks(FOLLOWED_MAX)
            if last:
                self._last(session)
        for name, session_left in list(self._sessions.items()):
            self._compare(name, session_left)
        self._compare_looks(0, everything=True)

    def _take(self, name: str, event: Event) -> None:
        if isinstance(event, Marked) and event.what is Mark.RESUMED:
            self._marked = True
            for over in self._over:
                self._fold.end(over)
            self._over.clear()
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = _Session(event.at_ms, self._stored_gaps(name))
        session.last_ms = event.at_ms
        folded = self._fold.feed(name, event)
        if isinstance(event, Requested):
            self._gaps[event.request] = session
            session.now[event.request] = None
        self._took(folded.mined, folded.looks)

    def _took(self, mined: list[Mined], looks: list[Look]) -> None:
        for one in mined:
            if one.reason is not Break.IMPORTED:
                session = self._gaps.pop(one.request)
                session.now[one.request] = _Gap(one.doc, one.broken_at_ms, one.reason.value)
                session.ended.append(one._replace(sample=None))
            if one.sample is None:
                self._remove_sample(one.request)
                continue
            if self._marked:
                self._looks[one.request] = {}
            if self._stored_sample(one.request) == one.sample:
                self._whole.identical += 1
            else:
                self._whole.differs(one.request)
                self._whole.rows.write([one.sample])
        for look in looks:
            if look.request in self._looks:
                self._looks[look.request][look.moment] = look

    def _last(self, name: str) -> None:
        """Nothing more comes of this session; time may still end its gaps."""
        session = self._sessions[name]
        experience = self._fold.experience(name)
        if not self._marked and experience is not None:  # schema 2 did not say how time passed
            breaks = (gap.broken_ms for gap in session.before.values())
            mined = experience.advance(max(session.last_ms, *breaks, session.last_ms))
            self._fold.kept.broke(name, mined)
            self._took(mined, [])
        self._whole.sessions += 1
        self._whole.say()
        if experience is None or not experience.gaps_live:
            self._fold.over(name)
            self._over.append(name)
            self._compare(name, session)

    def _compare(self, name: str, session: _Session) -> None:
        del self._sessions[name]
        differing = 0
        for request, gap in session.now.items():
            self._whole.gaps += 1
            if gap is None:
                self._remove_sample(request)
            differing += gap != session.before.pop(request, None)
        for request in session.before:  # of no request that is in the log
            differing += 1
            self._remove_sample(request, session.first_ms)
        self._whole.gaps_differing += differing
        live = sum(gap is None for gap in session.now.values())
        if differing or live != self._stored_live(name):
            self._write_gaps(name, session)

    def _stored_live(self, name: str) -> int:
        ((count,),) = self._connection.execute(
            "SELECT gaps_live FROM sessions WHERE name = CAST(? AS TEXT)", (utf8(name),)
        ).fetchall()
        return integer(count)

    def _compare_looks(self, most: int, *, everything: bool = False) -> None:
        """Compare what is looked at no more, where more than `most` wait for it."""
        if len(self._looks) <= most:
            return
        over = [one for one in self._looks if everything or one not in self._fold.kept]
        for request in over:
            now = self._looks.pop(request)
            before = {look.moment: look for look in self._queries.looks(request)}
            for moment in now.keys() | before.keys():
                look = now.get(moment)
                if look is not None and look == before.get(moment):
                    self._whole.looks_identical += 1
                    continue
                self._whole.looks_differing += 1
                if look is not None:
                    self._whole.rows.write([look])
                else:
                    values = (utf8(request), MOMENTS[moment])
                    self._connection.execute(_REMOVE_LOOK, values)

    def _write_gaps(self, name: str, session: _Session) -> None:
        """How a session's gaps ended, instead of what the rows say."""
        number = "(SELECT id FROM sessions WHERE name = CAST(? AS TEXT))"
        self._connection.execute(f"DELETE FROM breaks WHERE session = {number}", (utf8(name),))  # noqa: S608 - constants
        self._whole.rows.write(list(broken(session.ended)))
        alive = sum(gap is None for gap in session.now.values())
        self._connection.execute(
            f"UPDATE sessions SET gaps_live = ? WHERE id = {number}",  # noqa: S608 - constants
            (alive, utf8(name)),
        )

    def _remove_sample(self, request: str, after_ms: int = -1) -> None:
        """Remove the sample of `request` that opened after that time, if there is one."""
        sql = "DELETE FROM samples WHERE request = CAST(? AS TEXT) AND opened_ms > ?"
        if self._connection.execute(sql, (utf8(request), after_ms)).rowcount:
            self._whole.differs(request)

    def _stored_gaps(self, session: str) -> dict[str, _Gap]:
        found: dict[str, _Gap] = {}
        rows = self._connection.execute(_GAPS, (utf8(session),)).fetchall()
        for request, doc, broken_ms, reason in rows:
            found[str(request)] = _Gap(str(doc), integer(broken_ms), str(reason))
        return found

    def _stored_sample(self, request: str) -> Sample | None:
        try:
            return self._queries.sample_of(request)
        except (StoreError, ValueError):
            return None  # damaged: it is made again
