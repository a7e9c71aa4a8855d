"""What sharing needs of others: leave, samples, counters, an outbox, ciphers, an intake, a link.

Left out: who answers (`echo_daemon.app` chooses).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from echo_core.clock import Clock
from echo_core.sharing.bundle.contents import Counters
from echo_core.sharing.bundle.envelope import Kind, Said, TrainerKey, TrainerKeys
from echo_core.sharing.bundle.making import KeptRow, KeptSample
from echo_core.sharing.bundle.sending import Answer, Caps, Metered
from echo_core.sharing.consent import Switch
from echo_core.sharing.outbox import DropCause, Item, ItemState, Parcel, ParcelState, Week, Wish

Note: TypeAlias = "int | float | str | bytes | None"


class Leave(Protocol):
    """What people, organisations and surroundings allow, as it is now."""

    def allows(self, switch: Switch, doc: str = "") -> bool:
        """Whether `switch` is on for the machine, or for what lies at `doc`, a URI."""
        ...

    def is_refused(self, switch: Switch) -> bool:
        """Whether the person said no for the machine, themselves."""
        ...

    def was_given(self, switch: Switch) -> bool:
        """Whether the person ever said yes."""
        ...

    def since_ms(self, switch: Switch) -> int:
        """Since when the person says yes; nothing from before is meant."""
        ...


class KeptSamples(Protocol):
    """Samples that were judged and kept.

    Raises (from both):
        StoreError: the store cannot be read.
    """

    async def kept(self, since_ms: int, *, history: bool) -> Sequence[KeptRow]:
        """All that is kept and ended since then; with `history`, what was imported behind it."""
        ...

    async def sample(self, request: str) -> KeptSample | None:
        """One of them; None where it is not kept any more."""
        ...


class WeekCounts(Protocol):
    """Counters of what was recorded.

    Raises:
        StoreError: the store cannot be read.
    """

    async def documents(self, since_ms: int, until_ms: int) -> Sequence[str]:
        """The URIs of all documents of which something was recorded then."""
        ...

    async def count(
        self, since_ms: int, until_ms: int, documents: frozenset[str]
    ) -> Sequence[Counters]:
        """What happened in these documents."""
        ...


class Outbox(Protocol):
    """What waits, was sent, and is to be deleted. Every method raises `StoreError`."""

    def exists(self) -> bool: ...

    async def secret(self, kind: str, fresh: bytes) -> bytes: ...

    async def note(self, name: str) -> Note: ...

    async def set_notes(self, values: Mapping[str, Note]) -> None: ...

    async def paused(self) -> frozenset[str]: ...

    async def pause(self, folder: str, *, paused: bool) -> None: ...

    async def known(self) -> set[str]: ...

    async def put(self, items: Sequence[Item]) -> None: ...

    async def items(self, *states: ItemState) -> list[Item]: ...

    async def drop(self, requests: Sequence[str], cause: DropCause) -> int: ...

    async def due_now(self, now_ms: int) -> None: ...

    async def seal(
        self, parcel: Parcel, requests: Sequence[str], notes: Mapping[str, Note]
    ) -> None: ...

    async def unseal(self, parcel: str, cause: str) -> None: ...

    async def parcels(self, *states: ParcelState) -> list[Parcel]: ...

    async def tried(self, parcel: str, due_ms: int) -> None: ...

    async def put_off(self, parcel: str, due_ms: int) -> None: ...

    async def sent(self, parcel: str, receipt: bytes, now_ms: int) -> None: ...

    async def refused(self, parcel: str, cause: DropCause, said: str, now_ms: int) -> None: ...

    async def sent_since(self, since_ms: int) -> Caps: ...

    async def weeks(self, kind: str) -> list[Week]: ...

    async def revoke(self, kind: str, wishes: Sequence[Wish]) -> None: ...

    async def wishes(self) -> list[Wish]: ...

    async def wish_tried(self, wish: str, due_ms: int, cause: str) -> None: ...

    async def wish_done(self, wish: str, receipt: bytes, now_ms: int) -> None: ...

    async def keep_wishes(self, wishes: Sequence[Wish]) -> None: ...


class Sealer(Protocol):
    """Ciphers and signatures."""

    def new_secret(self) -> bytes: ...

    def sample_id(self, secret: bytes, request: str) -> str: ...

    def pseudonym(self, secret: bytes, kind: Kind, week: str) -> str: ...

    def deletion(self, secret: bytes, kind: Kind, week: str) -> bytes: ...

    def envelope(
        self, secret: bytes, content: bytes, kind: Kind, week: str, key: TrainerKey
    ) -> bytes:
        """Raises `SharingError`: the trainer's key cannot be used."""
        ...

    def is_receipt(self, content: bytes, said: Said, of: str) -> bool: ...

    def signed_receipt(self, content: bytes, key: str) -> bool: ...

    def trusted(self, signed: bytes, root: str, *, version_min: int, day: str) -> TrainerKeys:
        """Raises `SharingError`: the list is not the root's, or an old one."""
        ...


class Intake(Protocol):
    """The other side. Every method raises `SharingError` where no answer comes."""

    async def keys(self, intake: str) -> Answer: ...

    async def arrived(self, intake: str, parcel: str) -> Answer: ...

    async def send(self, intake: str, parcel: str, envelope: bytes, offset: int) -> Answer: ...

    async def delete(self, intake: str, wish: str, content: bytes) -> Answer: ...


class Link(Protocol):
    """The network of this machine."""

    async def metered(self) -> Metered: ...


@dataclass(frozen=True, slots=True)
class SharingOptions:
    """What a person set (`[sharing]` of config.toml), and which Echo this is."""

    intake: str
    root_key: str
    delay_ms: int
    caps: Caps  # of a day
    on_metered: bool
    version: str
    rejected: bool = False  # samples hold what was proposed and not kept


@dataclass(frozen=True, slots=True)
class Others:
    """Everybody whom sharing works with."""

    outbox: Outbox
    samples: KeptSamples
    counts: WeekCounts
    sealer: Sealer
    intake: Intake
    link: Link
    leave: Leave
    clock: Clock
    chance: Callable[[], float]  # numbers from 0 to 1, for waits
