"""What the store tells a person who looks through it: progress, lists, what is recorded of what.

Left out: single samples and their judging (`queries`, `judging`), words for people
(`echo_daemon.inspecting`).

Rules
 - Every answer has a bound on its rows, and whoever asks does not wait on the event loop.
 - Where no store was made there is nothing in any of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from echo_core.errors import StoreBusyError
from echo_core.judging.exhibit import NEWEST
from echo_core.showing.figures import Counted, Stretch
from echo_core.showing.listing import Contents, EndedTogether, Facet, Session
from echo_daemon.store.asking import asked
from echo_daemon.store.database import Value
from echo_daemon.store.gaps import requests_of
from echo_daemon.store.progress import counted
from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store
from echo_daemon.store.values import blob, integer, session_row

T = TypeVar("T")
EVENTS_MAX: Final = 300_000  # counted for one page: 8.5 µs each, and a month of much typing
ENDED_MAX: Final = 200  # rows of one page
FACETS_MAX: Final = 500  # values to choose from
SESSIONS_MAX: Final = 200
DOCUMENTS_MAX: Final = 50_000  # of a store; nobody has so many open in a month
_FACETS: Final = """
    SELECT 'state' AS what, coalesce(j.state, 'candidate') AS value, count(*) AS n
    FROM samples AS s LEFT JOIN judgements AS j ON j.sample = s.id GROUP BY 2
    UNION ALL SELECT 'cause', cause, count(*) FROM judgements WHERE cause != '' GROUP BY 2
    UNION ALL SELECT 'reason', reason, count(*) FROM samples GROUP BY 2
    UNION ALL SELECT 'language', language, count(*) FROM samples GROUP BY 2
    UNION ALL SELECT 'model', model, count(*) FROM samples WHERE model != '' GROUP BY 2
    ORDER BY n DESC LIMIT :limit
"""
_ENDED: Final = """
    SELECT b.id, d.uri AS doc, b.broken_ms, r.name AS reason, b.gaps, b.requests
    FROM breaks AS b JOIN documents AS d ON d.id = b.doc JOIN reasons AS r ON r.id = b.reason
    WHERE b.id < :before AND (:reason = '' OR r.name = :reason) ORDER BY b.id DESC LIMIT :limit
"""
_NUMBERS: Final = """
    SELECT s.id, s.request FROM samples AS s JOIN json_each(:names) AS j ON j.value = s.request
"""
_LIVE: Final = "SELECT coalesce(sum(gaps_live), 0) AS n FROM sessions"
_BESIDE: Final = """
    SELECT coalesce((SELECT min(id) FROM samples WHERE id > :id), 0) AS newer,
        coalesce((SELECT max(id) FROM samples WHERE id < :id), 0) AS older
"""
_DOCUMENTS: Final = """
    SELECT d.uri, count(s.id) AS n FROM documents AS d LEFT JOIN samples AS s ON s.doc = d.id
    GROUP BY d.id ORDER BY n DESC LIMIT :limit
"""
_SESSIONS: Final = "SELECT * FROM sessions ORDER BY id DESC LIMIT :limit"
_SESSIONS_ALL: Final = "SELECT count(*) AS n FROM sessions"


class StoreListing:
    """`echo_daemon.inspecting.sources.Records` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def exists(self) -> bool:
        """Whether a store was ever made."""
        return self._store.exists()

    async def counted(self, stretch: Stretch) -> Counted:
        """What happened then, the newest days first, as far back as EVENTS_MAX reaches."""
        if not self.exists():
            return Counted(stretch.until_ms, is_cut=False, figures={}, endings={})
        return await self._read(lambda queries: counted(queries, stretch, EVENTS_MAX))

    async def facets(self) -> list[Facet]:
        """What samples can be chosen by."""
        rows = await self._rows(_FACETS, limit=FACETS_MAX)
        return [Facet(str(row["what"]), str(row["value"]), integer(row["n"])) for row in rows]

    async def ended(self, before: int, limit: int, reason: str) -> list[EndedTogether]:
        """Gaps that ended, newest first; those below number `before`, 0 for all."""
        if not self.exists():
            return []
        about: dict[str, Value] = {
            "before": before or NEWEST,
            "limit": max(0, min(limit, ENDED_MAX)),
            "reason": reason,
        }
        return await self._read(lambda queries: _ended(queries, about))

    async def live(self) -> int:
        """How many gaps did not end yet."""
        rows = await self._rows(_LIVE)
        return integer(rows[0]["n"]) if rows else 0

    async def beside(self, number: int) -> tuple[int, int]:
        """The numbers of the next newer and the next older sample; 0 where there is none."""
        rows = await self._rows(_BESIDE, id=number)
        return (integer(rows[0]["newer"]), integer(rows[0]["older"])) if rows else (0, 0)

    async def numbers(self, requests: Sequence[str]) -> dict[str, int]:
        """The numbers of the samples of these requests, where there are any."""
        rows = await self._rows(_NUMBERS, names=json.dumps(list(requests)))
        return {str(row["request"]): integer(row["id"]) for row in rows}

    async def contents(self) -> Contents:
        """Of which documents something is recorded, and in which sessions."""
        documents = await self._rows(_DOCUMENTS, limit=DOCUMENTS_MAX)
        sessions = map(session_row, await self._rows(_SESSIONS, limit=SESSIONS_MAX))
        return Contents(
            tuple((str(row["uri"]), integer(row["n"])) for row in documents),
            tuple(
                Session(one.session, one.client, one.started_ms, one.last_ms, one.events, one.roots)
                for one in sessions
            ),
        )

    async def sessions_all(self) -> int:
        """How many sessions there are."""
        rows = await self._rows(_SESSIONS_ALL)
        return integer(rows[0]["n"]) if rows else 0

    async def _rows(self, sql: str, **values: Value) -> list[dict[str, Value]]:
        if not self.exists():
            return []
        return await self._read(lambda queries: queries.rows(sql, values))

    async def _read(self, question: Callable[[Queries], T]) -> T:
        with suppress(StoreBusyError):  # paused: what is durable can still be read
            await self._store.flush()
        return await asked(self._store, question)


def _ended(queries: Queries, about: dict[str, Value]) -> list[EndedTogether]:
    rows = [(row, requests_of(blob(row["requests"]))) for row in queries.rows(_ENDED, about)]
    names = [name for _, requests in rows for name in requests]
    found = queries.rows(_NUMBERS, {"names": json.dumps(names)})
    numbers = {str(row["request"]): integer(row["id"]) for row in found}
    return [
        EndedTogether(
            number=integer(row["id"]),
            doc=str(row["doc"]),
            broken_ms=integer(row["broken_ms"]),
            reason=str(row["reason"]),
            gaps=integer(row["gaps"]),
            samples=tuple(numbers[name] for name in requests if name in numbers),
        )
        for row, requests in rows
    ]
