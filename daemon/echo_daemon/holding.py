"""What the hub holds on to: the store, as the daemon uses it, and its fronts.

Left out: the store itself (`echo_daemon.store`, behind `echo_daemon.archive`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from echo_core.experience.kept import Before
from echo_core.records.events import HeadMoved, Renamed
from echo_core.records.wire import (
    ConsentChoice,
    ConsentState,
    DataSize,
    Forget,
    Forgotten,
    LookList,
    Metrics,
    RebuildProgress,
    RebuildReport,
    SampleDetail,
    SampleList,
    SampleQuery,
    SamplesQuery,
    Status,
    TraceLines,
    TraceQuery,
)
from echo_daemon.mining.recording import Recorder
from echo_daemon.mining.sleepers import Sleeper


class Archive(Recorder, Protocol):
    """The store as the daemon uses it: consent decides whether it records."""

    @property
    def state(self) -> str:
        """off, open, paused, failed; `problem` says why in a sentence."""
        ...

    @property
    def problem(self) -> str: ...

    @property
    def key_source(self) -> str: ...

    @property
    def events_recorded(self) -> int: ...

    def size_bytes(self) -> int: ...

    def consent(self) -> ConsentState: ...

    def why_not(self, doc: str, roots: Sequence[str]) -> str | None:
        """Why `doc` is kept out of the log, whatever was chosen; None where it is not."""
        ...

    async def choose(self, choice: ConsentChoice) -> ConsentState:
        """Record the choice and open or close the store as it says."""
        ...

    async def revoke(self) -> None:
        """Close the store, because recording is not permitted any more."""
        ...

    async def flush(self) -> int: ...

    async def samples(self, query: SamplesQuery) -> SampleList: ...

    async def sample(self, query: SampleQuery) -> SampleDetail:
        """One sample.

        Raises:
            StoreError: there is none of that number.
        """
        ...

    async def followed(self, after_ms: int) -> tuple[list[Before], list[HeadMoved | Renamed]]: ...

    async def looks(self, query: SampleQuery) -> LookList: ...

    async def samples_known(self, requests: Sequence[str]) -> set[str]: ...

    def held(self) -> AbstractContextManager[None]:
        """Nothing is recorded inside."""
        ...

    async def unfinished(self) -> list[Sleeper]:
        """The sessions that have live gaps, as the log implies them."""
        ...

    async def rebuild(self, tell: Callable[[RebuildProgress], None]) -> RebuildReport:
        """Make gaps and samples again from the log.

        Raises:
            StoreError: the store is not open, or the log is damaged; nothing was changed.
        """
        ...

    async def metrics(self) -> Metrics: ...

    async def trace(self, query: TraceQuery) -> TraceLines: ...

    async def tend(self) -> bool: ...

    def goes_on(self) -> bool:
        """Whether sessions that are not over may be gone on with: not when their last while was
        forgotten since anybody asked."""
        ...

    async def sizes(self) -> DataSize: ...

    async def forget(self, what: Forget) -> Forgotten:
        """Remove what a person named; `recording` is false meanwhile."""
        ...

    async def erase(self) -> None: ...

    async def close(self) -> None: ...


class FrontLink(Protocol):
    """The way from the hub to one connected front."""

    def status_changed(self, status: Status) -> None: ...

    def resync(self, doc: str) -> None: ...
