"""What a filter may look at: what stands before the cursor and after it, and what was just done.

Rules
 - Bounded: a filter never sees more than `BEFORE_CHARS_MAX` and `AFTER_CHARS_MAX`, whatever the
   document's size.
 - Lines are the document's lines (`echo_core.text.document`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from echo_core.text.document import first_line, lines_of, split_lines

BEFORE_CHARS_MAX: Final = 4096  # enough lines to see how they are indented and what is open
AFTER_CHARS_MAX: Final = 4096  # more than the longest completion, with blank lines between


@dataclass(frozen=True, slots=True)
class PolishContext:
    """Where a completion stands. `line_prefix` has no line end; `after` starts at the cursor."""

    line_prefix: str
    after: str
    above: tuple[str, ...] = ()  # lines above the cursor's, the first one maybe only in part
    whole: bool = True  # `above` begins where the document does
    removed: str = ""  # what the user has just deleted here, with nothing typed since
    invoked: bool = False  # the user asked for a completion, and will take a short one

    @classmethod
    def at(
        cls, text: str, offset: int, *, removed: str = "", invoked: bool = False
    ) -> PolishContext:
        """The context of a cursor at `offset` of `text`."""
        start = max(0, offset - BEFORE_CHARS_MAX)
        *above, line_prefix = split_lines(text[start:offset])
        after = text[offset : offset + AFTER_CHARS_MAX]
        return cls(line_prefix, after, tuple(above), start == 0, removed, invoked)

    @property
    def indentation(self) -> str:
        """The white space that the cursor's line starts with, before the cursor."""
        return self.line_prefix[: len(self.line_prefix) - len(self.line_prefix.lstrip())]

    @property
    def line_rest(self) -> str:
        """What follows the cursor on its line."""
        return first_line(self.after, 0, len(self.after))

    @property
    def line_above(self) -> str:
        """The last line above the cursor's that is not blank; "" for none."""
        return next((line for line in reversed(self.above) if line.strip()), "")

    def next_lines(self, lines_max: int) -> list[str]:
        """The lines below the cursor's that are not blank, without white space at their ends."""
        below = islice(lines_of(self.after), 1, None)
        return list(islice((line.rstrip() for line in below if line.strip()), lines_max))
