"""Whom the pages ask.

Left out: who answers (`echo_daemon.viewing` chooses).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from echo_core.clock import Clock
from echo_core.records.wire import (
    ConsentHistory,
    Consents,
    DaemonStatus,
    DataSize,
    DistillStatus,
    Explanation,
    LookList,
    OutboxState,
    ReleasesState,
    SampleList,
    SampleQuery,
    SamplesQuery,
)
from echo_core.sharing.bundle.sending import Caps
from echo_core.sharing.consent import Decision, Switch
from echo_core.sharing.outbox import Item
from echo_core.showing.figures import Counted, Stretch
from echo_core.showing.listing import Contents, EndedTogether, Facet
from echo_daemon.inspecting.leaving import FileRow
from echo_daemon.inspecting.models import ModelRow


class Records(Protocol):
    """What the store holds. Every method but `exists` raises `StoreError`."""

    def exists(self) -> bool: ...

    async def counted(self, stretch: Stretch) -> Counted: ...

    async def facets(self) -> Sequence[Facet]: ...

    async def ended(self, before: int, limit: int, reason: str) -> Sequence[EndedTogether]: ...

    async def live(self) -> int: ...

    async def beside(self, number: int) -> tuple[int, int]: ...

    async def numbers(self, requests: Sequence[str]) -> dict[str, int]: ...

    async def contents(self) -> Contents: ...

    async def sessions_all(self) -> int: ...


class Samples(Protocol):
    """Samples, and what the store takes. Raises `StoreError`."""

    async def samples(self, query: SamplesQuery) -> SampleList: ...

    async def looks(self, query: SampleQuery) -> LookList: ...

    async def sizes(self) -> DataSize: ...


class Judging(Protocol):
    """What was found about samples. Raises `StoreError`."""

    async def status(self) -> DistillStatus: ...

    async def explain(self, query: SampleQuery) -> Explanation: ...


class Agreed(Protocol):
    """What people chose. `history` raises `StoreError` where the record is damaged."""

    def show(self) -> Consents: ...

    def history(self) -> ConsentHistory: ...


class Outgoing(Protocol):
    """What waits and what left. Every method raises `StoreError`."""

    async def state(self) -> OutboxState: ...

    async def first_bundle(self) -> bytes:
        """What would be sealed if all that waits were due; nothing where nothing waits."""
        ...

    async def item(self, request: str) -> Item | None:
        """A sample on its way out, or one that was."""
        ...

    async def made(self, request: str) -> bytes:
        """What would be sent of a sample, whether or not it waits; nothing of one that may not."""
        ...

    async def today(self) -> Caps:
        """How much was sealed today."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that a person is told on these pages."""

    keep_days: int
    keep_bytes: int
    intake: str
    delay_hours: int
    caps: Caps


@dataclass(frozen=True, slots=True)
class Sources:
    """All of them."""

    records: Records
    samples: Samples
    judging: Judging
    agreed: Agreed
    outgoing: Outgoing
    decide: Callable[[Switch, str], Decision]  # for what lies at a URI; may read files
    daemon: Callable[[], DaemonStatus]
    problem: Callable[[], str]  # why recording, though chosen, does not happen
    models: Callable[[], Sequence[ModelRow]]  # reads the shelf
    releases: Callable[[], ReleasesState]
    shelf: str  # its folder
    files: Callable[[], Sequence[FileRow]]  # looks at the profile's files
    owed: Callable[[], bool]  # whether something is still to be forgotten
    terms: Terms
    clock: Clock
    zone: Callable[[], tzinfo]  # of the person: a day is a day there
