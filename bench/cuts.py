"""Targets in real code, as somebody would have written them, and the window that is kept of them.

Left out: the code (`bench.corpus`), what is planted (`bench.mutations`).

Rules
 - A target is what stood there: the file is as good with it as it was published.
 - A window is cut exactly as samples are: so many characters before and behind, in the middle of
   whatever stands there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node, Parser

from bench.corpus import Source
from bench.mutations import Place, Token
from echo_core import limits
from echo_core.judging.checks.case import Case
from echo_daemon.structure.grammars import Grammars

LINES_MAX: Final = 6
TARGET_CHARS_MAX: Final = 600
_TRIES: Final = 20
_MACROS: Final = ("preproc", "macro", "token_tree", "attribute_item", "jsx_text")
_HOSTED: Final = frozenset({"vue", "svelte"})


class Page:
    """One file, read once: where its tokens stand."""

    def __init__(self, source: Source, grammars: Grammars) -> None:
        self.source = source
        grammar = grammars.get(source.language)
        self.tokens: tuple[Token, ...] = ()
        self.sound = True  # the grammar reads the whole file without a complaint
        if grammar is not None:
            data = source.text.encode()
            root = Parser(grammar).parse(data).root_node
            self.sound = not root.has_error
            self.tokens = tuple(_leaves(root, _Columns(data)))

    def place(self, start: int, end: int) -> Place:
        """The target from `start` to `end`."""
        inside = [one for one in self.tokens if start <= one.start and one.end <= end]
        return Place(self.source.language, self.source.text, start, end, inside)


class _Columns:
    """Code points of bytes; cheap where the text is ASCII."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._plain = data.isascii()

    def at(self, byte: int) -> int:
        return byte if self._plain else len(self._data[:byte].decode())


def _leaves(root: Node, columns: _Columns) -> Iterator[Token]:
    waiting: list[tuple[Node, str, bool]] = [(root, "", False)]
    while waiting:
        node, parent, macro = waiting.pop()
        if node.child_count == 0:
            yield Token(
                node.type, columns.at(node.start_byte), columns.at(node.end_byte), parent, macro
            )
            continue
        inside = macro or any(word in node.type for word in _MACROS) or node.type == "ERROR"
        waiting += [(child, node.type, inside) for child in reversed(node.children)]


def target(text: str, rng: random.Random) -> tuple[int, int] | None:
    """Where a target stands: a rest of a line, some lines, or a part of a line."""
    kind = rng.choice(("rest", "rest", "lines", "lines", "rest_and_lines", "part"))
    for _ in range(_TRIES):
        at = rng.randrange(len(text))
        line = text.rfind("\n", 0, at) + 1
        end = _line_end(text, at)
        first = line + len(text[line:end]) - len(text[line:end].lstrip())
        if first == end:
            continue
        start = first if kind == "lines" else rng.randrange(first, end)
        if kind in ("lines", "rest_and_lines"):
            for _ in range(rng.randrange(LINES_MAX)):
                end = _line_end(text, min(end + 1, len(text)))
        elif kind == "part":
            end = rng.randrange(start + 1, end + 1)
        end = start + len(text[start:end].rstrip())
        if start < end <= start + TARGET_CHARS_MAX:
            return start, end
    return None


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def case(source: Source, start: int, end: int, kept: str | None = None) -> Case:
    """The sample that a gap there would have become, with `kept` in place of what stood there."""
    text = source.text
    return Case(
        language=source.language,
        path=source.path,
        prefix=text[max(0, start - limits.SAMPLE_PREFIX_CHARS_MAX) : start],
        target=text[start:end] if kept is None else kept,
        suffix=text[end : end + limits.SAMPLE_SUFFIX_CHARS_MAX],
    )
