"""Messages about releases: what is in use, what was refused, staying with one, going back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.signature import Nothing, Signature

RELEASES_STATE: Final = "releases/state"  # Nothing -> ReleasesState
RELEASES_CHECK: Final = "releases/check"  # Nothing -> ReleasesState: asks the repository now
RELEASES_PIN: Final = "releases/pin"  # ReleasePin -> ReleasesState
RELEASES_ROLLBACK: Final = "releases/rollback"  # Nothing -> ReleasesState


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release that this machine has, had, or was offered."""

    release: str
    state: str  # in_use, before, failed, refused
    why: str = ""  # a sentence's end, where it failed or was refused
    kind: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class ReleasesState:
    """All of it. `release` empty: the model is in use as it was pulled."""

    repository: str  # its address; empty: none is configured
    channel: str
    release: str
    arm: str = ""
    pinned: bool = False
    pin: str = ""  # which release, where `pinned`; empty: the model as it was pulled
    checked_ms: int = 0  # wall time of the newest answer since the daemon started
    empty: bool = False  # the repository answered, and its channel has named no release yet
    problem: str = ""  # what kept it from being asked, or believed
    rows: list[ReleaseRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReleasePin:
    """Stay with `release` (empty: the model as it was pulled), or follow the channel again."""

    release: str = ""
    pinned: bool = True


METHODS: Final[dict[str, Signature]] = {
    RELEASES_STATE: Signature(Nothing, ReleasesState),
    RELEASES_CHECK: Signature(Nothing, ReleasesState),
    RELEASES_PIN: Signature(ReleasePin, ReleasesState),
    RELEASES_ROLLBACK: Signature(Nothing, ReleasesState),
}
