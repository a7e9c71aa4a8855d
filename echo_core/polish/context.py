"""What a filter may look at: the cursor's line before the cursor, and what follows the cursor.

Rules
 - Bounded: a filter never sees more than `BEFORE_CHARS_MAX` and `AFTER_CHARS_MAX`, whatever the
   document's size.
 - Lines are the document's lines (`echo_core.text`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.text import split_lines

BEFORE_CHARS_MAX: Final = 4096  # of the cursor's line; longer lines are not written by hand
AFTER_CHARS_MAX: Final = 4096  # more than the longest completion, with blank lines between


@dataclass(frozen=True, slots=True)
class PolishContext:
    """Where a completion stands. `line_prefix` has no line end; `after` starts at the cursor."""

    line_prefix: str
    after: str

    @classmethod
    def at(cls, text: str, offset: int) -> PolishContext:
        """The context of a cursor at `offset` of `text`."""
        before = text[max(0, offset - BEFORE_CHARS_MAX) : offset]
        return cls(split_lines(before)[-1], text[offset : offset + AFTER_CHARS_MAX])

    @property
    def indentation(self) -> str:
        """The white space that the cursor's line starts with, before the cursor."""
        return self.line_prefix[: len(self.line_prefix) - len(self.line_prefix.lstrip())]

    @property
    def line_rest(self) -> str:
        """What follows the cursor on its line."""
        return split_lines(self.after)[0]

    @property
    def next_lines(self) -> list[str]:
        """The lines below the cursor's that are not blank, without white space at their ends."""
        return [line.rstrip() for line in split_lines(self.after)[1:] if line.strip()]
