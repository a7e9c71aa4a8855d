"""What updates need of others: an engine, a repository, a folder, the model in use.

Left out: who answers (`echo_daemon.arrivals` chooses).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from echo_core.clock import Clock
from echo_core.release.channel import Channel
from echo_core.release.choice import Offer
from echo_core.release.metadata import Manifest
from echo_core.release.notes import Notes
from echo_engine.api import EngineState, Job, ModelFile


@dataclass(frozen=True, slots=True)
class Base:
    """The model in use, as it was pulled."""

    name: str
    path: Path
    sha256: str


class Swaps(Protocol):
    """The engine, as far as models come and go in it."""

    @property
    def state(self) -> EngineState: ...

    @property
    def model(self) -> str: ...

    @property
    def restarts(self) -> int: ...

    async def swap(self, model: ModelFile, jobs: Sequence[Job]) -> None:
        """Answer from `model` from here on; raises SwapError where the old one goes on."""
        ...

    async def use(self, model: ModelFile | None) -> None:
        """The same at any price: what is being written ends with an error."""
        ...


class Saying(Protocol):
    """What a repository says now."""

    @property
    def channel(self) -> Channel: ...

    @property
    def offers(self) -> Mapping[str, Offer]: ...


class Repository(Protocol):
    """Asked from threads, one at a time.

    Raises (from both):
        ReleaseError: it is not believed, or cannot be had.
    """

    def look(self, channel: str) -> Saying: ...

    def fetch(self, release: str, into: Path, wanted: Callable[[], bool]) -> None:
        """Raises whatever it likes where `wanted` is false."""
        ...


class Folder(Protocol):
    """Files of releases, and notes."""

    def path(self, manifest: Manifest) -> Path: ...

    def has(self, manifest: Manifest) -> bool: ...

    def is_right(self, manifest: Manifest) -> bool: ...

    def keep_only(self, kept: Iterable[Manifest]) -> None: ...

    def drop(self, manifest: Manifest) -> None: ...

    def read(self) -> Notes: ...

    def write(self, noted: Notes) -> None:
        """Raises ModelError where the disk refuses."""
        ...


@dataclass(frozen=True, slots=True)
class Others:
    """All of it. `repository` None: none is configured, or it cannot be asked: see `hindrance`."""

    engine: Callable[[], Swaps]
    repository: Repository | None
    folder: Folder
    base: Callable[[], Base | None]
    quiet_ms: Callable[[], float]
    is_metered: Callable[[], Awaitable[bool]]
    clock: Clock
    tell: Callable[[str, str, str], None]  # for the log: what, which release, why
    hindrance: str = ""


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """The settings as the service uses them."""

    address: str
    channel: str
    every_ms: int
    bytes_max: int
    on_metered: bool
    engine: str  # the version of llama-cpp-python
