"""Messages about history that is taken in: a tool reads it, the daemon records it.

`PastFile` holds source text; it goes from the user's own tool to the user's own daemon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from echo_core.records.wire.signature import Signature

IMPORT_PAST: Final = "past/import"  # PastFiles -> PastAnswer


@dataclass(frozen=True, slots=True)
class PastFile:
    """A file of a commit: the parent's text, and edits `[start, deleted, inserted]` of it.

    Each edit stands alone against `text`.
    """

    doc: str
    language: str
    commit: str
    made_ms: int  # since 1970
    text: str
    edits: list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class PastFiles:
    """Some files of one repository. `root`: its folder, as a URI."""

    root: str
    files: list[PastFile]


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """What came of them; durable."""

    samples: int
    refused: dict[str, int] = field(
        default_factory=dict
    )  # files, by `echo_core.experience.past.Refusal`


METHODS: Final[dict[str, Signature]] = {
    IMPORT_PAST: Signature(PastFiles, PastAnswer),
}
