"""What the tests of updates share: a publisher with all keys, its files on loopback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from echo_testing.model_server import ModelServer
from echo_testing.release_house import Publisher, served


@pytest.fixture(autouse=True)
def _workers_find_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is another Python: it is given this one's path, installed or not."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    made = Publisher(tmp_path / "publisher")
    made.begin()
    return made


@pytest.fixture
def server(publisher: Publisher) -> Iterator[ModelServer]:
    with served(publisher.public) as made:
        yield made
