"""What was deleted at the cursor just now, so that it is not offered again at once.

Left out: what is done about it (`echo_core.completion.polish.undoes_deletion`).

Rules
 - Deletions that continue one another (backspaces, forward deletes) are one.
 - Whatever is typed, anywhere in the document, ends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from echo_core.text.edits import Edit, with_removed

REMOVED_CHARS_MAX: Final = 400  # longer than any proposal that could bring it back


@dataclass(frozen=True, slots=True)
class Removed:
    """`text` stood at `offset` until it was deleted."""

    offset: int
    text: str

    def at(self, offset: int) -> str:
        """What was deleted at `offset`; nothing where the cursor is elsewhere."""
        return self.text if offset == self.offset else ""


NOTHING_REMOVED: Final = Removed(0, "")


def removed_after(before: Removed, edits: Iterable[Edit], text: str) -> Removed:
    """What is deleted after `edits` were done to `text`, in which `before` had been deleted."""
    for edit, gone in with_removed(text, edits):
        if edit.inserted or not gone:
            before = NOTHING_REMOVED
        elif before.text and edit.end == before.offset:
            before = Removed(edit.start, (gone + before.text)[:REMOVED_CHARS_MAX])
        elif before.text and edit.start == before.offset:
            before = Removed(edit.start, (before.text + gone)[:REMOVED_CHARS_MAX])
        else:
            before = Removed(edit.start, gone[:REMOVED_CHARS_MAX])
    return before
