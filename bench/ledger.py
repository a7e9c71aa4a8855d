"""What a store of a benchmark holds, read from outside: for whoever must not believe the daemon.

Left out: what it means (`bench.crash`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.errors import EchoError
from echo_core.records.events import Closed, Edited, Opened, Renamed
from echo_core.text.edits import apply_all
from echo_daemon.store import database
from echo_daemon.store.database import Connection
from echo_daemon.store.keys import KeyPlace, KeyPolicy, existing_key
from echo_daemon.store.queries import OpenQueries
from echo_daemon.store.recorder import StorePaths
from echo_daemon.store.views import make_views

_EVENTS: Final = (
    "SELECT e.session, e.at_ms, e.kind, e.doc, e.body, e.snapshot FROM log AS e"
    " ORDER BY e.seq LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The store in `folder`, whose key is a file."""

    folder: Path

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        paths = StorePaths(self.folder)
        place = KeyPlace(paths.key, str(paths.database.absolute()), KeyPolicy.FILE)
        with closing(database.open_for_reading(paths.database, existing_key(place).key)) as one:
            make_views(one)
            yield one

    def prefix(self, events: int) -> tuple[int, str]:
        """Of the first `events` events: how many there are, and a digest of all that they say."""
        with self._open() as connection:
            digest = hashlib.sha256()
            count = 0
            for row in connection.execute(_EVENTS, (events,)):
                digest.update(repr(row).encode("utf-8", "surrogatepass"))
                count += 1
            return count, digest.hexdigest()

    def problems(self) -> list[str]:
        """What an integrity check finds; a store that cannot be opened is a problem, too."""
        try:
            with self._open() as connection:
                return database.problems(connection)
        except EchoError as error:
            return [str(error)]

    def texts(self) -> dict[str, str]:
        """The open documents as the log implies them, each by its newest session."""
        found: dict[str, str] = {}
        with self._open() as connection:
            queries = OpenQueries(connection)
            for session in sorted(queries.sessions(), key=lambda one: one.last_ms):
                for event in queries.events(session.session):
                    match event:
                        case Opened():
                            found[event.doc] = event.text
                        case Edited():
                            found[event.doc] = apply_all(found[event.doc], event.edits)
                        case Renamed() if event.doc in found:
                            found[event.to] = found.pop(event.doc)
                        case Closed():
                            found.pop(event.doc, None)
                        case _:
                            pass
        return found

    def count(self, sql: str) -> dict[str, int]:
        """The rows of a question for names and numbers."""
        with self._open() as connection:
            rows = connection.execute(sql).fetchall()
        return {str(name): number for name, number in rows if isinstance(number, int)}
