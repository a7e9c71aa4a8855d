"""What tree-sitter says of a text with something kept in it. Nobody waits for this at a key.

Left out: what is looked for in a tree (`units`, `faults`, `names`), scripts in markup (`embedded`).

Rules
 - Nothing is kept between two calls but parsers: a target is read once.
 - A text is bounded on both sides of the target, so that one call costs a few milliseconds, which
   is the slice after which typing may come first.
 - A text may begin in the middle of a comment or a string. Where it cannot be read as it is, it is
   read once more with the mark that would open one, and the reading with fewer faults counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from tree_sitter import Language, Parser, Tree

from echo_core import limits
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.names import Names
from echo_core.judging.checks.particulars import Particulars
from echo_core.judging.checks.syntax import Faults
from echo_core.judging.units import UnitEnd, UnitKind, plain_ends
from echo_daemon.structure import particulars, units
from echo_daemon.structure.embedded import HOSTS, Region, region
from echo_daemon.structure.faults import FaultFinder
from echo_daemon.structure.grammars import Grammars
from echo_daemon.structure.names import NameFinder
from echo_daemon.structure.placing import Place, faults

PREFIX_CHARS_MAX: Final = 32 << 10  # four times what is kept with a sample
SUFFIX_CHARS_MAX: Final = 16 << 10
# What may have begun above the text, and what closes it.
_BEGUN: Final = {"python": (('"""', '"""'), ("'''", "'''")), "html": (("<!--", "-->"),)}
_BEGUN_DEFAULT: Final = (("/*", "*/"),)
# A commented-out declaration stands alone only in a rule, a member only in a class.
_COMMENTED_IN: Final = {"css": ("a {", "}")}
_TAGS = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Read:
    """A target in a tree, as far as one grammar reads it: `chars` of it."""

    language: str
    grammar: Language
    place: Place
    chars: int


class TreeSitterParsing:
    """A `Parsing`. Used by one thread."""

    def __init__(self) -> None:
        self._grammars = Grammars()
        self._parsers: dict[str, Parser] = {}
        self._faults = FaultFinder(self._grammars)
        self._names = NameFinder(self._faults)

    def around(self, case: Case) -> tuple[Faults, Faults]:
        """What is wrong at best without the target, and what the target brings beyond that."""
        return self._faults.around(case)

    def names(self, case: Case) -> Names:
        """The names that the target uses, and those that the window shows to be there."""
        return self._names.names(case)

    def seen(self, language: str, text: str) -> frozenset[str]:
        """Names that a whole file makes, imports or uses: for a window that shows a part of it."""
        return self._names.seen(language, text)

    def unit_ends(
        self, language: str, prefix: str, target: str, suffix: str
    ) -> tuple[UnitEnd, ...]:
        """Where logical units end inside `target`."""
        prefix, suffix = prefix[-PREFIX_CHARS_MAX:], suffix[:SUFFIX_CHARS_MAX]
        read = self._read(language, prefix, target, suffix)
        ends = None if read is None else units.tree_ends(read.place)
        if read is None or ends is None:
            return plain_ends(prefix, target, suffix)
        if read.chars == len(target):
            return ends
        rest = plain_ends(prefix + target[: read.chars], target[read.chars :], suffix)
        return (
            *(end for end in ends if end.kind is not UnitKind.WHOLE),
            *(replace(end, at=end.at + read.chars) for end in rest),
        )

    def particulars(self, language: str, prefix: str, target: str, suffix: str) -> Particulars:
        """What there is in `target`."""
        prefix, suffix = prefix[-PREFIX_CHARS_MAX:], suffix[:SUFFIX_CHARS_MAX]
        read = self._read(language, prefix, target, suffix)
        if read is None:
            return Particulars(read=False)
        return particulars.of(read.place, read.language, lambda text: self._code(read, text))

    def _read(self, language: str, prefix: str, target: str, suffix: str) -> _Read | None:
        """The tree of the part of a text that the target begins in; None without a grammar."""
        part = _part(language, prefix + target + suffix, len(prefix))
        grammar = self._grammars.get(part.language)
        if grammar is None or len(target) > limits.GAP_CHARS_MAX:
            return None
        chars = min(len(prefix) + len(target), part.end) - len(prefix)
        behind = (target + suffix)[chars : part.end - len(prefix)].encode("utf-8", "replace")
        kept = target[:chars].encode("utf-8", "replace")
        tried: list[tuple[int, Place]] = []
        for mark in ("", *_may_have_begun(part.language, prefix[part.start :] + target)):
            head = (mark + prefix[part.start :]).encode("utf-8", "replace")
            source = head + kept + behind
            tree = self._tree(part.language, grammar, source)
            found = len(faults(tree))
            tried.append((found, Place.of(tree, source, len(head), target[:chars])))
            if not found:
                break
        place = min(tried, key=lambda one: one[0])[1]
        return _Read(part.language, grammar, place, chars)

    def _code(self, read: _Read, text: str) -> bool:
        """Whether the text of a comment reads as code of the language around it."""
        before, after = _COMMENTED_IN.get(read.language, ("", ""))
        source = f"{before}{text}\n{after}".encode("utf-8", "replace")
        return particulars.is_code(self._tree(read.language, read.grammar, source), text)

    def _tree(self, language: str, grammar: Language, source: bytes) -> Tree:
        parser = self._parsers.get(language)
        if parser is None:
            parser = self._parsers[language] = Parser(grammar)
        return parser.parse(source, encoding="utf8")


def _may_have_begun(language: str, text: str) -> list[str]:
    """The marks that `text` closes before it opens them.

    In Python both are the same. A mark that is never closed would hide all of the text, which
    then has no faults: Rust's comments may lie within each other.
    """
    found = []
    for mark, closing in _BEGUN.get(language, _BEGUN_DEFAULT):
        closes, opens = text.find(closing), text.find(mark)
        if closes >= 0 and (closes <= opens or opens < 0):
            found.append(mark)
    return found


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
