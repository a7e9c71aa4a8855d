"""Opens a database and brings its schema up to date.

Left out: what is asked of it (`intake`, `queue`, `tokens`, `figures`).

Rules
 - SQLite: a write-ahead log, one writer at a time, and a commit is on disk when it returns.
   What is deleted is overwritten (`secure_delete`).
 - A database of a later schema than this program knows is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from echo_core.errors import InputError, TrainerError
from echo_trainer.home import make_private

_BUSY_MS: Final = 10_000  # another process writes: its batches take milliseconds
_POOL: Final = 4  # connections: a writer, readers, the sweep
_KINDS: Final = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_LOCK: Final = 0x6563686F  # ours among the advisory locks of a server
_READS: Final = "echo_reads"
_MIGRATIONS: Final = "echo_trainer.tables:migrations"


class Database:
    """An open database."""

    def __init__(self, url: str, default: Path) -> None:
        """`url` as `storage.tables` says it; SQLite at `default` where that is empty.

        Raises:
            InputError: it is no URL of a database that is known.
            TrainerError: the file's folder cannot be made.
        """
        try:
            named = make_url(url or f"sqlite:///{default}")
        except ArgumentError as error:
            raise InputError("`storage.tables` is no URL of a database.") from error
        kind = named.get_backend_name()
        if kind not in _KINDS:
            raise InputError("`storage.tables` is `sqlite:////file` or `postgresql://host/name`.")
        if kind == "sqlite":
            if not named.database or named.database == ":memory:":
                raise InputError("`storage.tables` names no file: write `sqlite:////file`.")
            make_private(Path(named.database).absolute().parent)
        # hide_parameters: what a failing statement held is in no message.
        self.engine: Engine = create_engine(
            named.set(drivername=_KINDS[kind]),
            pool_size=_POOL,
            pool_pre_ping=kind != "sqlite",
            hide_parameters=True,
        )
        if kind == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_writing)
        self.is_local = kind == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: all of it, or nothing.

        Raises:
            TrainerError: the database does not answer or refuses.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise failed(error) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and on SQLite waits for no writer.

        Raises:
            TrainerError: the database does not answer or refuses.
        """
        try:
            with (
                self.engine.connect().execution_options(**{_READS: True}) as connection,
                connection.begin(),
            ):
                yield connection
        except SQLAlchemyError as error:
            raise failed(error) from error

    def upgrade(self) -> None:
        """Bring the schema up to date; several processes may do so at once.

        Raises:
            TrainerError: the database does not answer, or is of a later version.
        """
        config = _config()
        try:
            with self.engine.begin() as connection:
                if not self.is_local:  # SQLite lets one begin at a time in any case
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                head = ScriptDirectory.from_config(config).get_current_head()
                if MigrationContext.configure(connection).get_current_revision() != head:
                    config.attributes["connection"] = connection
                    command.upgrade(config, "head")
        except CommandError as error:
            raise TrainerError(
                "The trainer's database is of a later version: update the trainer."
            ) from error
        except SQLAlchemyError as error:
            raise failed(error) from error

    def is_current(self) -> bool:
        """Whether the schema is this program's; waits for no writer.

        Raises:
            TrainerError: the database does not answer.
        """
        with self.read() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        return found == ScriptDirectory.from_config(_config()).get_current_head()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _config() -> Config:
    made = Config()
    made.set_main_option("script_location", _MIGRATIONS)
    made.set_main_option("path_separator", "os")
    return made


def failed(error: SQLAlchemyError) -> TrainerError:
    """A failure in words; its statement and values are in the cause, and nowhere else."""
    return TrainerError(
        f"The trainer's database did not do what was asked ({type(error).__name__}): "
        "look at `storage.tables` and whether it runs."
    )


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # pysqlite begins transactions only before some statements; `_begin_writing` does it always.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_writing(connection: Connection) -> None:
    # IMMEDIATE: a transaction that reads and then writes cannot lose its place to another one.
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
