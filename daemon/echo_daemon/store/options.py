"""What a store is made with, where its files lie, and the states that it can be in.

Left out: what it does (`recorder`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from echo_daemon.store.bounds import DEFAULT_LIMITS, LogLimits
from echo_daemon.store.keeping import Keep
from echo_daemon.store.keys import KeyPlace, KeyPolicy


class StoreState(StrEnum):
    """What appending does now."""

    OFF = "off"  # nothing: not chosen, or not opened
    OPEN = "open"
    PAUSED = "paused"  # writing fails; what is appended is kept up to a bound
    FAILED = "failed"  # nothing: no key, or the file cannot be used


@dataclass(frozen=True, slots=True)
class StorePaths:
    """The files of one profile's store, all in one folder of mode 0700."""

    folder: Path

    @property
    def database(self) -> Path:
        """The encrypted store; SQLite keeps `-wal` and `-shm` beside it."""
        return self.folder / "store.db"

    @property
    def key(self) -> Path:
        """The key file, where there is no keyring."""
        return self.folder / "store.key"

    def key_place(self, policy: KeyPolicy) -> KeyPlace:
        """Where the key is to be looked for."""
        return KeyPlace(self.key, str(self.database.absolute()), policy)

    @property
    def owed(self) -> Path:
        """What is to be forgotten as soon as the store can be written."""
        return self.folder / "forget.jsonl"

    @property
    def consent(self) -> Path:
        """The user's choices."""
        return self.folder / "consent.jsonl"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How a store behaves. `explicit`: see `ConsentLog.current`."""

    key_policy: KeyPolicy = KeyPolicy.AUTO
    explicit: bool = False
    limits: LogLimits = DEFAULT_LIMITS
    keep: Keep = field(default_factory=Keep)
