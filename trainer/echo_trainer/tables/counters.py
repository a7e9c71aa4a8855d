"""What clients counted in a week, by language, model and side of an experiment.

Left out: opening their reports (`echo_trainer.experiments.counting`).

Rules
 - A pseudonym's week is there once, whatever arrives twice.
 - A wish to delete takes the rows (`forget`), as it takes samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields

from sqlalchemy import Connection, delete, func, insert, select

from echo_core.sharing.bundle.contents import Counters, WeekReport
from echo_trainer.tables.schema import counters

_PLAIN = [field.name for field in fields(Counters) if field.name != "latency"]


def add(connection: Connection, report: WeekReport) -> bool:
    """Keep a report; False where this pseudonym's week is there."""
    known = select(func.count()).where(
        counters.c.contributor == report.contributor, counters.c.week == report.week
    )
    if connection.execute(known).scalar_one():
        return False
    rows = [
        {
            "contributor": report.contributor,
            "week": report.week,
            **asdict(row),
            "latency": " ".join(map(str, row.latency)),
        }
        for row in report.rows
    ]
    if rows:
        connection.execute(insert(counters), rows)
    return True


def of_experiment(connection: Connection, name: str) -> Iterator[tuple[str, str, Counters]]:
    """Client, week and counters of all sides of an experiment."""
    asked = select(counters).where(counters.c.arm.startswith(f"{name}.", autoescape=True))
    for row in connection.execute(asked.order_by(counters.c.week, counters.c.contributor)):
        told = {field: getattr(row, field) for field in _PLAIN}
        latency = tuple(map(int, row.latency.split()))
        yield row.contributor, row.week, Counters(**told, latency=latency)


def forget(connection: Connection, contributor: str) -> int:
    """Delete all of a pseudonym; how many rows there were."""
    done = connection.execute(delete(counters).where(counters.c.contributor == contributor))
    return int(done.rowcount)
