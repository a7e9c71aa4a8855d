"""What the daemon's tests share: a hub that records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_core.records.wire import ConsentChoice
from echo_testing.lodge import Lodge


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
