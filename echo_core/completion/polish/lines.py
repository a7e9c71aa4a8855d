"""Lines of what was written, as filters compare and cut them.

Rules
 - The first written line stands behind the cursor's line prefix; it is compared with it.
 - A cut is made at the end of a line, before its line end.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_core.text.document import split_lines

BLOCK_OPENERS = (":", "{", "(", "[")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of what was written. `whole` is what stands in the document, `end` where it ends."""

    whole: str
    start: int
    end: int

    @property
    def blank(self) -> bool:
        """Whether there is nothing but white space."""
        return not self.whole.strip()

    @property
    def opens(self) -> bool:
        """Whether what comes next is expected to be indented more."""
        return self.whole.rstrip().endswith(BLOCK_OPENERS)


def written_lines(written: str, line_prefix: str) -> list[Line]:
    """The lines of `written`; the first one with what stands before it."""
    found = []
    at = 0
    for number, line in enumerate(split_lines(written)):
        found.append(Line(line if number else line_prefix + line, at, at + len(line)))
        at += len(line)
        at += 2 if written.startswith("\r\n", at) else 1
    return found


def says_something(lines: list[str]) -> bool:
    """Whether there is a word in one of them: closers may well come again and again."""
    return any(char.isalnum() for line in lines for char in line)


def white(line: str) -> str:
    """The white space at a line's start."""
    return line[: len(line) - len(line.lstrip())]
