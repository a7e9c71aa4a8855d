"""Trees of documents, brought up to date at each request by parsing only what changed.

Left out: what a tree says (`treesitter`), which language a document has.

Rules
 - A document has no name here: its last text is the one that shares most with the new one.
 - A request parses `STEPS_MAX` steps at most. What is not done by then goes on at the next
   request, and until then there is no tree.
 - Documents beyond `SOURCE_BYTES_MAX` are not parsed at all.
 - Used by one thread; a tree is valid until the next call.

Cost, measured on two cores that were not idle, with Python code: 0.3 ms for a key in 2,000 lines
(60 KB), 0.6 to 0.8 ms in 8,000. A first parse takes 1.2 ms for 400 lines and 6 ms for 2,000, of
which one request does a half. Steps count work, not time: what cannot be parsed at all takes up
to twenty times as long (0.45 s were found once, for 280 KB of functions that are never closed).
docs/polish.md has the command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tree_sitter import Language, Parser, Point, Tree

SOURCE_BYTES_MAX: Final = 512 << 10  # 13,000 lines; longer sources are data or made by programs
STEPS_MAX: Final = 200  # of 100 parser operations each; a key in 8,000 lines takes 60 to 200
DOCUMENTS_MAX: Final = 6  # between which a person goes to and fro
KEPT_BYTES_MAX: Final = 1 << 20  # of all kept sources; a tree takes about ten times its source
_CHUNK_BYTES: Final = 64 << 10  # that the parser is handed at a time; a view, nothing is copied


@dataclass(slots=True)
class _Document:
    language: Language
    parser: Parser
    source: bytes
    tree: Tree | None = None  # None: the parser has stopped in the middle of `source`


class Trees:
    """The trees of the documents that were asked about last."""

    def __init__(self) -> None:
        self._documents: list[_Document] = []  # the last one was used last

    def tree(self, language: Language, source: bytes) -> Tree | None:
        """The tree of `source`; None when it is too long, or not finished yet."""
        if len(source) > SOURCE_BYTES_MAX:
            return None
        document = self._take(language, source)
        steps = _Steps(STEPS_MAX)
        if document.tree is None:
            document.tree = _parse(document.parser, document.source, None, steps)
        if document.tree is not None and document.source != source:
            _edit(document.tree, document.source, source)
            document.source = source
            document.tree = _parse(document.parser, source, document.tree, steps)
        self._documents.append(document)
        while (
            len(self._documents) > DOCUMENTS_MAX
            or sum(len(kept.source) for kept in self._documents) > KEPT_BYTES_MAX
        ):
            self._documents.pop(0)
        return document.tree

    def _take(self, language: Language, source: bytes) -> _Document:
        """The document that `source` is a later text of, taken out; or a new one."""
        for at in range(len(self._documents) - 1, -1, -1):
            kept = self._documents[at]
            if kept.language is language and _is_later(kept.source, source):
                return self._documents.pop(at)
        return _Document(language, Parser(language), source)


class _Steps:
    """The steps that a request may still do."""

    def __init__(self, count: int) -> None:
        self._left = count

    def spent(self, _offset: int, _has_error: bool) -> bool:
        """Count one step; whether to stop."""
        self._left -= 1
        return self._left < 0


def _parse(parser: Parser, source: bytes, old: Tree | None, steps: _Steps) -> Tree | None:
    """The tree; None when the steps did not suffice. The same call again then goes on."""
    read = _reader(source)
    try:
        if old is None:
            return parser.parse(read, encoding="utf8", progress_callback=steps.spent)
        return parser.parse(read, old, "utf8", steps.spent)
    except ValueError:
        return None  # what the binding raises when the callback says stop


def _reader(source: bytes) -> Callable[[int, Point], memoryview]:
    view = memoryview(source)

    def read(at: int, _point: Point) -> memoryview:
        return view[at : at + _CHUNK_BYTES]

    return read


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
