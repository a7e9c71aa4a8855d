"""What the daemon's tests share: where weights are, and a hub that records."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from echo_core.records.wire import ConsentChoice
from echo_testing.lodge import Lodge


@pytest.fixture(scope="session")
def weights() -> Callable[[str], Path]:
    """Where a model's file lies: in the folder that ECHO_MODELS names, else the test is skipped."""

    def find(name: str) -> Path:
        folder = os.environ.get("ECHO_MODELS", "")
        path = Path(folder) / name
        if not folder or not path.is_file():
            reason = f"the weights {name} are not in the folder that ECHO_MODELS names"
            print(reason)
            pytest.skip(reason)
        return path

    return find


@pytest.fixture
async def lodge(tmp_path: Path) -> AsyncIterator[Lodge]:
    """One that records, with a document and an edit in its log."""
    lodge = Lodge(tmp_path)
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    lodge.open("file:///a.py", "text\n")
    lodge.type("file:///a.py", "first ")
    await lodge.archive.flush()
    lodge.hub.tick()
    lodge.link.statuses.clear()
    yield lodge
    await lodge.hub.close()
