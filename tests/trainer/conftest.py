"""Databases for the trainer's tests: SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bench import postgres
from echo_trainer.tables.database import Database

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[tuple[Path, str]]:
    """A server for all tests of the run."""
    where = postgres.programs()
    if where is None:
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    with postgres.running(where, durable=False) as url:
        yield where, url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tables' / 'tables.db'}"
    where, url = request.getfixturevalue("postgres_server")
    return postgres.create_database(where, url, f"test{next(_NUMBERS)}")


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """The same, with its tables."""
    made = Database(database_url, tmp_path / "unused.db")
    made.upgrade()
    yield made
    made.close()
