"""An inspector for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_testing.parlour import Parlour


@pytest.fixture
async def parlour(tmp_path: Path) -> AsyncIterator[Parlour]:
    made = Parlour(tmp_path)
    yield made
    await made.close()
