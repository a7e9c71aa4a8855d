"""The store's views over rows and blocks alike, made for each connection.

The schema's own views (`migrations`) show what stands in rows, to whoever opens the file with
another program. A block is read by a function of ours, which a schema may not call
(`trusted_schema`); temporary views may, and stand in front of those of the same names.

Left out: blocks (`packs`), what is asked of the views (`sql`).
"""

from __future__ import annotations

from typing import Final

from echo_daemon.store.database import Connection
from echo_daemon.store.packs import as_json

_LOG: Final = """
    CREATE TEMP VIEW IF NOT EXISTS log AS
    SELECT seq, session, at_ms, kind, doc, body, snapshot FROM main.events
    UNION ALL
    SELECT j.value ->> 0, p.session, j.value ->> 1, j.value ->> 2, j.value ->> 3,
        CAST(j.value -> 4 AS BLOB), NULL
    FROM main.packs AS p, json_each(CAST(unpacked(p.zstd) AS TEXT)) AS j
"""
_SHADOWED: Final = ("edits", "requests", "proposals", "outcomes")
# Blocks of another time are not unpacked, and those of this one once for all that is asked of them.
_BETWEEN: Final = """
    log AS MATERIALIZED (
        SELECT seq, session, at_ms, kind, doc, body, snapshot FROM main.events
        WHERE at_ms >= :log_since AND at_ms < :log_until
            AND kind IN (
                SELECT id FROM kinds WHERE name IN ('edit', 'request', 'proposal', 'outcome'))
        UNION ALL
        SELECT j.value ->> 0, p.session, j.value ->> 1, j.value ->> 2, j.value ->> 3,
            CAST(j.value -> 4 AS BLOB), NULL
        FROM main.packs AS p, json_each(CAST(unpacked(p.zstd) AS TEXT)) AS j
        WHERE p.last_ms >= :log_since AND p.first_ms < :log_until
            AND j.value ->> 1 >= :log_since AND j.value ->> 1 < :log_until
            AND j.value ->> 2 IN (
                SELECT id FROM kinds WHERE name IN ('edit', 'request', 'proposal', 'outcome')))
"""


def make_views(connection: Connection) -> None:
    """Make them for a connection to a store that is up to date; nothing is written to the file."""
    connection.create_function("unpacked", 1, as_json, deterministic=True)
    ((reading,),) = connection.execute("PRAGMA query_only").fetchall()
    if reading:  # the file is opened so that it cannot be written, whatever this says
        connection.execute("PRAGMA query_only = OFF")
    connection.execute(_LOG)
    for name, body in _bodies(connection).items():
        connection.execute(f"CREATE TEMP VIEW IF NOT EXISTS {name} AS {body}")
    if reading:
        connection.execute("PRAGMA query_only = ON")


def between(connection: Connection) -> str:
    """The beginning of a question about a stretch of time: `log`, `edits`, `requests`, `proposals`
    and `outcomes` from `:log_since` up to before `:log_until`, held in memory as long as it is
    asked. Of `log` only those four kinds are there."""
    # What is joined has to be a table for a moment: SQLite makes no index of `body ->> 0`.
    views = ", ".join(
        f"{name} AS {'' if name == 'edits' else 'MATERIALIZED '}({body})"
        for name, body in _bodies(connection).items()
    )
    return f"WITH {_BETWEEN}, {views}"


def _bodies(connection: Connection) -> dict[str, str]:
    """What the schema's views say, asked of the log."""
    found = connection.execute(
        "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view'"
    ).fetchall()
    texts = {str(name): str(sql) for name, sql in found}
    return {
        name: texts[name][texts[name].index("SELECT") :].replace("FROM events", "FROM log")
        for name in _SHADOWED
    }
