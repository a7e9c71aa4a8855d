"""The counters of one week, from the log: by language and model, never by file.

Left out: which documents may be counted (`echo_daemon.sharing`).

Rules
 - Characters are lengths; no text is read.
 - What cannot be told of a model (typing, and characters accepted from any) is counted under the
   empty name, once a language.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Final, TypeVar

from echo_core.bundle.contents import (
    COUNT_MAX,
    ROWS_MAX,
    Counters,
    latency_bins,
    plain_arm,
    plain_language,
    plain_name,
)
from echo_core.events import ALTERNATIVE
from echo_daemon.store.database import Value
from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store
from echo_daemon.store.values import integer, real

T = TypeVar("T")
_WHEN: Final = "e.at_ms >= :since AND e.at_ms < :until"
_DOCS: Final = "d.uri IN (SELECT value FROM json_each(:docs))"
_DOCUMENTS: Final = f"""
    SELECT DISTINCT d.uri AS doc FROM events AS e JOIN documents AS d ON d.id = e.doc WHERE {_WHEN}
"""  # noqa: S608 - constants
_CHARS: Final = f"""
    SELECT d.language, e.origin, sum(length(e.inserted)) AS chars
    FROM edits AS e JOIN documents AS d ON d.uri = e.doc
    WHERE {_WHEN} AND {_DOCS} AND e.origin IN ('typed', 'accepted')
    GROUP BY 1, 2
"""  # noqa: S608 - constants
_ANSWERS: Final = f"""
    SELECT d.language, p.model, p.latency_ms
    FROM proposals AS p JOIN requests AS e ON e.request = p.request
    JOIN documents AS d ON d.uri = e.doc
    WHERE {_WHEN} AND {_DOCS} AND p.tokens_prompt > 0 AND p.reason != :alternative
"""  # noqa: S608 - constants
# One ghost text may have answered several requests: the first one says where it was.
_OUTCOMES: Final = f"""
    SELECT language, model, count(*) AS shown, sum(accepted) AS accepted FROM (
        SELECT d.language AS language, p.model AS model, max(o.outcome != 'shown') AS accepted
        FROM outcomes AS o JOIN proposals AS p ON p.proposal = o.proposal
        JOIN requests AS e ON e.request = p.request JOIN documents AS d ON d.uri = e.doc
        WHERE o.outcome IN ('shown', 'accepted', 'partial')
            AND o.at_ms >= :since AND o.at_ms < :until AND {_DOCS}
        GROUP BY o.proposal)
    GROUP BY 1, 2
"""  # noqa: S608 - constants
_KEPT: Final = f"""
    SELECT s.language, s.model, sum(s.kept_chars) AS kept
    FROM samples AS s JOIN documents AS d ON d.id = s.doc
    WHERE s.broken_ms >= :since AND s.broken_ms < :until AND s.reason != 'imported' AND {_DOCS}
    GROUP BY 1, 2
"""  # noqa: S608 - constants


class StoreCounts:
    """`echo_daemon.sharing.api.WeekCounts` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def documents(self, since_ms: int, until_ms: int) -> list[str]:
        """The documents of which something was recorded then."""
        when: dict[str, Value] = {"since": since_ms, "until": until_ms}
        rows = await self._read(lambda queries: queries.rows(_DOCUMENTS, when))
        return [str(row["doc"]) for row in rows]

    async def count(
        self, since_ms: int, until_ms: int, documents: frozenset[str]
    ) -> list[Counters]:
        """What happened in these documents; nothing where nothing was shown or typed."""
        values: dict[str, Value] = {
            "since": since_ms,
            "until": until_ms,
            "docs": json.dumps(sorted(documents)),
            "alternative": ALTERNATIVE,
        }
        return await self._read(lambda queries: _counted(queries, values))

    async def _read(self, question: Callable[[Queries], T]) -> T:
        def ask() -> T:
            with closing(self._store.reading()) as queries:
                return question(queries)

        return await asyncio.to_thread(ask)


class _Tally:
    """One row, as it grows."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.latencies: list[float] = []

    def counters(self, language: str, model: str, arm: str) -> Counters:
        count = {name: min(value, COUNT_MAX) for name, value in self.counts.items()}
        return Counters(
            language=language,
            model=model,
            arm=arm,
            shown=count.get("shown", 0),
            accepted=count.get("accepted", 0),
            accepted_chars=count.get("accepted_chars", 0),
            kept_chars=count.get("kept_chars", 0),
            typed_chars=count.get("typed_chars", 0),
            latency=latency_bins(self.latencies),
        )


def _counted(queries: Queries, values: Mapping[str, Value]) -> list[Counters]:
    tallies: defaultdict[tuple[str, str, str], _Tally] = defaultdict(_Tally)

    def tally(row: Mapping[str, Value], model: str = "") -> _Tally:
        language = plain_language(str(row["language"]))
        return tallies[language, plain_name(model), plain_arm(model)]

    for row in queries.rows(_CHARS, values):
        tally(row).counts[f"{row['origin']!s}_chars"] += integer(row["chars"])
    for row in queries.rows(_ANSWERS, values):
        tally(row, str(row["model"])).latencies.append(real(row["latency_ms"]))
    for row in queries.rows(_OUTCOMES, values):
        found = tally(row, str(row["model"])).counts
        found["shown"] += integer(row["shown"])
        found["accepted"] += integer(row["accepted"])
    for row in queries.rows(_KEPT, values):
        tally(row, str(row["model"])).counts["kept_chars"] += integer(row["kept"])
    made: Sequence[Counters] = [each.counters(*name) for name, each in sorted(tallies.items())]
    return [row for row in made if any((row.shown, row.typed_chars, row.accepted_chars))][:ROWS_MAX]
