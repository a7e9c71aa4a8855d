"""The outbox in SQL: items, parcels, wishes, and a few notes of whoever sends.

Every function takes the writing connection and is called inside a transaction (`outbox`).

Left out: what is sent and when (`echo_daemon.sharing`), the schema (`migrations`).

Rules
 - An attempt is written down before the first byte goes out.
 - What was sent or dropped keeps its row without its text, so that it never comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from echo_core.places import holds, path_of
from echo_core.sharing.bundle.sending import Caps
from echo_core.sharing.outbox import DropCause, Item, ItemState, Parcel, ParcelState, Week, Wish
from echo_daemon.store.database import Connection, Row, Value
from echo_daemon.store.texts import packed, unpacked, utf8
from echo_daemon.store.values import integer

_ITEM: Final = "request, doc, language, added_ms, due_ms, kind, zstd, state, cause, parcel"
_PARCEL: Final = (
    "id, kind, week, digest, samples, made_ms, due_ms, intake, envelope, zstd, attempts, state,"
    " cause, receipt, ended_ms, size"
)
_WISH: Final = (
    "id, kind, week, asked_ms, due_ms, intake, content, attempts, cause, receipt, done_ms"
)
_OPEN: Final = (ItemState.WAITING, ItemState.SEALED)


# --- notes --------------------------------------------------------------------------------------


def note(connection: Connection, name: str) -> Value:
    """What was noted under `name`; None where nothing was."""
    row = connection.execute("SELECT value FROM sharing WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def set_note(connection: Connection, name: str, value: Value) -> None:
    """Note something; None takes the note away."""
    if value is None:
        connection.execute("DELETE FROM sharing WHERE name = ?", (name,))
    else:
        connection.execute(
            "INSERT INTO sharing (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )


def notes(connection: Connection, prefix: str) -> dict[str, Value]:
    """The notes whose names begin so, without that beginning."""
    rows = connection.execute("SELECT name, value FROM sharing").fetchall()
    return {
        str(name).removeprefix(prefix): value
        for name, value in rows
        if str(name).startswith(prefix)
    }


# --- items --------------------------------------------------------------------------------------


def known(connection: Connection) -> set[str]:
    """The requests of all that is in the outbox, or ever was."""
    return {str(request) for (request,) in connection.execute("SELECT request FROM outbox")}


def put(connection: Connection, items: Iterable[Item]) -> None:
    """Take `items` in; one that waits already is replaced."""
    connection.executemany(
        "INSERT INTO outbox (request, doc, language, added_ms, due_ms, kind, state, cause, parcel,"
        " zstd)"
        " VALUES (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, NULL, ?)"
        " ON CONFLICT (request) DO UPDATE SET added_ms = excluded.added_ms,"
        " due_ms = excluded.due_ms, zstd = excluded.zstd WHERE state = 'waiting'",
        [
            (
                utf8(item.request),
                utf8(item.doc),
                utf8(item.language),
                item.added_ms,
                item.due_ms,
                item.kind,
                item.state.value,
                item.cause,
                packed(item.content) if item.content else None,
            )
            for item in items
        ],
    )


def items(connection: Connection, *states: ItemState, limit: int = -1) -> list[Item]:
    """Items, the one that waits longest first."""
    marks = ", ".join("?" * len(states))
    rows = connection.execute(
        f"SELECT {_ITEM} FROM outbox WHERE state IN ({marks})"  # noqa: S608 - constants
        " ORDER BY due_ms, request LIMIT ?",
        (*(state.value for state in states), limit),
    )
    return [_item(row) for row in rows.fetchall()]


def drop(connection: Connection, requests: Sequence[str], cause: DropCause) -> int:
    """Take items out that were not sent; a parcel that held one is taken apart. How many went."""
    gone = 0
    for request in requests:
        row = connection.execute(
            f"SELECT {_ITEM} FROM outbox WHERE request = CAST(? AS TEXT)",  # noqa: S608 - constants
            (utf8(request),),
        ).fetchone()
        if row is None or _item(row).state not in _OPEN:
            continue
        item = _item(row)
        if item.parcel:
            unseal(connection, item.parcel, "taken apart")
        connection.execute(
            "UPDATE outbox SET state = 'dropped', cause = ?, zstd = NULL, parcel = NULL"
            " WHERE request = CAST(? AS TEXT)",
            (cause.value, utf8(request)),
        )
        gone += 1
    return gone


def drop_where(connection: Connection, takes: Callable[[Item], bool], cause: DropCause) -> int:
    """Take all items out that fit and were not sent; how many went."""
    found = [item.request for item in items(connection, *_OPEN) if takes(item)]
    return drop(connection, found, cause)


def lies_in(folder: str) -> Callable[[Item], bool]:
    """Whether an item's file is `folder`, or lies in it."""
    return lambda item: holds(folder, path_of(item.doc))


# --- parcels ------------------------------------------------------------------------------------


def due_now(connection: Connection, now_ms: int) -> None:
    """Nothing waits any longer, neither for its delay nor after a failure."""
    connection.execute("UPDATE outbox SET due_ms = min(due_ms, ?)", (now_ms,))
    connection.execute("UPDATE parcels SET due_ms = min(due_ms, ?)", (now_ms,))
    connection.execute("UPDATE wishes SET due_ms = min(due_ms, ?)", (now_ms,))


def seal(connection: Connection, parcel: Parcel, requests: Sequence[str]) -> None:
    """A parcel was made of these items."""
    connection.execute(
        "INSERT INTO parcels (id, kind, week, digest, samples, size, made_ms, due_ms, intake,"
        " envelope, zstd, attempts, state, cause, receipt, ended_ms, retired)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'sealed', '', NULL, NULL, 0)",
        (
            parcel.id,
            parcel.kind,
            parcel.week,
            parcel.digest,
            parcel.samples,
            len(parcel.envelope),
            parcel.made_ms,
            parcel.due_ms,
            parcel.intake,
            parcel.envelope,
            packed(parcel.content),
        ),
    )
    connection.executemany(
        "UPDATE outbox SET state = 'sealed', parcel = ? WHERE request = CAST(? AS TEXT)",
        [(parcel.id, utf8(request)) for request in requests],
    )


def unseal(connection: Connection, parcel: str, cause: str) -> None:
    """A parcel will not be sent; what was in it waits again. That it was tried stays known."""
    connection.execute(
        "UPDATE outbox SET state = 'waiting', parcel = NULL WHERE parcel = ? AND state = 'sealed'",
        (parcel,),
    )
    connection.execute(
        "UPDATE parcels SET state = 'refused', cause = ?, envelope = NULL, zstd = NULL"
        " WHERE id = ? AND state = 'sealed'",
        (cause, parcel),
    )


def parcels(connection: Connection, *states: ParcelState) -> list[Parcel]:
    """Parcels, the oldest first."""
    marks = ", ".join("?" * len(states))
    rows = connection.execute(
        f"SELECT {_PARCEL} FROM parcels WHERE state IN ({marks}) ORDER BY made_ms, id",  # noqa: S608 - constants
        tuple(state.value for state in states),
    )
    return [_parcel(row) for row in rows.fetchall()]


def tried(connection: Connection, parcel: str, due_ms: int) -> None:
    """An attempt begins; where it comes to nothing, the next one is not before `due_ms`."""
    connection.execute(
        "UPDATE parcels SET attempts = attempts + 1, due_ms = ? WHERE id = ?", (due_ms, parcel)
    )


def put_off(connection: Connection, parcel: str, due_ms: int) -> None:
    """The next attempt is not before `due_ms`."""
    connection.execute("UPDATE parcels SET due_ms = ? WHERE id = ?", (due_ms, parcel))


def sent(connection: Connection, parcel: str, receipt: bytes, now_ms: int) -> None:
    """A parcel was confirmed; its text is needed no longer."""
    connection.execute(
        "UPDATE parcels SET state = 'sent', receipt = ?, ended_ms = ?, envelope = NULL,"
        " zstd = NULL, cause = '' WHERE id = ?",
        (receipt, now_ms, parcel),
    )
    connection.execute("UPDATE outbox SET state = 'sent', zstd = NULL WHERE parcel = ?", (parcel,))


def refused(connection: Connection, parcel: str, cause: DropCause, said: str, now_ms: int) -> None:
    """A parcel was given up, and its samples with it."""
    connection.execute(
        "UPDATE parcels SET state = 'refused', cause = ?, ended_ms = ?, envelope = NULL,"
        " zstd = NULL WHERE id = ?",
        (said, now_ms, parcel),
    )
    connection.execute(
        "UPDATE outbox SET state = 'dropped', cause = ?, zstd = NULL WHERE parcel = ?",
        (cause.value, parcel),
    )


def sent_since(connection: Connection, since_ms: int) -> Caps:
    """How much was confirmed since then, and how much may have arrived."""
    ((samples, size),) = connection.execute(
        "SELECT coalesce(sum(samples), 0), coalesce(sum(size), 0) FROM parcels"
        " WHERE ended_ms >= ?1 AND state = 'sent' OR state = 'sealed' AND attempts > 0",
        (since_ms,),
    ).fetchall()
    return Caps(integer(samples), integer(size))


# --- going away ---------------------------------------------------------------------------------


def weeks(connection: Connection, kind: str) -> list[Week]:
    """The pseudonyms of one kind under which something may have arrived, and nobody asked yet."""
    rows = connection.execute(
        "SELECT DISTINCT kind, week, intake FROM parcels"
        " WHERE kind = ? AND attempts > 0 AND retired = 0 ORDER BY week, intake",
        (kind,),
    )
    return [Week(str(kind), str(week), str(intake)) for kind, week, intake in rows.fetchall()]


def ask_deletion(connection: Connection, kind: str, wishes: Sequence[Wish]) -> None:
    """Write wishes down; the pseudonyms of that kind are used no more. Parcels not sent go."""
    for wish in wishes:
        connection.execute(
            "INSERT INTO wishes (id, kind, week, asked_ms, due_ms, intake, content, attempts,"
            " cause) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '') ON CONFLICT (id) DO NOTHING",
            (
                wish.id,
                wish.kind,
                wish.week,
                wish.asked_ms,
                wish.due_ms,
                wish.intake,
                wish.content,
            ),
        )
    for parcel in parcels(connection, ParcelState.SEALED):
        if parcel.kind == kind:
            unseal(connection, parcel.id, "revoked")
    connection.execute("UPDATE parcels SET retired = 1 WHERE kind = ?", (kind,))


def wishes(connection: Connection) -> list[Wish]:
    """All wishes, the oldest first."""
    rows = connection.execute(
        f"SELECT {_WISH} FROM wishes ORDER BY asked_ms, week, id"  # noqa: S608 - constants
    )
    return [_wish(row) for row in rows.fetchall()]


def wish_tried(connection: Connection, wish: str, due_ms: int, cause: str) -> None:
    """A wish was sent and not confirmed; `cause` is what was answered."""
    connection.execute(
        "UPDATE wishes SET attempts = attempts + 1, due_ms = ?, cause = ? WHERE id = ?",
        (due_ms, cause, wish),
    )


def wish_done(connection: Connection, wish: str, receipt: bytes, now_ms: int) -> None:
    """A wish was confirmed."""
    connection.execute(
        "UPDATE wishes SET receipt = ?, done_ms = ?, cause = '' WHERE id = ?",
        (receipt, now_ms, wish),
    )


# --- rows ---------------------------------------------------------------------------------------


def _item(row: Row) -> Item:
    request, doc, language, added_ms, due_ms, kind, zstd, state, cause, parcel = row
    return Item(
        request=str(request),
        doc=str(doc),
        language=str(language),
        added_ms=integer(added_ms),
        due_ms=integer(due_ms),
        kind=str(kind),
        content=_content(zstd),
        state=ItemState(str(state)),
        cause=str(cause),
        parcel=str(parcel) if parcel is not None else "",
    )


def _parcel(row: Row) -> Parcel:
    return Parcel(
        id=str(row[0]),
        kind=str(row[1]),
        week=str(row[2]),
        digest=str(row[3]),
        samples=integer(row[4]),
        made_ms=integer(row[5]),
        due_ms=integer(row[6]),
        intake=str(row[7]),
        envelope=_blob(row[8]),
        content=_content(row[9]),
        attempts=integer(row[10]),
        state=ParcelState(str(row[11])),
        cause=str(row[12]),
        receipt=_blob(row[13]),
        ended_ms=integer(row[14] or 0),
        size=integer(row[15]),
    )


def _wish(row: Row) -> Wish:
    return Wish(
        id=str(row[0]),
        kind=str(row[1]),
        week=str(row[2]),
        asked_ms=integer(row[3]),
        due_ms=integer(row[4]),
        intake=str(row[5]),
        content=_blob(row[6]),
        attempts=integer(row[7]),
        cause=str(row[8]),
        receipt=_blob(row[9]),
        done_ms=integer(row[10] or 0),
    )


def _blob(value: Value) -> bytes:
    return value if isinstance(value, bytes) else b""


def _content(value: Value) -> bytes:
    return unpacked(value) if isinstance(value, bytes) else b""
