"""What distilling needs of others: a store of samples, an examiner, somebody to ask, the moment.

Left out: who answers (`echo_daemon.archive`, `echo_daemon.checking`, `echo_daemon.teaching`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from echo_core.judging.checks.boundary import Life, Place
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.verdict import Verdict
from echo_core.judging.exhibit import Due, Exhibit, Judged, Standing
from echo_core.judging.judgement import Asked, Redaction


@dataclass(frozen=True, slots=True)
class Matter:
    """A sample's texts, uncut, and where they come from."""

    doc: str  # a URI
    roots: tuple[str, ...]  # the folders of all workspaces, as URIs
    language: str
    prefix: str
    target: str
    suffix: str
    proposed: str = ""  # and shown; else empty


@dataclass(frozen=True, slots=True)
class Cut:
    """One place where the target may be cut."""

    at: int
    unit: str


@dataclass(frozen=True, slots=True)
class Cuts:
    """The places among which a teacher chooses; none where no unit ends within a glance."""

    options: tuple[Cut, ...]
    first: int = 0  # the one that is taken without a teacher
    place: Place = Place.UNKNOWN  # what the cursor stood in


@dataclass(frozen=True, slots=True)
class Found:
    """What the cheap checks say of a sample that is cut."""

    verdicts: tuple[Verdict, ...]
    redactions: tuple[Redaction, ...] = ()
    licence: str = ""


class ExaminerDiedError(Exception):
    """The process that runs the checks ended or took too long over one sample."""


class Examiner(Protocol):
    """Whoever runs the cheap checks, in the table's order, each behind its guard.

    Raises (from both questions):
        ExaminerDiedError: it did not live through this one; the next question starts it again.
    """

    async def absent(self) -> frozenset[str]:
        """The names of checks that are not installed here."""
        ...

    async def cuts(self, matter: Matter) -> Cuts: ...

    async def check(self, matter: Matter, cut: int, names: Sequence[str]) -> Found:
        """What the checks called `names` say of the beginning of the target, `cut` long."""
        ...

    async def rest(self) -> None:
        """Give its memory back; asking again starts it again. Idempotent."""
        ...


class Samples(Protocol):
    """The store, as far as its samples are judged.

    Raises (from all that wait):
        StoreError: it is not open, or damaged.
    """

    @property
    def recording(self) -> bool: ...

    @property
    def opening(self) -> bool:
        """Whether it will soon record, as it was chosen."""
        ...

    def why_not(self, doc: str, roots: Sequence[str]) -> str | None:
        """Why nothing of `doc` may be kept; None where it may."""
        ...

    async def due(self, query: Due) -> list[int]: ...

    async def due_count(self, query: Due) -> int: ...

    async def exhibit(self, number: int) -> Exhibit | None: ...

    async def roots(self) -> tuple[str, ...]: ...

    async def standings(self) -> list[Standing]: ...

    def judged(self, judged: Judged) -> None:
        """Into the store; never waits."""
        ...

    async def flush(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a case besides its texts."""

    place: Place  # what the cursor stood in
    life: Life  # how its gap ended
    kept: str  # what was kept, uncut


# One question of the table, to a model where one may be asked; who was asked nothing has no
# answer to tell. It raises as `teaching.api.Teacher` does.
Ask: TypeAlias = Callable[[Case, Around, bool], Awaitable[tuple[Verdict, Asked | None]]]
# Which of the places (lengths of beginnings of the target) ends the first unit: its index.
Choose: TypeAlias = Callable[[Case, Sequence[int]], Awaitable[tuple[int, Asked | None]]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides whether this is a moment for it."""

    quiet_ms: Callable[[], float]  # since somebody last typed or moved a cursor, in any window
    on_battery: Callable[[], bool]
    askable: Callable[[], bool]  # a model could be asked
