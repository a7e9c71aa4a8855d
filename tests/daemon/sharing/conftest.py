"""A machine that shares, and the trainer's intake on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from echo_testing.bureau import Bureau
from echo_testing.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as made:
        yield made


@pytest.fixture
async def bureau(tmp_path: Path, receiver: Receiver) -> AsyncIterator[Bureau]:
    made = Bureau(tmp_path, receiver)
    yield made
    await made.close()
