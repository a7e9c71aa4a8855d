"""What is looked at before each batch: that the store's file and its key are still where they were.

Left out: how a key is looked for (`key_watch`), what a refusal means (`log`).
"""

from __future__ import annotations

from pathlib import Path

from echo_daemon.store import database
from echo_daemon.store.database import StoreGoneError
from echo_daemon.store.key_watch import KeyWatch


class Guard:
    """Over one open store; made when it was opened."""

    def __init__(self, path: Path, key: KeyWatch) -> None:
        """`path`: of the database, which is open."""
        self._path = path
        self._stood = database.identity(path)
        self._key = key
        self.gone = False  # the open file stands in its place no more

    def check(self) -> None:
        """On the log's thread, before each batch.

        Raises:
            StoreGoneError: what is written now nobody would find again.
            StoreKeyError: what is written now nobody could read again.
        """
        try:
            if database.identity(self._path) != self._stood:
                raise StoreGoneError("The store's file was replaced: the new one is opened.")
        except StoreGoneError:
            self.gone = True
            raise
        self._key.guard()

    async def look(self) -> None:
        """Every few seconds: what takes too long to be looked at before each batch."""
        await self._key.look()
