"""What an editor without a screen gets to see: proposals, the server's status, counts of both."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types as lsp


@dataclass(frozen=True, slots=True)
class Item:
    """One inline completion, with offsets of the editor's own text; `raw` as it came."""

    start: int
    end: int
    text: str
    raw: lsp.InlineCompletionItem


@dataclass(frozen=True, slots=True)
class EditorStatus:
    """What the server said of itself (`didChangeStatus`)."""

    kind: str
    message: str
    busy: bool


@dataclass(slots=True)
class Counts:
    """What this editor did and got; nothing but numbers."""

    changes: int = 0  # didChange notifications
    edits: int = 0  # single edits in them
    requests: int = 0
    answers: int = 0
    cancelled: int = 0
    items: int = 0
    shown: int = 0
    accepted: int = 0
    accepted_in_part: int = 0
    accepted_chars: int = 0
