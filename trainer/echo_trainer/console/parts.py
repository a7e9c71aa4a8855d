"""What the pages are made from: the stores of one trainer, opened when they are looked at.

Rules
 - Looking makes no store: a database that is not there yet is None.
 - A page is shown where one of its parts cannot be: `told` puts a sentence in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection

from echo_core.clock import Clock
from echo_core.errors import EchoError
from echo_trainer.home import Home
from echo_trainer.lake.places import Lake
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.runs.folders import Runs
from echo_trainer.tables.database import Database

T = TypeVar("T")
PAGE_ROWS: Final = 50  # of a list: two screens


@dataclass(frozen=True, slots=True)
class Signing:
    """The release repository, to look at and to change."""

    look: Callable[[], ReleaseRepository]  # signs nothing and writes nothing
    change: Callable[[], ReleaseRepository] | None  # None: the console was given no passphrase
    holds: Callable[[str], bool]  # whether a private key lies here
    options: tuple[str, ...] = ()  # what a command needs to find the same repository


@dataclass
class Parts:
    """One trainer."""

    home: Home
    lake: Callable[[], Lake]
    open_database: Callable[[], Database | None]
    runs: Runs
    signing: Signing
    clock: Clock
    is_open: bool  # `intake.open`: nobody needs a token
    _database: Database | None = None
    _opening: Lock = field(default_factory=Lock)

    @property
    def today(self) -> date:
        """The day in UTC."""
        return datetime.fromtimestamp(self.clock.wall_ms() / 1000, UTC).date()

    def read(self, work: Callable[[Connection], T]) -> T | None:
        """What the tables say; None where there are none yet.

        Raises:
            TrainerError: they cannot be read.
        """
        database = self.database()
        if database is None:
            return None
        with database.read() as connection:
            return work(connection)

    def database(self) -> Database | None:
        """The tables, as soon as there are any.

        Raises:
            TrainerError: they cannot be opened.
        """
        with self._opening:
            if self._database is None:
                self._database = self.open_database()
            return self._database

    def close(self) -> None:
        """Give everything back."""
        if self._database is not None:
            self._database.close()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a long list."""

    rows: tuple[T, ...]
    total: int
    after: int  # how many come before

    @property
    def next(self) -> int:
        """Where the following begin; 0: these are the last."""
        end = self.after + len(self.rows)
        return end if self.rows and end < self.total else 0


def page_of(all_: Iterable[T], after: int) -> Page[T]:
    """The rows that stand on a page."""
    whole = tuple(all_)
    return Page(whole[after : after + PAGE_ROWS], len(whole), after)


class Problems(list[str]):
    """What could not be read, in sentences, each once."""

    def told(self, work: Callable[[], T]) -> T | None:
        """What `work` finds; None, and a sentence here, where it cannot be read."""
        try:
            return work()
        except EchoError as error:
            if str(error) not in self:
                self.append(str(error))
            return None
