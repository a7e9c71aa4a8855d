"""What curation asks of the tables: what waits, what was made of it, what is to be deleted.

    with database.begin() as rows:
        for bundle in queue.waiting(rows, 1000): ...
        mine = queue.take(rows, [bundle.digest, ...])      # before anything is opened
    ... open, curate, write ...
    with database.begin() as rows:
        queue.finish(rows, digests, BundleState.CURATED, day)

Left out: envelopes (`echo_trainer.objects`), what curation does.

Rules
 - What is taken counts as opened, whatever happens then: a wish waits until curation has deleted
   what it made of it (`open_deletions`, `deleted`). A process that died finds what it had taken
   with `waiting(..., taken=True)`.
 - A bundle may be gone at any moment between two transactions; `take` and `finish` say which are
   still there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from echo_core.sharing.bundle.envelope import Kind
from echo_trainer.tables.schema import BundleState, DeletionState, bundles, deletions


@dataclass(frozen=True, slots=True)
class Waiting:
    """An envelope that was accepted."""

    number: int  # rises in the order of acceptance
    digest: str
    kind: str
    contributor: str
    week: str
    key: str
    size: int
    day: str


@dataclass(frozen=True, slots=True)
class OpenDeletion:
    """A wish whose envelopes are gone, and what was made of them perhaps not."""

    id: str
    contributor: str
    kind: str
    week: str


def waiting(
    connection: Connection, most: int, kinds: Collection[Kind] = (), *, taken: bool = False
) -> list[Waiting]:
    """What waits for curation, oldest first; or what was taken and never finished.

    `kinds`: of these alone.
    """
    state = BundleState.TAKEN if taken else BundleState.RECEIVED
    asked = select(bundles).where(bundles.c.state == state)
    if kinds:
        asked = asked.where(bundles.c.kind.in_(sorted(kinds)))
    rows = connection.execute(asked.order_by(bundles.c.number).limit(most))
    return [
        Waiting(
            row.number,
            row.digest,
            row.kind,
            row.contributor,
            row.week,
            row.key_id,
            row.size,
            row.day,
        )
        for row in rows
    ]


def take(connection: Connection, digests: Sequence[str]) -> list[str]:
    """Begin with bundles; which of them are this caller's now."""
    return _moved(connection, digests, BundleState.RECEIVED, state=BundleState.TAKEN)


def finish(
    connection: Connection, digests: Sequence[str], state: BundleState, day: str, cause: str = ""
) -> list[str]:
    """Say what became of bundles, and on which day; which of them are still there."""
    return _moved(connection, digests, BundleState.TAKEN, state=state, cause=cause, spare_since=day)


def let_go(
    connection: Connection, before_day: str, erase: Callable[[list[str]], None], most: int
) -> int:
    """Erase envelopes that curation was done with before a day; how many.

    What becomes of it when somebody asks for deletion does not change: their rows stay.
    """
    since = bundles.c.spare_since
    chosen = select(bundles.c.digest).where(since != "", since < before_day).limit(most)
    digests = list(connection.execute(chosen.with_for_update(skip_locked=True)).scalars())
    if digests:
        erase(digests)
        connection.execute(
            update(bundles).where(bundles.c.digest.in_(digests)).values(spare_since="")
        )
    return len(digests)


def open_deletions(connection: Connection) -> list[OpenDeletion]:
    """Wishes that curation has still to fulfil."""
    rows = connection.execute(
        select(deletions).where(deletions.c.state == DeletionState.OPEN).order_by(deletions.c.id)
    )
    return [OpenDeletion(row.id, row.contributor, row.kind, row.week) for row in rows]


def deleted(connection: Connection, wish: str) -> None:
    """Say that nothing is left of what was made of a wish's envelopes."""
    connection.execute(
        update(deletions).where(deletions.c.id == wish).values(state=DeletionState.DONE)
    )


def _moved(
    connection: Connection, digests: Sequence[str], before: BundleState, **after: str
) -> list[str]:
    done = connection.execute(
        update(bundles)
        .where(bundles.c.digest.in_(list(digests)), bundles.c.state == before)
        .values(**after)
        .returning(bundles.c.digest)
    )
    return list(done.scalars())
