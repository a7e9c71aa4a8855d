"""Where the comments and strings of a text are: what of it is written for people.

In markup the text between tags counts too. Code within strings (`f"{code}"`) does not.

Left out: what node kinds mean (`nodes`), what is done with prose
(`echo_core.judging.checks.personal`).

Rules
 - A text may be a window cut out of a file: it may begin within a comment or a string. Where it
   cannot be read as it stands, it is read as if one had been open, and the better reading counts.
 - Where it still cannot be read to its end, marks that are seen on a line count besides: it is
   better to take a word of code for prose than the other way round.
 - None for a language without a grammar, and for what is too long to be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from tree_sitter import Language, Node, Parser, Tree

from echo_daemon.structure import nodes
from echo_daemon.structure.embedded import HOSTS, region
from echo_daemon.structure.grammars import Grammars
from echo_daemon.structure.trees import SOURCE_BYTES_MAX

REGIONS_MAX: Final = 64  # scripts of one page
NODES_MAX: Final = 200_000  # of one text; one of 28,000 characters has 20,000

# What may have been open where the window was cut.
_OPENERS: Final = {"python": ('"""', "'''")}
_OPENERS_ELSE: Final = ("/*", "`")
_MARKUP: Final = frozenset({"html"})
_HASH: Final = frozenset({"python"})
_QUOTED: Final = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|`[^`\n]*`?")
_COMMENT: Final = {
    True: re.compile(r"#[^\n]*"),
    False: re.compile(r"//[^\n]*|/\*.*?(?:\*/|$)|^\s*\*[^\n]*", re.MULTILINE),
}


class TreeSitterProse:
    """The part of `Parsing` that tells prose from code. Used by one thread."""

    def __init__(self) -> None:
        self._grammars = Grammars()

    def prose(self, language: str, text: str) -> tuple[tuple[int, int], ...] | None:
        """The spans of comments and strings in `text`; None where nobody can tell."""
        return prose(self._grammars, language, text)


def prose(grammars: Grammars, language: str, text: str) -> tuple[tuple[int, int], ...] | None:
    """The spans of comments and strings, in code points; None where nobody can tell."""
    if len(text) > SOURCE_BYTES_MAX:
        return None
    spans: list[tuple[int, int]] = []
    for start, end, inner in _regions(language, text):
        grammar = grammars.get(inner)
        if grammar is None:
            if inner == language:
                return None
            spans.append((start, end))  # a script that nothing reads is prose as a whole
            continue
        part = text[start:end]
        spans += [(start + first, start + last) for first, last in _read(grammar, inner, part)]
    return tuple(sorted(spans))


def _regions(language: str, text: str) -> Iterator[tuple[int, int, str]]:
    """The parts of a text and their languages: scripts and styles, and what is around them."""
    if language not in HOSTS:
        yield 0, len(text), language
        return
    at = 0
    for _ in range(REGIONS_MAX):
        found = _next_region(language, text, at)
        if found is None:
            break
        start, end, inner = found
        if at < start:
            yield at, start, "html"
        yield start, end, inner
        at = end
    if at < len(text):
        yield at, len(text), "html"


def _next_region(language: str, text: str, at: int) -> tuple[int, int, str] | None:
    tag = re.compile(r"<(?:script|style)\b[^<>]*>", re.IGNORECASE).search(text, at)
    if tag is None:
        return None
    inside = region(language, text, tag.end())
    return inside.start, inside.end, inside.language


def _read(grammar: Language, language: str, text: str) -> list[tuple[int, int]]:
    best, faults, opener = _parsed(grammar, text, ""), 0, ""
    faults = _faults(best)
    if faults:
        for each in _OPENERS.get(language, _OPENERS_ELSE):
            tree = _parsed(grammar, text, each)
            fewer = _faults(tree)
            if fewer < faults:
                best, faults, opener = tree, fewer, each
    spans = _in_points(list(_spans(best, language)), opener + text, len(opener))
    if faults:
        spans += [found.span() for found in _QUOTED.finditer(text)]
        spans += [found.span() for found in _COMMENT[language in _HASH].finditer(text)]
    return [(start, end) for start, end in spans if start < end]


def _parsed(grammar: Language, text: str, opener: str) -> Tree:
    return Parser(grammar).parse((opener + text).encode("utf-8", "replace"), encoding="utf8")


def _faults(tree: Tree) -> int:
    """How many bytes are in nodes that could not be read, and how many were missed."""
    if not tree.root_node.has_error:
        return 0
    total = 0
    for node in _walk(tree, lambda node: node.has_error and not node.is_error):
        if node.is_error:
            total += max(1, node.end_byte - node.start_byte)
        elif node.is_missing:
            total += 1
    return total


def _spans(tree: Tree, language: str) -> Iterator[tuple[int, int]]:
    for node in _walk(tree, lambda node: not _is_leaf(node, language)):
        if _is_leaf(node, language):
            yield from _without_code(node)


def _is_leaf(node: Node, language: str) -> bool:
    if not node.is_named:
        return False  # TypeScript's type `string`
    if node.type in nodes.COMMENTS or node.type in nodes.STRINGS or node.type == "jsx_text":
        return True
    return language in _MARKUP and node.type in {"text", "raw_text", "entity"}


def _without_code(node: Node) -> Iterator[tuple[int, int]]:
    """A string in pieces, without the code that stands in it."""
    start = node.start_byte
    for child in node.children:
        if child.type in nodes.CODE_IN_STRINGS:
            yield start, child.start_byte
            start = child.end_byte
    yield start, node.end_byte


def _walk(tree: Tree, within: Callable[[Node], bool]) -> Iterator[Node]:
    """Every node from the root down, of those for which `within` holds their children too."""
    cursor = tree.walk()
    for _ in range(NODES_MAX):
        node = cursor.node
        if node is None:
            return
        yield node
        if within(node) and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _in_points(spans: list[tuple[int, int]], text: str, shift: int) -> list[tuple[int, int]]:
    """Byte offsets of `text` as code points, less `shift` of them, which were put before it."""
    if text.isascii():
        return [(max(0, start - shift), max(0, end - shift)) for start, end in spans]
    ends = sorted({at for span in spans for at in span})
    points: dict[int, int] = {}
    size, at = 0, iter(ends)
    wanted = next(at, None)
    for point, char in enumerate(text):
        while wanted is not None and wanted <= size:
            points[wanted] = point
            wanted = next(at, None)
        size += len(char.encode("utf-8", "replace"))
    while wanted is not None:
        points[wanted] = len(text)
        wanted = next(at, None)
    return [(max(0, points[start] - shift), max(0, points[end] - shift)) for start, end in spans]
