"""One key a pseudonym: what its samples' texts are closed with, until it is destroyed.

A deleted row may live on where nobody looks: in a backup, in a file system's free blocks, in an
older version of a table. Without its key it is noise.

Left out: closing and opening (`cells`), which rows there are.

Rules
 - The keys lie in a database of their own, beside the private keys, never in the lake.
 - Destroying overwrites (`secure_delete`); no journal holds what was overwritten.
 - A backup of this file is a backup of what was deleted since: docs/curation.md says how to keep
   one.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from echo_core.errors import TrainerError

KEY_BYTES: Final = 32  # of ChaCha20-Poly1305
_SELECT: Final = "SELECT contributor, key FROM keys"
_AT_ONCE: Final = 500  # variables of one statement


class RowKeys:
    """The keys in a file. Every method raises `TrainerError` where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, contributors: Collection[str]) -> dict[str, bytes]:
        """The keys that there are."""
        found: dict[str, bytes] = {}
        wanted = sorted(contributors)
        with self._open() as connection:
            for at in range(0, len(wanted), _AT_ONCE):
                part = wanted[at : at + _AT_ONCE]
                marks = ",".join("?" * len(part))
                query = f"{_SELECT} WHERE contributor IN ({marks})"
                rows = connection.execute(query, part)
                found.update((str(name), bytes(key)) for name, key in rows)
        return found

    def made_for(self, contributors: Collection[str]) -> dict[str, bytes]:
        """Their keys; whoever has none gets one."""
        with self._open() as connection, connection:
            connection.executemany(
                "INSERT OR IGNORE INTO keys VALUES (?, ?)",
                [(name, secrets.token_bytes(KEY_BYTES)) for name in sorted(contributors)],
            )
        return self.of(contributors)

    def destroy(self, contributor: str) -> bool:
        """Destroy a key; whether there was one."""
        with self._open() as connection:
            with connection:
                done = connection.execute("DELETE FROM keys WHERE contributor = ?", [contributor])
            return done.rowcount > 0

    def everyone(self) -> frozenset[str]:
        """Whoever has a key."""
        with self._open() as connection:
            return frozenset(str(name) for name, _ in connection.execute(_SELECT))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.touch(mode=0o600, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=30)
            try:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA journal_mode = DELETE")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS keys"
                    " (contributor TEXT PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID"
                )
                yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise TrainerError(
                f"{self.path} cannot be used: it holds the keys of the lake's rows; see that its "
                "folder can be written, or restore it from your backup."
            ) from error
