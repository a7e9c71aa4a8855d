"""What the store's tests share: a folder, a clock that stands still, a store that records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import keyring
import pytest

from echo_core.records.wire import ConsentChoice
from echo_daemon.store.keys import KeyPlace, KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings
from echo_testing.keyrings import ALLOWED


class StillClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000

    def wall_ms(self) -> int:
        return self.now_ms

    def steady_ms(self) -> float:
        return float(self.now_ms)

    async def sleep_ms(self, duration_ms: float) -> None:
        self.now_ms += int(duration_ms)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def paths(tmp_path: Path) -> StorePaths:
    return StorePaths(tmp_path / "profile")


@pytest.fixture
async def store(paths: StorePaths, clock: StillClock) -> AsyncIterator[Store]:
    """A store that records, with its key in a file."""
    store = Store(paths, clock, {}, StoreSettings(key_policy=KeyPolicy.FILE))
    await store.choose(ConsentChoice(record=True, by="a test"))
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def _keyring_is_put_back() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def place(tmp_path: Path) -> KeyPlace:
    """Where a store's key may be, with keyrings that a test sets."""
    return KeyPlace(tmp_path / "profile" / "store.key", "a store", allowed=ALLOWED)
