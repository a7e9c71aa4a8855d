"""Questions of whoever judges samples: what is due, one sample with what is known of it, counts.

Left out: judging (`echo_daemon.distilling`), writing a judgement down (`rows`).
"""

from __future__ import annotations

import json

from echo_core.errors import InputError, StoreError
from echo_core.judging.exhibit import Due, Exhibit, Stamp, Standing
from echo_core.judging.judgement import Judgement, decode
from echo_daemon.store import sql
from echo_daemon.store.database import Value
from echo_daemon.store.queries import Queries
from echo_daemon.store.texts import unpacked
from echo_daemon.store.values import blob, integer, texts_of, whole_sample


def due(queries: Queries, query: Due) -> list[int]:
    """The numbers of samples that are due, the newest first."""
    return [integer(row["id"]) for row in queries.rows(sql.DUE, _values(query))]


def due_count(queries: Queries, query: Due) -> int:
    """How many samples are due."""
    values: dict[str, Value] = {"versions": query.versions, "askable": int(query.askable)}
    (count,) = queries.rows(sql.DUE_COUNT, values)
    return integer(count["n"])


def exhibit(queries: Queries, number: int) -> Exhibit | None:
    """One sample; None where it is gone.

    Raises:
        StoreError: its texts are damaged.
    """
    rows = queries.rows(sql.EXHIBIT, {"id": number})
    if not rows:
        return None
    row = rows[0]
    return Exhibit(
        number=number,
        sample=whole_sample(row, texts_of(row)),
        looks=tuple(queries.looks(str(row["request"]))),
        judgement=_judgement(row["judged"]),
        stamp=Stamp(blob(row["zstd"]), str(row["looks"])),
    )


def standings(queries: Queries) -> list[Standing]:
    """How many samples are kept and dropped, and why; the most frequent first."""
    return [
        Standing(str(row["state"]), str(row["step"]), str(row["cause"]), integer(row["n"]))
        for row in queries.rows(sql.STANDINGS)
    ]


def roots(queries: Queries) -> tuple[str, ...]:
    """The folders of all sessions' workspaces, as URIs."""
    found = {str(root) for row in queries.rows(sql.ROOTS) for root in json.loads(str(row["roots"]))}
    return tuple(sorted(found))


def _values(query: Due) -> dict[str, Value]:
    return {
        "versions": query.versions,
        "askable": int(query.askable),
        "before": query.before,
        "limit": query.limit,
    }


def _judgement(value: Value) -> Judgement | None:
    if not isinstance(value, bytes):
        return None
    try:
        return decode(unpacked(value))
    except (InputError, StoreError):
        return None
