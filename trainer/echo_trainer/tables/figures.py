"""What came, counted: for people who look after a trainer.

Left out: what curation and intake ask (`queue`, `intake`), what versions hold.

Rules
 - Nothing here names a pseudonym; a wish is named by its own digest.
 - Only reads, and no row is read that is not counted or shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from echo_trainer.tables.schema import BundleState, bundles, deletions


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What was accepted on a day and is still there."""

    day: str
    kind: str
    bundles: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Week:
    """How many pseudonyms sent something in a week: each holds for a week only."""

    week: str
    kind: str
    pseudonyms: int


@dataclass(frozen=True, slots=True)
class Fate:
    """How many envelopes of one kind are where on their way; `cause`: of a refusal by curation."""

    kind: str
    state: BundleState
    cause: str
    bundles: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody asked that all of theirs be deleted."""

    id: str
    kind: str
    week: str
    day: str
    bundles: int
    state: str


def arrivals(connection: Connection, since_day: str) -> Sequence[Arrivals]:
    """By day and kind, the oldest first."""
    columns = (bundles.c.day, bundles.c.kind)
    rows = connection.execute(
        select(*columns, func.count(), func.sum(bundles.c.size))
        .where(bundles.c.day >= since_day)
        .group_by(*columns)
        .order_by(*columns)
    )
    return [Arrivals(day, kind, count, int(size)) for day, kind, count, size in rows]


def weeks(connection: Connection, since_week: str) -> Sequence[Week]:
    """By week and kind, the oldest first."""
    columns = (bundles.c.week, bundles.c.kind)
    # Those of a week first: counting distinct ones takes SQLite a sort of all rows.
    each = (
        select(*columns, bundles.c.contributor)
        .where(bundles.c.week >= since_week)
        .group_by(*columns, bundles.c.contributor)
        .subquery()
    )
    rows = connection.execute(
        select(each.c.week, each.c.kind, func.count())
        .group_by(each.c.week, each.c.kind)
        .order_by(each.c.week, each.c.kind)
    )
    return [Week(week, kind, count) for week, kind, count in rows]


def fates(connection: Connection) -> Sequence[Fate]:
    """Of all envelopes that are still there."""
    columns = (bundles.c.kind, bundles.c.state, bundles.c.cause)
    rows = connection.execute(select(*columns, func.count()).group_by(*columns).order_by(*columns))
    return [Fate(kind, BundleState(state), cause, count) for kind, state, cause, count in rows]


def wishes(connection: Connection, after: int, most: int) -> Sequence[Wish]:
    """Wishes, the newest first, without the first `after`."""
    columns = (
        *(deletions.c.id, deletions.c.kind, deletions.c.week, deletions.c.day),
        *(deletions.c.bundles, deletions.c.state),
    )
    rows = connection.execute(
        select(*columns).order_by(deletions.c.day.desc(), deletions.c.id).offset(after).limit(most)
    )
    return [Wish(**row) for row in rows.mappings()]


def wishes_by_state(connection: Connection) -> dict[str, int]:
    """How many there are."""
    asked = select(deletions.c.state, func.count()).group_by(deletions.c.state)
    return {row[0]: row[1] for row in connection.execute(asked)}
