"""Messages about documents: what an editor does to them, and the daemon's wish to see one anew.

All are notifications. Left out: completions in them (`echo_core.records.wire.completion`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.records.wire.signature import Signature

DOCUMENT_OPEN: Final = "document/open"
DOCUMENT_EDIT: Final = "document/edit"
DOCUMENT_CURSOR: Final = "document/cursor"
DOCUMENT_FOCUS: Final = "document/focus"
DOCUMENT_SAVE: Final = "document/save"
DOCUMENT_CLOSE: Final = "document/close"
DOCUMENT_RENAME: Final = "document/rename"
DOCUMENT_RESYNC: Final = "document/resync"  # the mirrors differ: please open it again


@dataclass(frozen=True, slots=True)
class DocumentOpen:
    """A document with its whole text; a second one for the same `doc` replaces the first."""

    doc: str
    language: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class DocumentEdit:
    """Edits `[start, deleted, inserted]` that apply one after the other.

    `length` is the text's length afterwards: where the daemon's mirror disagrees it asks for
    DOCUMENT_RESYNC and ignores edits until the document is opened again.
    """

    doc: str
    version: int
    edits: list[tuple[int, int, str]]
    length: int


@dataclass(frozen=True, slots=True)
class DocumentCursor:
    """The selection moved without an edit."""

    doc: str
    anchor: int
    head: int


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document by name: focus, save, close, resync."""

    doc: str


@dataclass(frozen=True, slots=True)
class DocumentRename:
    """A file, or a folder with all beneath it, has another name; open documents are closed and
    opened besides."""

    doc: str
    to: str


METHODS: Final[dict[str, Signature]] = {
    DOCUMENT_OPEN: Signature(DocumentOpen, None),
    DOCUMENT_EDIT: Signature(DocumentEdit, None),
    DOCUMENT_CURSOR: Signature(DocumentCursor, None),
    DOCUMENT_FOCUS: Signature(DocumentRef, None),
    DOCUMENT_SAVE: Signature(DocumentRef, None),
    DOCUMENT_CLOSE: Signature(DocumentRef, None),
    DOCUMENT_RENAME: Signature(DocumentRename, None),
    DOCUMENT_RESYNC: Signature(DocumentRef, None),
}
