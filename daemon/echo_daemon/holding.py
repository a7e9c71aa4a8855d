"""What the hub holds on to: the store, as the daemon uses it.

Left out: the store itself (`echo_daemon.store`, behind `echo_daemon.archive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from echo_core.events import HeadMoved
from echo_core.sample import Sample
from echo_core.wire import (
    ConsentChoice,
    ConsentState,
    DataSize,
    Forget,
    Forgotten,
    LookList,
    Metrics,
    SampleDetail,
    SampleList,
    SampleQuery,
    SamplesQuery,
    TraceLines,
    TraceQuery,
)
from echo_daemon.mining.miner import Recorder


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

    async def flush(self) -> int: ...

    async def samples(self, query: SamplesQuery) -> SampleList: ...

    async def sample(self, query: SampleQuery) -> SampleDetail:
        """One sample.

        Raises:
            StoreError: there is none of that number.
        """
        ...

    async def followed(self, after_ms: int) -> tuple[list[Sample], list[HeadMoved]]: ...

    async def looks(self, query: SampleQuery) -> LookList: ...

    async def samples_known(self, requests: Sequence[str]) -> set[str]: ...

    async def metrics(self) -> Metrics: ...

    async def trace(self, query: TraceQuery) -> TraceLines: ...

    async def tend(self) -> bool: ...

    async def sizes(self) -> DataSize: ...

    async def forget(self, what: Forget) -> Forgotten:
        """Remove what a person named; `recording` is false meanwhile."""
        ...

    async def erase(self) -> None: ...

    async def close(self) -> None: ...
