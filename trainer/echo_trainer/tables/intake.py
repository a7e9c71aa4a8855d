"""What intake asks of the tables: may it be kept, it is kept, all of somebody's is to go.

    announced  before envelopes are stored: which may be, and which were before
    settled    after: rows and receipts; what is not settled is swept away
    forgotten  a wish: rows go, their envelopes become loose, nothing more of theirs is taken
    swept      loose envelopes go

Left out: signatures, waiting, the batches themselves (`echo_trainer.intake`).

Rules
 - Every function is one transaction of its caller's. Between `announced` and `settled` an envelope
   is loose: a process that dies there leaves nothing that a sweep does not find.
 - A wish and a batch exclude each other: nothing slips in behind a wish.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.tables.schema import (
    BundleState,
    DeletionState,
    bundles,
    deletions,
    loose,
    rates,
    receipts,
    tombstones,
)

_AT_ONCE: Final = 500  # values of one statement; SQLite allows 32,766
_FORGOTTEN_MS: Final = 0  # when an envelope became loose by a wish: before every upload
_LOCK: Final = 0x6563686F + 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """An envelope that was checked, as a row will hold it."""

    digest: str
    kind: str
    contributor: str
    week: str
    key: str
    schema: int
    size: int
    day: str


@dataclass(frozen=True, slots=True)
class DayCaps:
    """What one pseudonym may send in a day."""

    bundles: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Announced:
    """What may be stored, and what became of the rest; by digest."""

    fresh: Sequence[Arrival]
    receipts: Mapping[str, bytes]
    refused: Mapping[str, Refusal]


def announced(
    connection: Connection, arrivals: Sequence[Arrival], caps: DayCaps, now_ms: int
) -> Announced:
    """Which of `arrivals` may be stored; they are loose from here on."""
    known = receipts_of(connection, [each.digest for each in arrivals])
    people = {each.contributor for each in arrivals if each.digest not in known}
    gone = _tombstoned(connection, people)
    spent = _spent(connection, people, {each.day for each in arrivals})
    fresh: list[Arrival] = []
    refused: dict[str, Refusal] = {}
    for each in arrivals:
        if each.digest in known:
            continue
        sent = spent[each.contributor, each.day]
        if each.contributor in gone:
            refused[each.digest] = Refusal.DELETED
        elif sent.bundles >= caps.bundles or sent.bytes + each.size > caps.bytes:
            refused[each.digest] = Refusal.CAP
        else:
            fresh.append(each)
            sent.bundles += 1
            sent.bytes += each.size
    if fresh:
        rows = [{"digest": each.digest, "since_ms": now_ms} for each in fresh]
        statement = _insert(connection, loose)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["digest"], set_={"since_ms": statement.excluded.since_ms}
            ),
            rows,
        )
    return Announced(fresh, known, refused)


def settled(
    connection: Connection, arrivals: Sequence[Arrival], receipt: Callable[[Arrival], bytes]
) -> Announced:
    """The rows of what was stored; what was deleted meanwhile stays loose."""
    _exclude_wishes(connection, shared=True)
    gone = _tombstoned(connection, {each.contributor for each in arrivals})
    still = _loose(connection, [each.digest for each in arrivals])
    refused = {
        each.digest: Refusal.DELETED if each.contributor in gone else Refusal.BUSY
        for each in arrivals
        if each.contributor in gone or each.digest not in still
    }
    kept = [each for each in arrivals if each.digest not in refused]
    made = {each.digest: receipt(each) for each in kept}
    if kept:
        _insert_new(connection, bundles, [_row(each) for each in kept])
        _insert_new(
            connection,
            receipts,
            [
                {"of": each.digest, "said": "stored", "day": each.day, "content": made[each.digest]}
                for each in kept
            ],
        )
        _delete_many(connection, loose, "digest", [each.digest for each in kept])
        _count(connection, kept)
    return Announced(kept, made, refused)


def receipts_of(connection: Connection, digests: Iterable[str]) -> dict[str, bytes]:
    """The receipts of those that were confirmed."""
    found: dict[str, bytes] = {}
    for some in _slices(digests):
        rows = connection.execute(
            select(receipts.c.of, receipts.c.content).where(receipts.c.of.in_(some))
        )
        found |= {of: bytes(content) for of, content in rows}
    return found


def size_of(connection: Connection, digest: str) -> int | None:
    """How large an envelope is that was accepted; None where none was."""
    found = connection.execute(select(bundles.c.size).where(bundles.c.digest == digest)).scalar()
    return None if found is None else int(found)


# --- wishes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WishRow:
    """A wish that was checked."""

    id: str
    contributor: str
    kind: str
    week: str
    day: str
    content: bytes


def forgotten(connection: Connection, wish: WishRow) -> DeletionState:
    """Let all go that came from a pseudonym, and take nothing of it any more."""
    _exclude_wishes(connection, shared=False)
    known = connection.execute(select(deletions.c.state).where(deletions.c.id == wish.id)).scalar()
    if known is not None:
        return DeletionState(known)
    theirs = select(bundles.c.digest).where(bundles.c.contributor == wish.contributor)
    seen = connection.execute(
        select(bundles.c.state, func.count())
        .where(bundles.c.contributor == wish.contributor)
        .group_by(bundles.c.state)
    ).all()
    opened = any(state != BundleState.RECEIVED for state, _ in seen)
    _insert_new(connection, tombstones, [{"contributor": wish.contributor, "day": wish.day}])
    digests = list(connection.execute(theirs).scalars())
    if digests:
        _insert_new(
            connection,
            loose,
            [{"digest": each, "since_ms": _FORGOTTEN_MS} for each in digests],
        )
    connection.execute(delete(receipts).where(receipts.c.of.in_(theirs)))
    connection.execute(delete(rates).where(rates.c.contributor == wish.contributor))
    connection.execute(delete(bundles).where(bundles.c.contributor == wish.contributor))
    state = DeletionState.OPEN if opened else DeletionState.DONE
    connection.execute(
        insert(deletions),
        [
            {
                "id": wish.id,
                "contributor": wish.contributor,
                "kind": wish.kind,
                "week": wish.week,
                "day": wish.day,
                "bundles": sum(count for _, count in seen),
                "state": state,
                "content": wish.content,
            }
        ],
    )
    return state


def confirm(connection: Connection, wish: str, day: str, receipt: bytes) -> bytes:
    """Keep the receipt of a wish; the one that was kept first, where there is one."""
    row = {"of": wish, "said": "deleted", "day": day, "content": receipt}
    _insert_new(connection, receipts, [row])
    return receipts_of(connection, [wish])[wish]


# --- what must not be there -------------------------------------------------------------------


def swept(
    connection: Connection, before_ms: int, erase: Callable[[list[str]], None], most: int
) -> int:
    """Erase objects that became loose before a moment; how many rows there were.

    Their rows are held while they are erased, so that no upload of the same begins meanwhile.
    """
    chosen = select(loose.c.digest).where(loose.c.since_ms < before_ms).limit(most)
    digests = list(connection.execute(chosen.with_for_update(skip_locked=True)).scalars())
    if digests:
        kept = set(
            connection.execute(
                select(bundles.c.digest).where(bundles.c.digest.in_(digests))
            ).scalars()
        )
        erase([each for each in digests if each not in kept])
        _delete_many(connection, loose, "digest", digests)
    return len(digests)


def swept_forgotten(connection: Connection, erase: Callable[[list[str]], None], most: int) -> int:
    """Erase what wishes made loose."""
    return swept(connection, _FORGOTTEN_MS + 1, erase, most)


def prune(connection: Connection, before_day: str) -> None:
    """Let counts of past days go."""
    connection.execute(delete(rates).where(rates.c.day < before_day))


def counts(connection: Connection) -> dict[str, int]:
    """How much waits: for curation, for deletion, to be swept."""
    waiting = connection.execute(
        select(func.count()).where(bundles.c.state == BundleState.RECEIVED)
    ).scalar_one()
    wishes = connection.execute(
        select(func.count()).where(deletions.c.state == DeletionState.OPEN)
    ).scalar_one()
    unsettled = connection.execute(select(func.count()).select_from(loose)).scalar_one()
    return {"received": waiting, "open_deletions": wishes, "loose": unsettled}


# --- by the dozen -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Spent:
    bundles: int = 0
    bytes: int = 0


def _spent(
    connection: Connection, people: set[str], days: set[str]
) -> dict[tuple[str, str], _Spent]:
    found = {(each, day): _Spent() for each in people for day in days}
    for some in _slices(people):
        rows = connection.execute(
            select(rates).where(rates.c.contributor.in_(some), rates.c.day.in_(sorted(days)))
        )
        for row in rows:
            found[row.contributor, row.day] = _Spent(row.bundles, row.bytes)
    return found


def _count(connection: Connection, kept: Sequence[Arrival]) -> None:
    number = Counter((each.contributor, each.day) for each in kept)
    size: Counter[tuple[str, str]] = Counter()
    for each in kept:
        size[each.contributor, each.day] += each.size
    statement = _insert(connection, rates)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["contributor", "day"],
            set_={
                "bundles": rates.c.bundles + statement.excluded.bundles,
                "bytes": rates.c.bytes + statement.excluded.bytes,
            },
        ),
        [
            {"contributor": who, "day": day, "bundles": number[who, day], "bytes": size[who, day]}
            for who, day in number
        ],
    )


def _row(arrival: Arrival) -> dict[str, object]:
    return {
        "digest": arrival.digest,
        "kind": arrival.kind,
        "contributor": arrival.contributor,
        "week": arrival.week,
        "key_id": arrival.key,
        "schema_version": arrival.schema,
        "size": arrival.size,
        "day": arrival.day,
        "state": BundleState.RECEIVED,
        "cause": "",
    }


def _tombstoned(connection: Connection, people: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in _slices(people):
        rows = connection.execute(
            select(tombstones.c.contributor).where(tombstones.c.contributor.in_(some))
        )
        found.update(rows.scalars())
    return found


def _loose(connection: Connection, digests: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in _slices(digests):
        rows = connection.execute(
            select(loose.c.digest).where(loose.c.digest.in_(some)).with_for_update()
        )
        found.update(rows.scalars())
    return found


def _exclude_wishes(connection: Connection, *, shared: bool) -> None:
    """Batches may run beside one another, a wish beside none; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        kind = "_shared" if shared else ""
        connection.execute(text(f"SELECT pg_advisory_xact_lock{kind}({_LOCK})"))


def _insert(connection: Connection, table: Table) -> Any:
    """An insert that knows conflicts; the two dialects' classes share no type that says so."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def _insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; those that are there stay as they are."""
    connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _delete_many(connection: Connection, table: Table, column: str, values: list[str]) -> None:
    for some in _slices(values):
        connection.execute(delete(table).where(table.c[column].in_(some)))


def _slices(values: Iterable[str]) -> Iterable[list[str]]:
    whole = sorted(values)
    return (whole[start : start + _AT_ONCE] for start in range(0, len(whole), _AT_ONCE))
