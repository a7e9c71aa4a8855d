"""What the engine's tests share: a clock wound by hand, a book for the fake engine, weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from echo_testing import fake_engine
from echo_testing.wound_clock import WoundClock

BOOK = "def add(a, b):\n    return a + b\n\nfor item in things and more things:\n    print(item)\n"


@pytest.fixture(autouse=True)
def _workers_find_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is another Python: it is given this one's path, installed or not."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
def fake(tmp_path: Path) -> Callable[..., list[str]]:
    """The command of a fake engine that completes from BOOK; arguments are its options."""
    book = tmp_path / "book.py"
    book.write_text(BOOK, encoding="utf-8")

    def command(*options: str) -> list[str]:
        return [sys.executable, fake_engine.__file__, "--text", str(book), *options]

    return command
