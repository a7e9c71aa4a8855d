"""How long things are kept: raw events by age and size, the oldest first; samples outlive them.

Left out: how things are removed (`erasing`), when this runs (`recorder`).

Rules
 - By age raw events leave, never samples. By size raw events leave first, and when none are left
   that may, the oldest samples.
 - What is younger than an hour stays, whatever the size: its gaps may still be alive.
 - Ages count from the clock's time now, which may have been set back: then nothing leaves early.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from echo_daemon.store.database import Connection, transaction
from echo_daemon.store.erasing import (
    hide_before,
    hide_session,
    is_sweep_due,
    number,
    numbers,
    shrink,
    sweep,
    used_bytes,
)
from echo_daemon.store.packs import PACK_EVENTS_MIN, last_seq, pack
from echo_daemon.store.rows import RowWriter

DAY_MS: Final = 86_400_000
YOUNG_MS: Final = 3_600_000  # twelve times the longest life of a gap
ROUNDS_MAX: Final = 64  # of making room; each takes an eighth of what is left
_ROUND: Final = 8
_ROOM: Final = 0.9  # of the bound: so that not every run has something to do


@dataclass(frozen=True, slots=True)
class Keep:
    """What a person set."""

    days: int = 30
    bytes_max: int = 1 << 30


# Sessions that are over, of which so much lies in rows that it is worth a block.
_OVER: Final = f"""
SELECT id FROM sessions WHERE events > 0 AND last_ms < ? AND events - (
    SELECT coalesce(sum(events), 0) FROM packs WHERE session = sessions.id) >= {PACK_EVENTS_MIN}
"""  # noqa: S608 - constants
_AT: Final = """
SELECT at_ms FROM (SELECT seq, at_ms FROM events WHERE seq >= ?1
    UNION ALL SELECT last_seq, last_ms FROM packs WHERE last_seq >= ?1)
ORDER BY seq LIMIT 1
"""


def retain(connection: Connection, rows: RowWriter, keep: Keep, now_ms: int) -> Iterator[None]:
    """Let go what is too old, then what is too much; what stays takes less room."""
    for session in numbers(connection, _OVER, (now_ms - YOUNG_MS,)):
        with transaction(connection):
            pack(connection, session, PACK_EVENTS_MIN)
        yield
    yield from _before(connection, rows, now_ms - keep.days * DAY_MS)
    if used_bytes(connection) <= keep.bytes_max:
        return
    room = int(keep.bytes_max * _ROOM)
    for _ in range(ROUNDS_MAX):
        if used_bytes(connection) <= room:
            return
        events = rows.events()
        yield from _before(connection, rows, min(_eighth_ms(connection), now_ms - YOUNG_MS))
        if rows.events() == events:
            if not _let_samples_go(connection):
                return
            yield from sweep(connection, rows, spare=frozenset(rows.begun))
            yield from shrink(connection)


def _before(connection: Connection, rows: RowWriter, before_ms: int) -> Iterator[None]:
    """Let go of raw events before a moment."""
    begun = connection.execute(
        "SELECT id, name, last_ms FROM sessions WHERE events > 0 AND started_ms < ? ORDER BY id",
        (before_ms,),
    ).fetchall()
    for session, name, last_ms in begun:
        if not isinstance(session, int) or not isinstance(last_ms, int):
            continue
        over = last_ms < before_ms and name not in rows.begun
        if over:
            yield from hide_session(connection, session)
        else:
            yield from hide_before(connection, rows, session, before_ms)
    if is_sweep_due(connection):
        yield from sweep(connection, rows, spare=frozenset(rows.begun))
        yield from shrink(connection)


def _eighth_ms(connection: Connection) -> int:
    """When an eighth of the log was written."""
    first = number(
        connection,
        "SELECT min(seq) FROM (SELECT min(seq) AS seq FROM events"
        " UNION ALL SELECT min(seq) FROM packs)",
    )
    at = first + (last_seq(connection) - first) // _ROUND
    # The moment after that event: a round takes one event at least.
    return 1 + number(connection, _AT, (at,))


def _let_samples_go(connection: Connection) -> int:
    """Remove the oldest eighth of the samples; how many these were."""
    count = number(connection, "SELECT count(*) FROM samples")
    with transaction(connection):
        return connection.execute(
            "DELETE FROM samples WHERE id IN (SELECT id FROM samples ORDER BY id LIMIT ?)",
            (-(-count // _ROUND),),
        ).rowcount
