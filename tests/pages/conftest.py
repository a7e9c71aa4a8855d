"""All pages of ours, one after the other: the same attacks are tried on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_testing.browsing import Room
from echo_testing.console_room import ConsoleRoom
from echo_testing.parlour import Parlour


@pytest.fixture(params=[Parlour, ConsoleRoom])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Room]:
    made: Room = request.param(tmp_path)
    yield made
    await made.close()
