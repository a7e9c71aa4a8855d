"""What was counted in a stretch of time, from the log: by quarter of an hour, language and model.

Left out: days and weeks (`echo_daemon.inspecting`), what a week sends (`counting`).

Rules
 - Characters are lengths; no text is read.
 - What cannot be told of a model (typing, and characters accepted from any) is counted under the
   empty name.
 - A proposal counts once, when it was first seen, and as accepted whenever that was.
 - One day of the log is read at a time: what is held in memory does not grow with the store.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from echo_core.records.events import ALTERNATIVE
from echo_core.showing.figures import QUARTER_MS, Counted, Figures, Stretch, Where
from echo_daemon.store.database import Value
from echo_daemon.store.queries import Queries
from echo_daemon.store.values import integer

_DAY_MS: Final = 86_400_000
_AROUND_MS: Final = 3_600_000  # of a request its answer and what became of it are not farther away
_HERE: Final = "(:docs IS NULL OR d.uri IN (SELECT value FROM json_each(:docs)))"
_COUNTED: Final = f"""
    SELECT 'chars' AS what, e.at_ms / {QUARTER_MS} AS quarter, d.language, '' AS model,
        e.origin AS name, sum(length(e.inserted)) AS n
    FROM edits AS e JOIN documents AS d ON d.uri = e.doc
    WHERE e.at_ms >= :since AND e.at_ms < :until AND {_HERE}
        AND e.origin IN ('typed', 'accepted')
    GROUP BY 2, 3, 5
    UNION ALL
    SELECT 'reason', p.at_ms / {QUARTER_MS}, d.language, p.model, p.reason, count(*)
    FROM proposals AS p JOIN requests AS e ON e.request = p.request
    JOIN documents AS d ON d.uri = e.doc
    WHERE p.at_ms >= :since AND p.at_ms < :until AND {_HERE} AND p.reason != :alternative
    GROUP BY 2, 3, 4, 5
    UNION ALL
    SELECT 'latency', p.at_ms / {QUARTER_MS}, d.language, p.model,
        CAST(p.latency_ms AS INT) + (p.latency_ms > CAST(p.latency_ms AS INT)), count(*)
    FROM proposals AS p JOIN requests AS e ON e.request = p.request
    JOIN documents AS d ON d.uri = e.doc
    WHERE p.at_ms >= :since AND p.at_ms < :until AND {_HERE}
        AND p.tokens_prompt > 0 AND p.reason != :alternative
    GROUP BY 2, 3, 4, 5
    UNION ALL
    SELECT iif(accepted, 'accepted', 'shown'), first_ms / {QUARTER_MS}, language, model, '',
        count(*)
    FROM (
        SELECT d.language, p.model, min(o.at_ms) AS first_ms, max(o.outcome != 'shown') AS accepted
        FROM outcomes AS o JOIN proposals AS p ON p.proposal = o.proposal
        JOIN requests AS e ON e.request = p.request JOIN documents AS d ON d.uri = e.doc
        WHERE o.outcome IN ('shown', 'accepted', 'partial') AND {_HERE}
        GROUP BY o.proposal)
    WHERE first_ms >= :since AND first_ms < :until
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - constants
_ENDED: Final = f"""
    FROM samples AS s JOIN documents AS d ON d.id = s.doc
    WHERE s.broken_ms >= :since AND s.broken_ms < :until AND s.reason != 'imported' AND {_HERE}
    GROUP BY 2, 3, 4
"""
_KEPT: Final = f"""
    SELECT 'kept' AS what, s.broken_ms / {QUARTER_MS} AS quarter, s.language, s.model, '' AS name,
        sum(s.kept_chars) AS n {_ENDED}
    UNION ALL
    SELECT 'ended', s.broken_ms / {QUARTER_MS}, s.language, s.model, '', sum(s.accepted_chars)
    {_ENDED}
"""
_EVENTS: Final = """
    SELECT (SELECT count(*) FROM main.events WHERE at_ms >= :since AND at_ms < :until)
        + (SELECT coalesce(sum(events), 0) FROM packs WHERE last_ms >= :since AND first_ms < :until)
        AS n
"""
_OLDEST: Final = """
    SELECT coalesce(min(at_ms), 0) AS at_ms FROM (
        SELECT min(at_ms) AS at_ms FROM main.events UNION ALL SELECT min(first_ms) FROM packs)
"""
_ENDINGS: Final = """
    SELECT r.name AS name, sum(b.gaps) AS n FROM breaks AS b JOIN reasons AS r ON r.id = b.reason
    WHERE b.broken_ms >= :since AND b.broken_ms < :until GROUP BY 1 ORDER BY n DESC
"""


def counted(queries: Queries, stretch: Stretch, events_max: int | None = None) -> Counted:
    """What happened in `stretch`: of so many events at most, the newest days first."""
    tallies: defaultdict[Where, _Tally] = defaultdict(_Tally)
    (oldest,) = queries.rows(_OLDEST)
    since_ms = max(stretch.since_ms, integer(oldest["at_ms"]))
    begin_ms, events, is_cut = stretch.until_ms, 0, False
    for start_ms, end_ms in _days(since_ms, stretch.until_ms):
        values: dict[str, Value] = {"since": start_ms, "until": end_ms}
        if events_max is not None:
            (found,) = queries.rows(_EVENTS, values)
            events += integer(found["n"])
            if events > events_max:
                is_cut = True
                break
        _count_day(queries, values, stretch.docs, tallies)
        begin_ms = start_ms
    until: dict[str, Value] = {"since": begin_ms, "until": stretch.until_ms}
    _take(queries.rows(_KEPT, {**until, "docs": _names(stretch.docs)}), tallies)
    endings = {str(row["name"]): integer(row["n"]) for row in queries.rows(_ENDINGS, until)}
    figures = {where: tally.figures() for where, tally in sorted(tallies.items())}
    return Counted(begin_ms, is_cut, figures, endings)


def _days(since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """The days of UTC between, cut to what is asked for, the newest first."""
    while until_ms > since_ms:
        start_ms = max(since_ms, (until_ms - 1) // _DAY_MS * _DAY_MS)
        yield start_ms, until_ms
        until_ms = start_ms


def _count_day(
    queries: Queries,
    values: Mapping[str, Value],
    docs: frozenset[str] | None,
    tallies: defaultdict[Where, _Tally],
) -> None:
    about: dict[str, Value] = {
        **values,
        "log_since": integer(values["since"]) - _AROUND_MS,
        "log_until": integer(values["until"]) + _AROUND_MS,
        "docs": _names(docs),
        "alternative": ALTERNATIVE,
    }
    _take(queries.rows(queries.between() + _COUNTED, about), tallies)


def _names(docs: frozenset[str] | None) -> str | None:
    return None if docs is None else json.dumps(sorted(docs))


class _Tally:
    """Figures, as they grow."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.latencies: Counter[int] = Counter()
        self.reasons: Counter[str] = Counter()

    def figures(self) -> Figures:
        """As they are now."""
        return Figures(
            shown=self.counts["shown"] + self.counts["accepted"],
            accepted=self.counts["accepted"],
            accepted_chars=self.counts["accepted_chars"],
            kept_chars=self.counts["kept"],
            ended_chars=self.counts["ended"],
            typed_chars=self.counts["typed_chars"],
            latencies=dict(self.latencies),
            reasons=dict(self.reasons),
        )


def _take(rows: list[dict[str, Value]], tallies: defaultdict[Where, _Tally]) -> None:
    for row in rows:
        where = Where(integer(row["quarter"]), str(row["language"]), str(row["model"]))
        tally, count = tallies[where], integer(row["n"])
        what, name = str(row["what"]), row["name"]
        if what == "reason":
            tally.reasons[str(name)] += count
        elif what == "latency":
            tally.latencies[integer(name)] += count
        else:
            tally.counts[f"{name!s}_chars" if what == "chars" else what] += count
