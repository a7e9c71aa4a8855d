"""What parsers complain of: tree-sitter's ERROR and MISSING nodes, and Python's own word.

tree-sitter repairs what it reads: of `foo(` in the middle of a file it makes anything from one
missing bracket to an error over the whole class. So faults are not compared one by one. A part of
the window is looked for that can be read without a complaint with the target in it; or that can be
with something else in its place, which says that the target is what is wrong.

Left out: which parts are read (`echo_core.judging.checks.frames`), what faults mean for a sample
(`echo_core.judging.checks.syntax`).

Rules
 - Never raises for what stands in a text; what is too large is not read.
 - What is put in the target's place is chosen from what is around it, never from the target.
 - Python's parser has its say only where it understands what is around the target: code may be
   newer than this interpreter.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

from tree_sitter import Language, Node, Parser, Tree

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.frames import Frame, frames, is_cut, wrapped
from echo_core.judging.checks.syntax import Faults
from echo_daemon.structure.embedded import HOSTS, Region, region
from echo_daemon.structure.grammars import Grammars

CHARS_MAX: Final = 64 << 10  # a window has 28,000 at most
ERRORS_MAX: Final = 64  # of those that are told where they are
DEPTH_MAX: Final = 12  # brackets open at once that a stand-in may have to close
FRAMES_MAX: Final = 8  # that are looked at; a frame costs a few parses of a millisecond
# Of one case: characters parsed, longer texts counting more, since what is never closed costs the
# parser more than its length. Nearly all cases need a tenth.
WORK_MAX: Final = 16 << 20
WORK_CHARS: Final = 4096
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_CLOSING: Final = {opening: closing for closing, opening in _PAIRS.items()}
_SCRIPT_TAG = re.compile(r"<(/?)script\b", re.IGNORECASE)
_STAND_INS: Final = (
    "", "x", "x;", "x()", "{}", "x: x", "x:", ",", "= x;", "x,", "x {}", ";", "x x", "x: x,",
)  # fmt: skip
_PYTHON_STAND_INS: Final = (
    "", "x", "x:", "x: x", "x,", "= x", "if x:", "in x:", "import x", ": pass", "x: pass", "pass",
)  # fmt: skip


class FaultFinder:
    """Reads texts for their faults. Keeps parsers; used by one thread."""

    def __init__(self, grammars: Grammars | None = None) -> None:
        self._grammars = grammars or Grammars()
        self._parsers: dict[str, Parser] = {}

    def faults(self, language: str, text: str) -> Faults:
        """What is wrong with a text as it stands."""
        grammar = self._grammars.get(language)
        if grammar is None:
            return Faults(Cause.LANGUAGE_UNKNOWN)
        if len(text) > CHARS_MAX:
            return Faults(Cause.TOO_LARGE)
        return _faults(self._tree(language, grammar, text), text)

    def around(self, case: Case) -> tuple[Faults, Faults]:
        """Faults without the target, at best, and with it: what `syntax.judge` wants."""
        case = scripted(case)
        grammar = self._grammars.get(case.language)
        if grammar is None or len(case.whole) > CHARS_MAX:
            unread = Faults(Cause.LANGUAGE_UNKNOWN if grammar is None else Cause.TOO_LARGE)
            return unread, unread
        reader = _Reader(case.language, self)
        found = list(frames(case))[:FRAMES_MAX]
        if not found:
            found = [Frame(case.prefix, case.target, case.suffix)]
        needs = {frame: reader.need(frame) for frame in found}
        # Of the ends that a part may have, the one that leaves least to be closed.
        found.sort(key=lambda frame: (-len(frame.head), len("".join(needs[frame]))))
        for frame in found:
            decided = reader.decided(frame, needs[frame])
            if decided is not None:
                return decided
        compared = reader.compared(found, needs)
        return (Faults(Cause.TOO_LARGE),) * 2 if reader.tired else compared

    def _tree(self, language: str, grammar: Language, text: str) -> Tree:
        if language not in self._parsers:
            self._parsers[language] = Parser(grammar)
        return self._parsers[language].parse(text.encode("utf-8", "replace"), encoding="utf8")

    def tree(self, language: str, text: str) -> Tree:
        """The tree of a text whose language has a grammar."""
        grammar = self._grammars.get(language)
        assert grammar is not None  # noqa: S101 - asked before
        return self._tree(language, grammar, text)


class _Reader:
    """One case's frames, read with and without its target."""

    def __init__(self, language: str, finder: FaultFinder) -> None:
        self._language = language
        self._finder = finder
        self._left = WORK_MAX

    @property
    def tired(self) -> bool:
        """Whether there is nothing left to work with."""
        return self._left < 0

    def decided(self, frame: Frame, need: tuple[str, str]) -> tuple[Faults, Faults] | None:
        """What can be said of one frame for sure."""
        after = self._read(frame.text)
        if not after.count:
            return after, after
        for around in wrapped(self._language, frame):
            if self._clean(around.text):
                return Faults(), Faults()
        for stand_in in self.stand_ins(frame, need) if frame.whole else ():
            if self._clean(frame.holding(stand_in)):
                return Faults(), after
        return None

    def compared(
        self, found: list[Frame], needs: dict[Frame, tuple[str, str]]
    ) -> tuple[Faults, Faults]:
        """Where every frame has faults: those that the target brought, in the frame with fewest."""
        best: tuple[Faults, Faults] | None = None
        for frame in [frame for frame in found if frame.whole] or found:
            after = self._read(frame.text)
            for stand_in in self.stand_ins(frame, needs[frame]):
                before = self._read(frame.holding(stand_in))
                new = _new(frame, stand_in, before, after)
                if best is None or (new.count, before.cost) < (best[1].count, best[0].cost):
                    best = (before, new)
        return best or (Faults(), Faults())

    def need(self, frame: Frame) -> tuple[str, str]:
        """Brackets that a stand-in has to close, and to open."""
        opened = self._brackets(frame.head)[0]
        closed = self._brackets(frame.tail)[1]
        best: tuple[str, str] | None = None
        for closing in range(len(opened) + 1):
            rest = opened[: len(opened) - closing]
            opening = len(closed) - len(rest)
            if opening < 0 or [_CLOSING[one] for one in reversed(rest)] != closed[opening:]:
                continue
            if best is None or closing + opening < len(best[0] + best[1]):
                behind = "".join(_CLOSING[one] for one in reversed(opened[len(rest) :]))
                before = "".join(_PAIRS[one] for one in reversed(closed[:opening]))
                best = (behind, before)
        return best or ("", "")

    def _brackets(self, text: str) -> tuple[list[str], list[str]]:
        """Brackets that are open at the end, and those that close what is not in the text."""
        opened: list[str] = []
        closed: list[str] = []
        for node in leaves(self._finder.tree(self._language, text).root_node):
            kind = node.type[-1:] if node.type in ("${", "#[", "#![") else node.type
            if kind in _CLOSING:
                opened.append(kind)
            elif kind in _PAIRS:
                if _PAIRS[kind] in opened[-3:]:
                    while opened.pop() != _PAIRS[kind]:
                        pass
                elif not opened:
                    closed.append(kind)
        return opened[-DEPTH_MAX:], closed[:DEPTH_MAX]

    def _stand_ins(self, need: tuple[str, str]) -> Iterator[str]:
        closing, opening = need
        base = _PYTHON_STAND_INS if self._language == "python" else _STAND_INS
        if not closing + opening:
            yield from base
            return
        for word in base:
            yield closing + word + opening
            yield "x" + closing + word + opening
            if opening:
                yield closing + word + opening + "x"
            if closing:
                yield word + closing + opening
                yield word + closing + ";" + opening

    def stand_ins(self, frame: Frame, need: tuple[str, str]) -> Iterator[str]:
        """What may stand in the target's place so that the text is whole, likely ones first."""
        begun, ended = _quotes(frame)
        for one in self._stand_ins(need):
            yield begun + one + ended

    def _read(self, text: str) -> Faults:
        found = self._plain(text)
        if not found.count and self._language == "python" and not _is_python(text):
            return Faults(None, (), 1, 0)
        return found

    def _clean(self, text: str) -> bool:
        return not self._read(text).count

    def _plain(self, text: str) -> Faults:
        self._left -= len(text) * (1 + len(text) // WORK_CHARS)
        if self.tired:
            return Faults(None, (), 1, 0)
        return self._finder.faults(self._language, text)


def scripted(case: Case) -> Case:
    """The script or style around the target, where a document holds several languages.

    What stands outside of them in Vue and Svelte is theirs alone: there is no grammar for it.
    """
    if case.language not in HOSTS:
        return case
    whole = case.whole
    part = region(case.language, whole, case.start)
    if part.language == "html" and case.language != "html":
        part = _headless(case)
    if part.start > case.start or part.end < case.end:
        return Case("", case.path, case.prefix, case.target, case.suffix)
    suffix = whole[case.end : part.end]
    return Case(part.language, case.path, case.prefix[part.start :], case.target, suffix)


def _headless(case: Case) -> Region:
    """The script that began above the window; no language where none did."""
    tag = _SCRIPT_TAG.search(case.whole)
    if is_cut(case)[0] and tag is not None and tag[1] and tag.start() >= case.end:
        return Region("typescript", case.whole.find("\n") + 1, tag.start())
    return Region("", 0, len(case.whole))


def _quotes(frame: Frame) -> tuple[str, str]:
    """A string's end that the target has to begin with, and the start that it has to end with."""
    begun = _open_quote(frame.head[frame.head.rfind("\n") + 1 :])
    line = frame.tail.partition("\n")[0]
    if begun and _open_quote(begun + line) != begun:
        return "", ""  # the string goes on behind the target
    return begun, "" if begun else _open_quote(line)


def _open_quote(line: str) -> str:
    quote = ""
    for char in re.sub(r"\\.", "", line):
        if char == quote:
            quote = ""
        elif not quote and char in "\"'`":
            quote = char
    return quote


def _new(frame: Frame, stand_in: str, before: Faults, after: Faults) -> Faults:
    """The faults with the target that are not those without it, on other lines than its own."""
    first = frame.head.rfind("\n") + 1
    end = len(frame.head) + len(frame.target)
    last = end + (frame.tail + "\n").find("\n")
    moved = len(stand_in) - len(frame.target)
    known = set(before.errors)
    new = [
        (start, stop)
        for start, stop in after.errors
        if (start, stop) not in known or stop > first
        if start < last or (start + moved, stop + moved) not in known
    ]
    more = after.count - len(after.errors)  # faults that nobody knows the places of
    return Faults(None, tuple(new), len(new) + more, sum(stop - start for start, stop in new))


def leaves(root: Node) -> Iterator[Node]:
    """The tokens of a tree, in order, without those that the parser made up."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count:
            waiting += reversed(node.children)
        elif not node.is_missing:
            yield node


def _faults(tree: Tree, text: str) -> Faults:
    found: list[tuple[int, int]] = []
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.is_missing or node.is_error:
            found.append((node.start_byte, node.end_byte))
        elif node.has_error:
            waiting += reversed(node.children)
    if not found:
        return Faults()
    data = text.encode("utf-8", "replace")
    spans = [(_chars(data, start), _chars(data, end)) for start, end in found]
    cover = sum(end - start for start, end in spans)
    return Faults(None, tuple(spans[:ERRORS_MAX]), len(spans), cover)


def _chars(data: bytes, at: int) -> int:
    return at if data.isascii() else len(data[:at].decode("utf-8", "replace"))


def _is_python(text: str) -> bool:
    """Whether Python's own parser takes the text; also where it cannot say."""
    with warnings.catch_warnings():  # a warning would quote the text on standard error
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
        except (RecursionError, MemoryError):
            return True
    return True
