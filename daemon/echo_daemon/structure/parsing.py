"""What tree-sitter says of a text with something kept in it. Nobody waits for this at a key.

Left out: what is looked for in a tree (`units`), scripts in markup (`embedded`).

Rules
 - Nothing is kept between two calls but parsers: a target is read once.
 - A text is bounded on both sides of the target, so that one call costs a few milliseconds, which
   is the slice after which typing may come first.
 - A text may begin in the middle of a comment or a string. Where it cannot be read as it is, it is
   read once more with the mark that would open one, and the reading with fewer faults counts.
"""

from __future__ import annotations

import re
from typing import Final

from tree_sitter import Language, Parser, Tree

from echo_core import limits
from echo_core.units import UnitEnd, UnitKind, plain_ends
from echo_daemon.structure import units
from echo_daemon.structure.embedded import HOSTS, Region, region
from echo_daemon.structure.grammars import Grammars

PREFIX_CHARS_MAX: Final = 32 << 10  # four times what is kept with a sample
SUFFIX_CHARS_MAX: Final = 16 << 10
_BEGUN: Final = {"python": ('"""', "'''"), "html": ("<!--",)}
_BEGUN_DEFAULT: Final = ("/*",)
_TAGS = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)


class TreeSitterParsing:
    """A `Parsing`. Used by one thread."""

    def __init__(self) -> None:
        self._grammars = Grammars()
        self._parsers: dict[str, Parser] = {}

    def unit_ends(
        self, language: str, prefix: str, target: str, suffix: str
    ) -> tuple[UnitEnd, ...]:
        """Where logical units end inside `target`."""
        prefix, suffix = prefix[-PREFIX_CHARS_MAX:], suffix[:SUFFIX_CHARS_MAX]
        part = _part(language, prefix + target + suffix, len(prefix))
        grammar = self._grammars.get(part.language)
        if grammar is None or len(target) > limits.GAP_CHARS_MAX:
            return plain_ends(prefix, target, suffix)
        inside = min(len(prefix) + len(target), part.end) - len(prefix)
        behind = (target + suffix)[inside : part.end - len(prefix)]
        place = self._place(part.language, grammar, prefix[part.start :], target[:inside], behind)
        found = units.tree_ends(place)
        if found is None:
            return plain_ends(prefix, target, suffix)
        ends = units.in_code_points(target, found)
        if inside == len(target):
            return ends
        rest = plain_ends(prefix + target[:inside], target[inside:], suffix)
        ends = tuple(end for end in ends if end.kind is not UnitKind.WHOLE)
        return ends + tuple(UnitEnd(end.at + inside, end.kind, end.open) for end in rest)

    def _place(
        self, language: str, grammar: Language, before: str, target: str, behind: str
    ) -> units.Place:
        """The tree of a text and the target in it, read in the way that leaves fewest faults."""
        kept = target.encode("utf-8", "replace")
        after = behind.encode("utf-8", "replace")
        tried: list[tuple[int, units.Place]] = []
        for mark in ("", *_BEGUN.get(language, _BEGUN_DEFAULT)):
            head = (mark + before).encode("utf-8", "replace")
            source = head + kept + after
            tree = self._tree(language, grammar, source)
            found = len(units.faults(tree))
            tried.append((found, units.Place(tree, source, len(head), len(head) + len(kept))))
            if not found:
                break
        return min(tried, key=lambda one: one[0])[1]

    def _tree(self, language: str, grammar: Language, source: bytes) -> Tree:
        parser = self._parsers.get(language)
        if parser is None:
            parser = self._parsers[language] = Parser(grammar)
        return parser.parse(source, encoding="utf8")


def _part(language: str, text: str, offset: int) -> Region:
    """The part of a document around `offset`; one that begins inside a script has no tag above."""
    part = region(language, text, offset)
    if language not in HOSTS or part.language != "html":
        return part
    tag = _TAGS.search(text)
    if tag is None or tag.start() < offset or not tag.group(1):
        return part
    inner = "typescript" if tag.group(2).lower() == "script" else "css"
    return Region(inner, 0, tag.start())
