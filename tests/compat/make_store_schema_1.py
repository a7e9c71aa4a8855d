"""Makes store_schema_1.db: a store as schema 1 held it, row by row.

`PYTHONPATH=.:daemon python tests/compat/make_store_schema_1.py`; its key is the bytes 0 to 31. The
tables are made by the schema's first step, which is never changed, and the rows are written down
here as they were when it was the only one: no code that has moved on since takes part. A test makes
it again and compares.

Left out: everything that came after schema 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import zstandard

from echo_daemon.store.database import Connection, Value, durable_transaction, open_for_writing
from echo_daemon.store.migrations import m001_events_and_samples, migrate

Rows: TypeAlias = "Sequence[Sequence[Value]]"

TEXT: Final = "".join(f"value_{number} = {number * 7919}\n" for number in range(60)).encode()
NAME: Final = hashlib.blake2b(TEXT, digest_size=32).digest()  # of the snapshot
DICTIONARY: Final = zstandard.ZstdCompressionDict(TEXT, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
# The lengths of prefix, target, suffix and proposal, and the four texts.
SAMPLE: Final = b"[9,13,1052,12]\ndef f():\n    return 1\n" + TEXT + b"    return 1"

ROWS: Final[dict[str, Rows]] = {
    "sessions": [
        (1, "session-1", 1, "editor 1.0", '["file:///project"]', 1, 11, 11),
    ],
    "documents": [
        (1, "file:///project/a.py", "python"),
    ],
    "snapshots": [
        (NAME, len(TEXT), zstandard.ZstdCompressor().compress(TEXT)),
    ],
    "events": [  # kinds: 0 edit, 1 cursor, 2 request, 3 proposal, 4 outcome, 5 open, 6 focus, ...
        (1, 1, 1, 5, 1, b'["python",1]', NAME),
        (2, 1, 2, 6, 1, b"[]", None),
        (3, 1, 3, 0, 1, b'[2,0,0,0,"def f():\\n"]', None),
        (4, 1, 4, 1, 1, b"[9,9]", None),
        (5, 1, 5, 2, 1, b'["r1",2,9,0]', None),
        (6, 1, 6, 3, None, b'["r1","p1","    return 1","m",-0.25,12.5,700,3,5,"proposed"]', None),
        (7, 1, 7, 4, None, b'["p1",1,12]', None),
        (8, 1, 8, 0, 1, b'[3,1,9,0,"    return 1","p1"]', None),
        (9, 1, 9, 7, 1, b"[]", None),
        (10, 1, 10, 9, None, b'["ref"]', None),
        (11, 1, 11, 8, 1, b"[]", None),
    ],
    "gaps": [  # their state is computed
        ("r1", 1, 1, 5, 11, "left"),
        ("r2", 1, 1, 6, None, None),
    ],
    "samples": [
        (
            *(1, "r1", 1, "python", "m", "p1", "left", 5, 11, 12, 12, 12, 13, 1, NAME),
            zstandard.ZstdCompressor(dict_data=DICTIONARY).compress(SAMPLE),
        ),
    ],
}


def make(path: Path) -> None:
    """Write the store."""
    path.unlink(missing_ok=True)
    connection = open_for_writing(path, bytes(range(32)))
    migrate(connection, 1_700_000_000_000, [m001_events_and_samples])
    with durable_transaction(connection):
        for table, rows in ROWS.items():
            _insert(connection, table, rows)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _insert(connection: Connection, table: str, rows: Rows) -> None:
    places = ", ".join("?" for _ in rows[0])
    connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


if __name__ == "__main__":
    make(Path(__file__).with_name("store_schema_1.db"))
