"""What every source offers, and how it says that it could not.

Rules
 - A source is only transport: it leaves bytes in `partial`, and whoever asked checks them.
 - A source resumes what it finds in `partial`, and leaves what it got there when it fails.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

from echo_core.errors import ModelError
from echo_daemon.models.progress import Progress
from echo_engine.catalogue import Entry


class SourceName(StrEnum):
    """The sources, in the order in which they are tried."""

    HUB = "hub"
    WHEELS = "wheels"


class SourceProblem(StrEnum):
    """Why a source did not give a model."""

    NOT_OFFERED = "not_offered"  # the catalogue knows no place for it there
    NO_NETWORK = "no_network"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    CUT = "cut"  # the connection broke more often than is worth going on
    WRONG_CONTENT = "wrong_content"
    UNUSABLE = "unusable"  # this machine's settings forbid it, or a tool is missing


class SourceError(ModelError):
    """One source failed; another one may not. The text is a clause, without a full stop."""

    def __init__(self, problem: SourceProblem, clause: str) -> None:
        super().__init__(clause)
        self.problem = problem


class Source(Protocol):
    """A way to get a model's bytes."""

    @property
    def name(self) -> SourceName: ...

    def offers(self, entry: Entry) -> bool:
        """Whether the catalogue knows a place for it here."""
        ...

    def room_bytes(self, entry: Entry, partial: Path) -> int:
        """How much this source still has to write to the disk of `partial`."""
        ...

    def kept_bytes(self, entry: Entry, partial: Path) -> int:
        """How much an earlier try has left that this source can go on from."""
        ...

    def fetch(self, entry: Entry, partial: Path, progress: Progress) -> None:
        """Fill `partial` with `entry.bytes` bytes; what they are is for the caller to check.

        Raises:
            SourceError: it did not work; what arrived is kept.
            OSError: the disk refuses; what arrived is kept.
        """
        ...

    def forget(self, entry: Entry, partial: Path) -> None:
        """Drop what earlier tries have left, `partial` included."""
        ...
