"""The counters of one week, from the log: by language and model, never by file.

Left out: how they are counted (`progress`), which documents may be (`echo_daemon.sharing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from echo_core.sharing.bundle.contents import (
    COUNT_MAX,
    ROWS_MAX,
    Counters,
    latency_bins,
    plain_arm,
    plain_language,
    plain_name,
)
from echo_core.showing.figures import Figures, Stretch, summed
from echo_daemon.store.asking import asked
from echo_daemon.store.database import Value
from echo_daemon.store.progress import counted
from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store

_DOCUMENTS: Final = """
    SELECT DISTINCT d.uri AS doc FROM events AS e JOIN documents AS d ON d.id = e.doc
    WHERE e.at_ms >= :since AND e.at_ms < :until
"""


class StoreCounts:
    """`echo_daemon.sharing.api.WeekCounts` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def documents(self, since_ms: int, until_ms: int) -> list[str]:
        """The documents of which something was recorded then."""
        when: dict[str, Value] = {"since": since_ms, "until": until_ms}
        rows = await asked(self._store, lambda queries: queries.rows(_DOCUMENTS, when))
        return [str(row["doc"]) for row in rows]

    async def count(
        self, since_ms: int, until_ms: int, documents: frozenset[str]
    ) -> list[Counters]:
        """What happened in these documents; nothing where nothing was shown or typed."""
        stretch = Stretch(since_ms, until_ms, documents)
        return await asked(self._store, lambda queries: _counters(queries, stretch))


def _counters(queries: Queries, stretch: Stretch) -> list[Counters]:
    parts: defaultdict[tuple[str, str, str], list[Figures]] = defaultdict(list)
    for where, figures in counted(queries, stretch).figures.items():
        name = (plain_language(where.language), plain_name(where.model), plain_arm(where.model))
        parts[name].append(figures)
    made: Sequence[Counters] = [
        _row(*name, summed(figures)) for name, figures in sorted(parts.items())
    ]
    return [row for row in made if any((row.shown, row.typed_chars, row.accepted_chars))][:ROWS_MAX]


def _row(language: str, model: str, arm: str, figures: Figures) -> Counters:
    return Counters(
        language=language,
        model=model,
        arm=arm,
        shown=_most(figures.shown),
        accepted=_most(figures.accepted),
        accepted_chars=_most(figures.accepted_chars),
        kept_chars=_most(figures.kept_chars),
        typed_chars=_most(figures.typed_chars),
        latency=latency_bins(figures.latencies),
    )


def _most(count: int) -> int:
    return min(count, COUNT_MAX)
