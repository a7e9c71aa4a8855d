"""When writing ends, decided from the text alone: one line, or a block as long as it stays one.

Left out: tokens, time, stop marks of the model (`echo_core.completion.fim`), syntax (whoever knows
it says `block`), what is to be cut or mended in what was written (`echo_core.completion.polish`).

Rules
 - One line where something stands on the cursor's line, before it or (closers aside) behind it.
 - On a blank line a block may be written. It ends before a line that is indented less than the
   cursor's line, before a blank line after something, or when it has enough lines. A cursor in
   column 0 knows no indentation yet: there the first written line sets it.
 - Behind what opens a block, one may begin with a line end. It ends before a line that is not
   indented more than the one that opened it, or behind the closers there, if the document has
   none yet. What does not begin with a line end there is one line.
 - Writing also ends where the next line of the document comes up, where a line comes up a third
   time in a row, and behind two or three lines that say what the two or three before said.
 - Character by character: what is kept does not depend on how the text comes in pieces.
 - Text is kept from its start, never changed. A line that may still turn out to be one of those
   that end the writing is held back until it is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.completion.window import CLOSERS, Window
from echo_core.limits import COMPLETION_LINES_MAX
from echo_core.text.document import last_line, lines_of, split_lines

TAB_COLUMNS: Final = 4  # only to compare an indentation with tabs with one of spaces
CYCLE_LINES_MAX: Final = 3  # of lines that are said again; longer ones do not fit a completion
_CLOSES_LINE: Final = CLOSERS | frozenset(",; \t")
_BRACKETS: Final = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class StopRule:
    """How much may be written. `line_prefix` is the cursor's line before the cursor."""

    single_line: bool
    line_prefix: str
    lines_max: int = COMPLETION_LINES_MAX
    opens: bool = False  # the cursor's line opens a block; writing may begin with a line end
    closed: bool = False  # and what closes it stands behind the cursor already
    next_line: str = ""  # the first line below that is not blank, without space at its end


def stop_rule(window: Window, block: bool | None = None) -> StopRule:
    """The rule for a cursor between `window.tail` and `window.suffix`.

    `block` says whether a block is welcome, where somebody knows; None: the line decides.
    """
    line_prefix = last_line(window.tail, 0, len(window.tail))
    below = lines_of(window.suffix)
    rest = next(below)
    opens = bool(block) and bool(line_prefix.strip())
    single = not opens and (block is False or bool(line_prefix.strip()))
    next_line = next((line.rstrip() for line in below if line.strip()), "")
    return StopRule(
        single_line=single or not _CLOSES_LINE.issuperset(rest),
        line_prefix=line_prefix,
        opens=opens,
        closed=not _BRACKETS.isdisjoint(rest),
        next_line=next_line,
    )


class Writing:
    """A completion while it is written."""

    def __init__(self, rule: StopRule) -> None:
        self._rule = rule
        self._single = rule.single_line
        self._text = ""
        self._kept = 0  # the end of the last line that is whole and not blank
        self._whole: list[str] = []  # the lines so far that are not blank, as they will stand
        self._lines = 0
        self._line_start = 0
        self._line_blank = True  # so far
        self._closing = False  # this line closes the block, and nothing comes after
        blank = not rule.line_prefix
        self._width = -1 if blank or rule.opens else width(rule.line_prefix)  # -1: not known yet
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether nothing more will be kept."""
        return self._stopped

    @property
    def text(self) -> str:
        """What may be kept of the text so far. It grows until `stopped`, and never shrinks."""
        # White space at a line's start is kept only with what it indents.
        held = self._stopped or self._line_blank or self._closing or self._may_end()
        return self._text[: self._kept] if held else self._text

    @property
    def lines(self) -> str:
        """Of the text so far the lines that are whole, but for blank ones at the end."""
        return self._text[: self._kept]

    @property
    def first_line(self) -> str | None:
        """The first line that is not blank, as soon as it is whole, with what stands before it."""
        return self.line_after(0) if self._whole else None

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
                self._begin_line(char)
            elif self._closing and char not in _CLOSES_LINE:
                self._stopped = True
            self._text += char
            if char in "\r\n":
                self._line_start = len(self._text)
            elif self._closing and not self._stopped and not char.isspace():
                self._kept = len(self._text)
        return self._stopped

    def _begin_line(self, char: str) -> None:
        """The first character of a line that is not blank has come: is the line indented less?"""
        self._line_blank = False
        columns = width(self._line)
        if self._rule.opens and self._lines == 0:
            self._single = True
        elif self._rule.opens and columns <= width(self._rule.line_prefix):
            own = columns == width(self._rule.line_prefix) and char in _BRACKETS and self._whole
            self._closing = bool(own) and not self._rule.closed
            self._stopped = not self._closing
        elif self._width < 0:
            self._width = columns
        else:
            self._stopped = columns < self._width

    def _end_line(self) -> None:
        line = self._line.rstrip()
        ends = self._single or self._closing or self._lines + 1 >= self._rule.lines_max
        if self._line_blank:
            ends = ends or self._kept > 0
        elif line in self._ends():
            ends = True
        elif not self._closing:
            self._kept = len(self._text)
            self._whole.append(line)
            ends = ends or self._goes_round()
        self._lines += 1
        self._line_blank = True
        self._stopped = ends

    @property
    def _line(self) -> str:
        """The line so far, as it will stand in the document."""
        line = self._text[self._line_start :]
        return self._rule.line_prefix + line if self._lines == 0 else line

    def _may_end(self) -> bool:
        line = self._line.rstrip()
        return any(one.startswith(line) for one in self._ends())

    def _ends(self) -> list[str]:
        """The lines that end the writing before them; the first line is what was asked for."""
        if self._lines == 0:
            return []
        ends = [self._rule.next_line] if any(map(str.isalnum, self._rule.next_line)) else []
        return ends + (self._whole[-1:] if self._whole[-2:-1] == self._whole[-1:] else [])

    def _goes_round(self) -> bool:
        """Whether the last lines say what those before them said."""
        return any(
            self._whole[-2 * size : -size] == self._whole[-size:]
            for size in range(2, CYCLE_LINES_MAX + 1)
            if len(self._whole) >= 2 * size
        )


def width(line: str) -> int:
    """The columns that a line's white space takes at its start."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(TAB_COLUMNS))
