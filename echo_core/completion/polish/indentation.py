"""White space at the starts of lines, as the document has it.

 - Written too deep at the cursor: in `    |` a model may begin with the indentation that stands
   there already. The lines are moved back to the cursor's column.
 - Written in another unit: under a line that opens a block, lines are indented by the document's
   own step.
 - Written in other characters: tabs in a document of spaces, and the other way round.

Left out: lines that are indented too little (`block_scope`).

Rules
 - Only white space before a line's first character changes, and nothing where the document does
   not say what it wants: tabs and spaces side by side, or steps of several widths.
 - What is aligned with something, and not indented by a step, keeps its distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.lines import Line, white, written_lines
from echo_core.completion.stops import TAB_COLUMNS

STEP_COLUMNS_MAX: Final = 8  # deeper lines are aligned with something
_STEPS_BEHIND: Final = (":", "{")  # behind other brackets, lines hang at many depths


@dataclass(frozen=True, slots=True)
class Style:
    """How a document indents. `step` is 0 where nothing is known."""

    tabs: bool
    spaces: bool
    step: int

    @property
    def tab_columns(self) -> int:
        """What a tab is taken for."""
        return self.step if self.step and not self.tabs else TAB_COLUMNS

    def render(self, columns: int, old: str) -> str:
        """White space of `columns`; `old` if that is as good."""
        if self.tabs and not self.spaces:
            fits = " " * TAB_COLUMNS not in old and " \t" not in old
        else:
            fits = "\t" not in old or not self.spaces or self.tabs
        if fits and len(old.expandtabs(self.tab_columns)) == columns:
            return old
        if self.tabs and not self.spaces:
            return "\t" * (columns // TAB_COLUMNS) + " " * (columns % TAB_COLUMNS)
        return " " * columns


def style(context: PolishContext) -> Style:
    """How the lines around the cursor are indented."""
    below = context.after.replace("\r", "\n").split("\n")[1:]
    lines = [line for line in (*context.above, *below) if line.strip()]
    whites = [white(line) for line in (*lines, context.line_prefix)]
    tabs = any(one.startswith("\t") for one in whites)
    spaces = any(one.startswith(" ") for one in whites)
    if tabs and not spaces:
        return Style(tabs, spaces, TAB_COLUMNS)
    steps = set()
    for one, other in pairwise(lines):
        step = len(white(other)) - len(white(one))
        if one.rstrip().endswith(_STEPS_BEHIND) and 0 < step <= STEP_COLUMNS_MAX:
            steps.add(step)
    return Style(tabs, spaces, steps.pop() if len(steps) == 1 and not tabs else 0)


def indentation(written: str, context: PolishContext) -> str | None:
    """`written` with the white space at its lines' starts mended."""
    lines = written_lines(written, context.line_prefix)
    full = [number for number, line in enumerate(lines) if not line.blank]
    if not full or (full == [0] and not written[0].isspace()):
        return written
    found = style(context)
    changes = _Columns(found, lines[full[0]], context)
    mended, at = "", 0
    before: Line | None = None
    for number in full:
        line = lines[number]
        if number:
            old = white(line.whole)
            new = found.render(changes.column(line, before), old)
            mended += written[at : line.start] + new
            at = line.start + len(old)
        elif changes.drop:
            at = changes.drop
        before = line
    return mended + written[at:]


class _Columns:
    """Where lines that were written at a column are to stand."""

    def __init__(self, found: Style, first: Line, context: PolishContext) -> None:
        self._style = found
        prefix = context.line_prefix
        own = self._width(first.whole)
        wanted = own
        self.drop = 0  # characters of white space that the first line loses
        if first.start == 0 and prefix and not prefix.strip() and not _deeper(context):
            wanted = self._width(prefix)
            self.drop = len(white(first.whole)) - len(prefix)
        self._levels = [(own, wanted)]

    def column(self, line: Line, before: Line | None) -> int:
        """The column of `line`, which stands below `before`."""
        own = self._width(line.whole)
        while self._levels and self._levels[-1][0] > own:
            self._levels.pop()
        if not self._levels:
            return own
        level, wanted = self._levels[-1]
        if own == level:
            return wanted
        new = wanted + own - level
        if self._style.step and before is not None and self._is_step(before, level, own):
            new = wanted + self._style.step
        self._levels.append((own, new))
        return new

    def _is_step(self, before: Line, level: int, own: int) -> bool:
        """Whether a line at `own` is the first of the block that `before`, at `level`, opens."""
        opens = before.whole.rstrip().endswith(_STEPS_BEHIND)
        return opens and self._width(before.whole) == level and own - level <= STEP_COLUMNS_MAX

    def _width(self, line: str) -> int:
        return len(white(line).expandtabs(self._style.tab_columns))


def _deeper(context: PolishContext) -> bool:
    """Whether more indentation than the cursor's is expected, by the line above."""
    above = context.line_above
    opens = Line(above, 0, 0).opens
    return opens and len(white(above)) >= len(context.line_prefix)
