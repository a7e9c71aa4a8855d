"""What tree-sitter says about the cursor (line or block, comment, string) and of what is above it.

Left out: grammars (`grammars`), parsing what changed (`trees`), scripts in markup (`embedded`),
what node kinds mean (`nodes`), what an outline is (`outlines`).

Rules
 - Where there is no grammar or no tree, the plain rule of `echo_core.completion.stops` answers.
   Nothing is ever raised: source under the cursor is broken most of the time.
 - Positions are code points; bytes are counted here and handed to the parser alone.
 - A block: on a blank line, unless that stands within an expression; or at the end of a line that
   opens a block whose body is not there yet. Everything else, and all prose, is one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tree_sitter import Node, Tree

from echo_core import limits
from echo_core.clock import Clock
from echo_core.completion.stops import stop_rule, width
from echo_core.completion.window import Window
from echo_core.text.document import first_line, last_line, split_lines
from echo_daemon.structure import nodes
from echo_daemon.structure.api import Advice, Scope
from echo_daemon.structure.embedded import region
from echo_daemon.structure.grammars import Grammars
from echo_daemon.structure.outlines import outline
from echo_daemon.structure.trees import SOURCE_BYTES_MAX, Trees

LINE_CHARS_MAX: Final = 64 << 10  # of the cursor's line that are looked at, to either side
_OPENERS: Final = (":", "{")  # the only ends of a line that `nodes.opens_block` takes
BELOW_CHARS_MAX: Final = 4096  # in which the first line below that is not blank is looked for


class TreeSitterStructure:
    """A `Structure` that parses. Keeps the last trees; used by one thread."""

    def __init__(self, clock: Clock) -> None:
        self._grammars = Grammars()
        self._trees = Trees(clock)

    def scope(self, language: str, text: str, offset: int) -> Scope:
        """What `advise` says of the scope; a tree is asked only where it can make a block of it.

        A block begins on a blank line, or behind what may open one. A parse in 2,000 lines took
        1.9 ms at each key when it came after a pause, and 0.5 ms in a loop.
        """
        offset = min(max(offset, 0), len(text))
        place = _Place(text, offset)
        if place.prefix.strip() and not (place.prefix.rstrip().endswith(_OPENERS) and _ends(place)):
            return Scope.LINE
        return self.advise(language, text, offset).scope

    def advise(self, language: str, text: str, offset: int) -> Advice:
        """What stands at `offset` of `text`; an offset outside of it counts as the nearest end."""
        offset = min(max(offset, 0), len(text))
        place = _Place(text, offset)
        plain = Advice(_plain_scope(place), comment=False, string=False)
        read = self._read(language, text, offset)
        if read is None:
            return plain
        before = nodes.path_to(read.tree, read.at)
        if before is None:
            return plain
        cursor = _Cursor(read.tree, read.source, read.at, before, place)
        comment, string = _prose(cursor, language, read.language)
        scope = Scope.LINE if comment or string else _scope(cursor)
        return Advice(scope, comment, string)

    def outline(self, language: str, text: str, before: int) -> str:
        """Imports and heads of definitions above `before` of `text`; "" where nothing is known."""
        before = min(max(before, 0), len(text))
        read = self._read(language, text, before) if before else None
        if read is None:
            return ""
        return outline(read.tree, read.source, read.at, limits.OUTLINE_CHARS_MAX)

    def _read(self, language: str, text: str, offset: int) -> _Read | None:
        """The tree of the document, or of its part that `offset` is in."""
        if len(text) > SOURCE_BYTES_MAX:
            return None
        part = region(language, text, offset)
        grammar = self._grammars.get(part.language)
        if grammar is None:
            return None
        source = text[part.start : part.end].encode("utf-8", "replace")
        tree = self._trees.tree(grammar, source)
        if tree is None:
            return None
        at = len(text[part.start : offset].encode("utf-8", "replace"))
        return _Read(tree, source, at, part.language)


class _Place:
    """The cursor's line, in two, and the first line below it that is not blank."""

    def __init__(self, text: str, offset: int) -> None:
        self.prefix = last_line(text, max(0, offset - LINE_CHARS_MAX), offset)
        self.rest = first_line(text, offset, min(offset + LINE_CHARS_MAX, len(text)))
        self._text = text
        self._offset = offset + len(self.rest)

    @property
    def below(self) -> str:
        """The first line below that is not blank; "" for none."""
        lines = split_lines(self._text[self._offset : self._offset + BELOW_CHARS_MAX])[1:]
        return next((line for line in lines if line.strip()), "")


@dataclass(frozen=True, slots=True)
class _Read:
    """A tree, and a place in it; `at` in bytes of `source`."""

    tree: Tree
    source: bytes
    at: int
    language: str


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A cursor in a tree; `at` in bytes of `source`."""

    tree: Tree
    source: bytes
    at: int
    before: list[Node]  # around the byte before the cursor, the smallest first
    place: _Place


def _plain_scope(place: _Place) -> Scope:
    rule = stop_rule(Window("", place.prefix, place.rest))
    return Scope.LINE if rule.single_line else Scope.BLOCK


def _prose(cursor: _Cursor, host: str, language: str) -> tuple[bool, bool]:
    """Whether the cursor is in a comment, and whether in a string."""
    if nodes.in_comment(cursor.before, cursor.source, cursor.at):
        return True, False
    string = nodes.in_string(cursor.before, cursor.source, cursor.at, host)
    if string is not None:
        return False, string
    line = cursor.place.prefix
    start = cursor.at - len(line.encode("utf-8", "replace"))
    around = next((node for node in cursor.before if node.start_byte <= start), cursor.before[-1])
    return nodes.left_open(line, language) if around.has_error else (False, False)


def _scope(cursor: _Cursor) -> Scope:
    place = cursor.place
    if _plain_scope(place) is Scope.BLOCK:
        return Scope.LINE if nodes.in_expression(cursor.before, cursor.at) else Scope.BLOCK
    if not place.prefix.strip() or not _ends(place):
        return Scope.LINE  # the statement goes on behind the cursor
    opener = nodes.path_to(cursor.tree, len(cursor.source[: cursor.at].rstrip()))
    opens = opener is not None and nodes.opens_block(opener, place.prefix)
    if not opens or width(place.below) > width(place.prefix):
        return Scope.LINE
    return Scope.BLOCK


def _ends(place: _Place) -> bool:
    """Whether only closers follow on the cursor's line."""
    return not stop_rule(Window("", "", place.rest)).single_line
