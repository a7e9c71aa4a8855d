"""Trees of documents, brought up to date at each request by parsing only what changed.

Left out: what a tree says (`treesitter`), which language a document has.

Rules
 - A document has no name here: its last text is the one that shares most with the new one.
 - Documents beyond `SOURCE_BYTES_MAX` are not parsed at all. One that took longer than
   `PARSE_MS_MAX` is left alone for the next `PAUSE_REQUESTS` requests: nobody waits for it twice.
 - Used by one thread; a tree is valid until the next call.

Cost, measured on two cores that were not idle, with Python code: 0.3 ms for a key in 2,000 lines
(60 KB), 6 ms for the first parse of them. What cannot be parsed at all takes much longer (0.45 s
were found once, for 280 KB of functions that are never closed). docs/polish.md has the command.

The parser is handed bytes. It would take a function that reads, and then another one that may stop
it; but the binding (0.25 and 0.26) never lets go of such a function nor of what it has read, which
is a copy of the document at every key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tree_sitter import Language, Parser, Point, Tree

from echo_core.clock import Clock

SOURCE_BYTES_MAX: Final = 256 << 10  # 7,000 lines; longer sources are data or made by programs
PARSE_MS_MAX: Final = 40.0  # a person does not notice it once, and does at every key
PAUSE_REQUESTS: Final = 100
DOCUMENTS_MAX: Final = 6  # between which a person goes to and fro
KEPT_BYTES_MAX: Final = 1 << 20  # of all kept sources; a tree takes about ten times its source


@dataclass(slots=True)
class _Document:
    language: Language
    parser: Parser
    source: bytes
    tree: Tree | None = None  # None: not parsed yet, or it takes too long
    pause: int = 0  # requests that are still answered without a tree


class Trees:
    """The trees of the documents that were asked about last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._documents: list[_Document] = []  # the last one was used last

    def tree(self, language: Language, source: bytes) -> Tree | None:
        """The tree of `source`; None when it is too long, or takes too long."""
        if len(source) > SOURCE_BYTES_MAX:
            return None
        document = self._take(language, source)
        if document.pause:
            document.pause -= 1
            document.source = source
        else:
            self._parse(document, source)
        self._documents.append(document)
        while (
            len(self._documents) > DOCUMENTS_MAX
            or sum(len(kept.source) for kept in self._documents) > KEPT_BYTES_MAX
        ):
            self._documents.pop(0)
        return document.tree

    def _parse(self, document: _Document, source: bytes) -> None:
        began_ms = self._clock.steady_ms()
        if document.tree is None:
            document.tree = document.parser.parse(source, encoding="utf8")
        elif document.source != source:
            _edit(document.tree, document.source, source)
            document.tree = document.parser.parse(source, document.tree, encoding="utf8")
        document.source = source
        if self._clock.steady_ms() - began_ms > PARSE_MS_MAX:
            document.tree, document.pause = None, PAUSE_REQUESTS

    def _take(self, language: Language, source: bytes) -> _Document:
        """The document that `source` is a later text of, taken out; or a new one."""
        for at in range(len(self._documents) - 1, -1, -1):
            kept = self._documents[at]
            if kept.language is language and _is_later(kept.source, source):
                return self._documents.pop(at)
        return _Document(language, Parser(language), source)


def _is_later(old: bytes, new: bytes) -> bool:
    """Whether most of the shorter text is at the same place in the other, from either end."""
    start, old_end, _ = difference(old, new)
    return 2 * (start + len(old) - old_end) >= min(len(old), len(new))


def _edit(tree: Tree, old: bytes, new: bytes) -> None:
    start, old_end, new_end = difference(old, new)
    tree.edit(
        start,
        old_end,
        new_end,
        _point(old, start),
        _point(old, old_end),
        _point(new, new_end),
    )


def difference(old: bytes, new: bytes) -> tuple[int, int, int]:
    """(start, end in `old`, end in `new`) of the one region that differs, at characters' starts."""
    shorter = min(len(old), len(new))
    start = _agree(shorter, lambda low, high: old[low:high] == new[low:high])
    while start < shorter and _continues(new, start):
        start -= 1
    end = _agree(
        shorter - start,
        lambda low, high: (
            old[len(old) - high : len(old) - low] == new[len(new) - high : len(new) - low]
        ),
    )
    while end and _continues(new, len(new) - end):
        end -= 1
    return start, len(old) - end, len(new) - end


def _agree(size: int, same: Callable[[int, int], bool]) -> int:
    """How long two things of `size` agree; `same` compares a range. Reads each byte about once."""
    low, high = 0, size
    if same(low, high):
        return size
    while high - low > 1:
        middle = (low + high) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle
    return low


def _continues(source: bytes, at: int) -> bool:
    """Whether a character of UTF-8 goes on at `at`."""
    return at < len(source) and source[at] & 0xC0 == 0x80


def _point(source: bytes, at: int) -> Point:
    return Point(source.count(b"\n", 0, at), at - (source.rfind(b"\n", 0, at) + 1))
