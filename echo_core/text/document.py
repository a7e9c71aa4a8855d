"""An immutable document: its text, where its lines start, and positions in three encodings.

Lines end at `\\n`, `\\r\\n` and `\\r` only (LSP 3.18, "Text Documents"); `str.splitlines` also
splits at form feed, U+2028 and others and must not be used (the client counts other lines).

Left out: who owns the document, its version, its URI.

Rules
 - Inside, one unit: code-point offsets. Lines and characters of a client live only here.
 - A `Text` never changes; `edited` gives a new one and shares what it can with the old one.
 - Line starts are kept in blocks, relative to the block's own start. An edit rewrites one block
   and shifts one number per block after it: a flat list of 300,000 starts costs 10 ms a key.
 - A lone surrogate is one character of its own: one UTF-16 unit, three UTF-8 bytes. Two of them
   side by side stay two characters, as Python keeps them, though UTF-16 would read them as one.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import StrEnum
from itertools import accumulate

from echo_core.errors import InputError
from echo_core.text.edits import Edit, apply

BLOCK_LINES = 256  # of a block when it is cut; rewriting one costs about 10 microseconds
BLOCK_LINES_MAX = 2 * BLOCK_LINES  # a longer one is cut again, so that blocks stay alike

_LINE_END = re.compile(r"\r\n?|\n")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Encoding(StrEnum):
    """What a position's `character` counts (LSP 3.18 `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class _Lines:
    """Where lines start: blocks of starts relative to the first of their block."""

    __slots__ = ("bases", "blocks", "count", "firsts")

    def __init__(self, blocks: list[array[int]], bases: list[int]) -> None:
        self.blocks = blocks
        self.bases = bases  # offset at which each block's first line starts
        self.firsts = [0, *accumulate(map(len, blocks))]  # number of each block's first line
        self.count = self.firsts.pop()

    def start(self, line: int) -> int:
        """Where `line`, which there must be, starts."""
        block = bisect_right(self.firsts, line) - 1
        return self.bases[block] + self.blocks[block][line - self.firsts[block]]

    def before(self, limit: int) -> int:
        """How many lines start at an offset below `limit`."""
        block = max(bisect_left(self.bases, limit) - 1, 0)
        return self.firsts[block] + bisect_left(self.blocks[block], limit - self.bases[block])

    def replaced(self, kept: int, found: list[int], after: int, growth: int) -> _Lines:
        """Lines `[0, kept)`, then those that start at `found`, then `[after, count)` shifted.

        `1 <= kept <= after`.
        """
        low = bisect_right(self.firsts, kept - 1) - 1
        high = bisect_right(self.firsts, after - 1) - 1
        base = self.bases[low]
        block = self.blocks[low][: kept - self.firsts[low]]
        block.extend([start - base for start in found])
        shift = self.bases[high] + growth - base
        tail = self.blocks[high][after - self.firsts[high] :]
        block.extend([start + shift for start in tail])
        blocks, bases = [block], [base]
        if len(block) > BLOCK_LINES_MAX:
            blocks, bases = _cut([base + start for start in block])
        return _Lines(
            self.blocks[:low] + blocks + self.blocks[high + 1 :],
            self.bases[:low] + bases + [start + growth for start in self.bases[high + 1 :]],
        )


class Text:
    """A document's text. All offsets in code points; lines and characters from 0."""

    __slots__ = ("_content", "_lines")

    def __init__(self, content: str, *, lines: _Lines | None = None) -> None:
        """`lines` is for `edited` alone, which knows them already."""
        self._content = content
        self._lines = lines or _Lines(*_cut([0, *_starts_within(content, 1, len(content))]))

    @property
    def content(self) -> str:
        """The whole text."""
        return self._content

    @property
    def line_count(self) -> int:
        """How many lines there are; at least one, also in an empty text."""
        return self._lines.count

    def __len__(self) -> int:
        return len(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    def __repr__(self) -> str:
        # Without the text: a repr ends in logs.
        return f"<Text of {len(self)} characters in {self._lines.count} lines>"

    def line_start(self, line: int) -> int:
        """Where line `line` starts.

        Raises:
            InputError: there is no such line.
        """
        if not 0 <= line < self._lines.count:
            raise InputError(f"there is no line {line} in a text of {self._lines.count} lines")
        return self._lines.start(line)

    def line_end(self, line: int) -> int:
        """Where line `line` ends, before its line terminator.

        Raises:
            InputError: there is no such line.
        """
        start = self.line_start(line)
        if line + 1 == self._lines.count:
            return len(self._content)
        end = self.line_start(line + 1) - 1
        if end > start and self._content[end - 1 : end + 1] == "\r\n":
            end -= 1
        return end

    def line(self, line: int) -> str:
        """Line `line` without its terminator.

        Raises:
            InputError: there is no such line.
        """
        return self._content[self.line_start(line) : self.line_end(line)]

    def line_of(self, offset: int) -> int:
        """The line that `offset` lies on; a terminator belongs to the line that it ends.

        Raises:
            InputError: the offset lies outside the text.
        """
        if not 0 <= offset <= len(self._content):
            raise InputError(f"offset {offset} is outside a text of {len(self)} characters")
        return self._lines.before(offset + 1) - 1

    def offset(self, line: int, character: int, encoding: Encoding) -> int:
        """The offset of a client's position, clamped as LSP 3.18 ("Position") says.

        Beyond the line's end is before its terminator; beyond the last line is the end of the
        text; inside a surrogate pair or a UTF-8 sequence is the start of that character. What is
        negative, which the protocol cannot say, counts as 0.
        """
        if line >= self._lines.count:
            return len(self._content)
        line = max(line, 0)
        start, end = self.line_start(line), self.line_end(line)
        if character <= 0:
            return start
        if encoding is Encoding.UTF32 or self._content.isascii():
            return min(start + character, end)
        return start + _chars_in_units(self._content[start:end], character, encoding)

    def position(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """Line and character of `offset`. Between `\\r` and `\\n` it is the line's end.

        Raises:
            InputError: the offset lies outside the text.
        """
        line = self.line_of(offset)
        start = self.line_start(line)
        offset = min(offset, self.line_end(line))
        if encoding is Encoding.UTF32 or self._content.isascii():
            return line, offset - start
        return line, _units(self._content[start:offset], encoding)

    def edited(self, edit: Edit) -> Text:
        """This text with `edit` done.

        A line start depends on the two characters around it alone. So those before the edit stay,
        those after it are shifted, and only those that touch it are searched for; a `\\r\\n` that
        the edit splits or joins is among them.

        Raises:
            EditError: the edit reaches beyond the text.
        """
        content = apply(self._content, edit)
        kept = max(self._lines.before(edit.start), 1)  # line 0 starts at 0 whatever stands there
        found = _starts_within(content, max(edit.start, 1), edit.end_after)
        after = self._lines.before(edit.end + 1)
        return Text(content, lines=self._lines.replaced(kept, found, after, edit.growth))


def split_lines(content: str) -> list[str]:
    """The lines of `content` without their ends; at least one, the last may be empty."""
    return _LINE_END.split(content)


def lines_of(content: str) -> Iterator[str]:
    """As `split_lines`, one after the other: whoever needs two does not pay for all."""
    start = 0
    for found in _LINE_END.finditer(content):
        yield content[start : found.start()]
        start = found.end()
    yield content[start:]


def last_line(content: str, start: int, end: int) -> str:
    """The last of the lines of `content[start:end]`, without looking at the others."""
    return content[
        max(content.rfind("\n", start, end), content.rfind("\r", start, end), start - 1) + 1 : end
    ]


def first_line(content: str, start: int, end: int) -> str:
    """The first of the lines of `content[start:end]`, without looking at the others."""
    found = _LINE_END.search(content, start, end)
    return content[start : end if found is None else found.start()]


def _cut(starts: list[int]) -> tuple[list[array[int]], list[int]]:
    """Line starts as blocks of relative starts, and the blocks' own starts."""
    bases = starts[::BLOCK_LINES]
    blocks = [
        array("q", [start - base for start in starts[at : at + BLOCK_LINES]])
        for base, at in zip(bases, range(0, len(starts), BLOCK_LINES), strict=True)
    ]
    return blocks, bases


def _starts_within(content: str, low: int, high: int) -> list[int]:
    """The line starts in `[low, high]`, for a `low` of 1 or more."""
    # One character more on each side: a start lies between the two that make it one.
    ends = [end.end() for end in _LINE_END.finditer(content, low - 1, high + 1)]
    if ends and ends[-1] > high:
        ends.pop()
    return ends


def _chars_in_units(line: str, units: int, encoding: Encoding) -> int:
    """How many whole characters of `line` lie in its first `units` code units."""
    if line.isascii():
        return min(units, len(line))
    if encoding is Encoding.UTF8:
        encoded = line.encode("utf-8", "surrogatepass")
        if units >= len(encoded):
            return len(line)
        while encoded[units] & 0xC0 == 0x80:  # a continuation byte
            units -= 1
        return len(encoded[:units].decode("utf-8", "surrogatepass"))
    extra = 0  # second halves of surrogate pairs so far
    for astral in _ASTRAL.finditer(line):
        if units <= astral.start() + extra + 1:
            return min(units - extra, astral.start())
        extra += 1
    return min(units - extra, len(line))


def _units(text: str, encoding: Encoding) -> int:
    """How many code units `text` has."""
    if text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(1 for _ in _ASTRAL.finditer(text))
