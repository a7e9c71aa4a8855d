"""Why what a repository says is not believed, or cannot be had.

Left out: who finds out (`echo_daemon.releases`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from echo_core.errors import EchoError


class Distrust(StrEnum):
    """What went wrong, as far as a person can act on it."""

    UNREACHABLE = "unreachable"
    CUT = "cut"
    EXPIRED = "expired"
    OLDER = "older"
    UNSIGNED = "unsigned"
    ALTERED = "altered"
    OVERSIZE = "oversize"
    MALFORMED = "malformed"
    TOO_NEW = "too_new"
    MISSING = "missing"
    NO_ROOM = "no_room"

    @property
    def sentence(self) -> str:
        """For a person."""
        return _SENTENCES[self]


_SENTENCES: Final[dict[Distrust, str]] = {
    Distrust.UNREACHABLE: "the repository cannot be reached; it is asked again later",
    Distrust.CUT: "a file ended early; what arrived is kept, and the rest is asked for later",
    Distrust.EXPIRED: "what the repository says has expired: somebody holds newer files back, or"
    " whoever runs it has to refresh them",
    Distrust.OLDER: "the repository says what it said before something newer",
    Distrust.UNSIGNED: "what the repository says is not signed by the keys that it should be",
    Distrust.ALTERED: "a file is not the one that was signed",
    Distrust.OVERSIZE: "a file is larger than what was signed, or than one may be",
    Distrust.MALFORMED: "what the repository says cannot be understood",
    Distrust.TOO_NEW: "the channel was written for a later version of Echo; update Echo",
    Distrust.MISSING: "the repository has no such channel; see `updates.channel`",
    Distrust.NO_ROOM: "there is no room for the release on this disk",
}


class ReleaseError(EchoError):
    """A repository is not believed, or cannot be had; what is in use goes on."""

    exit_code = 9

    def __init__(self, distrust: Distrust) -> None:
        """The sentence follows from `distrust`."""
        sentence = distrust.sentence
        super().__init__(f"{sentence[0].upper()}{sentence[1:]}.")
        self.distrust = distrust
