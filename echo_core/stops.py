"""When writing ends, decided from the text alone: one line, or a block as long as it stays one.

Left out: tokens, time, stop marks of the model (`echo_core.fim`), what is repeated or trailing
(`echo_core.polish`).

Rules
 - One line where something stands on the cursor's line, before it or (closers aside) behind it.
 - On a blank line a block may be written. It ends before a line that is indented less than the
   cursor's line, before a blank line after something, or when it has enough lines. A cursor in
   column 0 knows no indentation yet: there the first written line sets it.
 - Character by character: what is kept does not depend on how the text comes in pieces.
 - Text is kept from its start, never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.limits import COMPLETION_LINES_MAX
from echo_core.text import split_lines
from echo_core.window import CLOSERS, Window

TAB_COLUMNS: Final = 4  # only to compare an indentation with tabs with one of spaces
_CLOSES_LINE: Final = CLOSERS | frozenset(",; \t")


@dataclass(frozen=True, slots=True)
class StopRule:
    """How much may be written. `line_prefix` is the cursor's line before the cursor."""

    single_line: bool
    line_prefix: str
    lines_max: int = COMPLETION_LINES_MAX


def stop_rule(window: Window) -> StopRule:
    """The rule for a cursor between `window.tail` and `window.suffix`."""
    line_prefix = split_lines(window.tail)[-1]
    rest = split_lines(window.suffix)[0]
    single = bool(line_prefix.strip()) or not _CLOSES_LINE.issuperset(rest)
    return StopRule(single, line_prefix)


class Writing:
    """A completion while it is written."""

    def __init__(self, rule: StopRule) -> None:
        self._rule = rule
        self._text = ""
        self._kept = 0  # the end of the last line that is whole and not blank
        self._lines = 0
        self._line_start = 0
        self._line_blank = True  # so far
        self._width = _width(rule.line_prefix) if rule.line_prefix else -1  # -1: not known yet
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether nothing more will be kept."""
        return self._stopped

    @property
    def text(self) -> str:
        """What may be kept of the text so far. It grows until `stopped`, and never shrinks."""
        # White space at a line's start is kept only with what it indents.
        return self._text[: self._kept] if self._stopped or self._line_blank else self._text

    @property
    def first_line(self) -> str | None:
        """The first line that is not blank, as soon as it is whole, with what stands before it."""
        return self.line_after(0)

    def line_after(self, chars: int) -> str | None:
        """As `first_line`, of what stands behind the first `chars` characters."""
        rest = self._text[chars : self._kept]
        if not rest.strip():
            return None
        start = len(rest) - len(rest.lstrip())
        return rest[:start] + split_lines(rest[start:])[0]

    def feed(self, piece: str) -> bool:
        """Go on with `piece`; True when writing should stop, and every time after that."""
        for char in piece:
            if self._stopped:
                break
            if char == "\n" and self._text.endswith("\r"):
                self._text += char  # the second half of a line end
                self._line_start = len(self._text)
                continue
            if char in "\r\n":
                self._end_line()
            elif self._line_blank and not char.isspace():
                self._begin_line()
            self._text += char
            if char in "\r\n":
                self._line_start = len(self._text)
        return self._stopped

    def _begin_line(self) -> None:
        """The first character of a line that is not blank has come: is the line indented less?"""
        line = self._text[self._line_start :]
        width = _width(self._rule.line_prefix + line if self._lines == 0 else line)
        if self._width < 0:
            self._width = width
        self._line_blank = False
        self._stopped = width < self._width

    def _end_line(self) -> None:
        self._lines += 1
        ends_block = self._line_blank and self._kept > 0
        if not self._line_blank:
            self._kept = len(self._text)
        self._line_blank = True
        self._stopped = self._rule.single_line or ends_block or self._lines >= self._rule.lines_max


def _width(line: str) -> int:
    """The columns that a line's white space takes at its start."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(TAB_COLUMNS))
