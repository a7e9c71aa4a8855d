"""What is asked of the tables when a backup came back: what they lack, what they miss, wishes.

Left out: looking at envelopes (`echo_trainer.intake.mending`).

Rules
 - A wish that is opened again stands as it did before curation fulfilled it; its receipt stays.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from echo_trainer.tables.schema import BundleState, DeletionState, bundles, deletions

_UNOPENED = (BundleState.RECEIVED, BundleState.TAKEN)


def unknown(connection: Connection, digests: Collection[str]) -> set[str]:
    """Which of these (500 at most) were never accepted, as far as the rows know."""
    found = select(bundles.c.digest).where(bundles.c.digest.in_(sorted(digests)))
    return set(digests).difference(connection.execute(found).scalars())


def expected(connection: Connection, after: int, most: int) -> list[tuple[int, str]]:
    """Number and digest of bundles whose envelope curation has still to open, in their order."""
    rows = connection.execute(
        select(bundles.c.number, bundles.c.digest)
        .where(bundles.c.number > after, bundles.c.state.in_(_UNOPENED))
        .order_by(bundles.c.number)
        .limit(most)
    )
    return [(number, digest) for number, digest in rows]


def wishes(connection: Connection) -> list[bytes]:
    """Every wish to delete, as it was signed."""
    rows = connection.execute(select(deletions.c.content).order_by(deletions.c.id))
    return [bytes(content) for content in rows.scalars()]


def open_again(connection: Connection, wish: str) -> None:
    """Let curation delete once more what was made of a wish's envelopes."""
    connection.execute(
        update(deletions).where(deletions.c.id == wish).values(state=DeletionState.OPEN)
    )


def open_once_more(connection: Connection) -> int:
    """Let curation open again what it was done with and whose envelopes are kept; how many.

    They count as taken, so a wish still waits for curation: perhaps the lake is not lost.
    """
    done = connection.execute(
        update(bundles)
        .where(bundles.c.state == BundleState.CURATED, bundles.c.spare_since != "")
        .values(state=BundleState.TAKEN, spare_since="")
    )
    return done.rowcount
