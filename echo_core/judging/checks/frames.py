"""Frames: parts of a sample's window that a parser can read on their own, the target inside.

A window begins and ends in the middle of a file: in a class, in a function, in a comment. Read as
it stands it is full of faults that nobody made. So the part around the target is taken that layout
says belongs together: from a line that stands further left than the target, to the last line
before the next that stands as far left and closes nothing; and where such a part is no file (a
method, a `case`), it is put into what it needs around it.

Left out: parsing, and what faults mean (`syntax`).

Rules
 - A frame holds the whole target, and is cut only at the starts of lines.
 - Where a frame is cut is decided without the target's own brackets, so that a fault cannot hide
   itself. A line that closes a bracket belongs to what is above it.
 - The window itself is a frame where it holds the whole file, and comes first; then wider frames
   come before narrower ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from echo_core import limits
from echo_core.judging.checks.case import Case

LEVELS_MAX: Final = 5  # frames of different width
ENDS_MAX: Final = 3  # for each, in case that the first line behind is a label or a string's text

_SCRIPT: Final = (
    ("class _ {\n", "\n}"),
    ("async function* _() {\n", "\n}"),
    ("_ = {\n", "\n}"),
    ("_ = [\n", "\n]"),
    ("_(\n", "\n)"),
    ("switch (_) {\n", "\n}"),
    ("_ = _\n", ""),
)
_TYPED: Final = (
    *_SCRIPT,
    ("interface _ {\n", "\n}"),
    ("enum _ {\n", "\n}"),
    ("type _ =\n", ""),
    ("declare module _ {\n", "\n}"),
)
_C: Final = (
    ("void _() {\n", "\n}"),
    ("struct _ {\n", "\n};"),
    ("enum _ {\n", "\n};"),
    ("int _[] = {\n", "\n};"),
    ("void _() { switch (_) {\n", "\n}}"),
    ("void _() { _(\n", "\n); }"),
)
_CPP: Final = (
    *_C,
    ("class _ {\n", "\n};"),
    ("_::_() :\n", ""),
)
# What a part of a file may need around it. What stands in both is told apart from the code by
# nothing but its place.
WRAPS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "c": _C,
    "cpp": _CPP,
    "go": (
        ("func _() {\n", "\n}"),
        ("type _ struct {\n", "\n}"),
        ("type _ interface {\n", "\n}"),
        ("var _ = _{\n", "\n}"),
        ("const (\n", "\n)"),
        ("var (\n", "\n)"),
        ("import (\n", "\n)"),
        ("type (\n", "\n)"),
        ("func _() { switch _ {\n", "\n}}"),
        ("func _() { select {\n", "\n}}"),
        ("func _() { _(\n", "\n) }"),
    ),
    "java": (
        ("class _ {\n", "\n}"),
        ("class _ { void _() {\n", "\n}}"),
        ("interface _ {\n", "\n}"),
        ("enum _ {\n", "\n}"),
        ("class _ { void _() { switch (_) {\n", "\n}}}"),
        ("class _ { Object[] _ = {\n", "\n}; }"),
        ("class _ { void _() { _(\n", "\n); }}"),
    ),
    "javascript": _SCRIPT,
    "javascriptreact": _SCRIPT,
    "python": (
        ("_(\n", "\n)"),
        ("_ = [\n", "\n]"),
        ("_ = {\n", "\n}"),
    ),
    "rust": (
        ("impl _ {\n", "\n}"),
        ("fn _() {\n", "\n}"),
        ("fn _() { match _ {\n", "\n}}"),
        ("struct _ {\n", "\n}"),
        ("enum _ {\n", "\n}"),
        ("trait _ {\n", "\n}"),
        ("fn _() { _(\n", "\n) }"),
        ("use _::{\n", "\n};"),
        ("fn _() { _ {\n", "\n} }"),
    ),
    "typescript": _TYPED,
    "typescriptreact": _TYPED,
}
# What goes on with what is above it.
_CONTINUES = re.compile(
    r"[)\]}>.,;:?&|+*=<%^]|/(?![/*])|-(?!-)|(?:else|elif|except|finally|catch|and|or|where)\b"
    r"|(?:public|private|protected|default)\s*:|#\s*(?:if|el|endif|define|undef|pragma)"
    r"|(?!try|else|finally)\w+:\s*$"
)
_QUOTED = re.compile(r"""\"[^"]*"|'[^']*'|`[^`]*`|//.*""")
_MACRO: Final = r"[A-Z][A-Z0-9]*_[A-Z0-9_]+"
_CALL: Final = r"(?:\([^()\n]*\))?"
_C_AMENDED: Final = (
    # the preprocessor's lines, of which a part may hold an `#endif` alone
    (re.compile(r"(?m)^[ \t]*#(?:[^\n\\]|\\(?:\r?\n)?)*"), ""),
    # a macro that is a line of its own, without a semicolon
    (re.compile(rf"(?m)^[ \t]*[A-Z][A-Z0-9_]+[ \t]*{_CALL}[ \t]*$"), ""),
    # one that says something about a declaration, before it or behind its name
    (re.compile(rf"\b{_MACRO}{_CALL}[ \t]+(?=[A-Za-z_])"), ""),
    (re.compile(rf"(?<=[\w)>*&\]])[ \t]+{_MACRO}(?=[ \t]*[=;{{,)])"), ""),
    (re.compile(r"\b_*force_?inline[ \t]+(?=[A-Za-z_])"), ""),
    # a unit behind a number
    (re.compile(r"(?<=\d)[ \t]+[A-Z]{2,}\b"), ""),
    # a loop that a macro makes
    (re.compile(r"(?m)^([ \t]*)\w*for_?each\w*[ \t]*(?=\()"), r"\1while "),
    # an operator as an argument
    (re.compile(r"\(\s*[=!<>]=?\s*,"), "(0,"),
)
_TYPED_AMENDED: Final = (
    # signatures without names between line breaks, each with type parameters
    (re.compile(r"(?<=[\w>)\]}])(?=\s*\n\s*(?:/\*(?:[^*]|\*(?!/))*\*/\s*)*<)"), ";"),
    # words before type parameters
    (re.compile(r"(?<=[<,])(\s*)(?:const|in|out)\s+(?=[A-Z])"), r"\1"),
)
# What real code holds and its grammar does not know, taken out where nothing else helps.
AMENDED: Final[dict[str, tuple[tuple[re.Pattern[str], str], ...]]] = {
    "c": _C_AMENDED,
    "cpp": _C_AMENDED,
    "typescript": _TYPED_AMENDED,
    "typescriptreact": _TYPED_AMENDED,
}
_CLOSING: Final = {"{": "}", "(": ")", "[": "]"}
_CLOSERS: Final = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Frame:
    """A text to parse. Offsets are code points of `text`."""

    head: str  # up to the target
    target: str
    tail: str
    whole: bool = True  # it ends where a part ends, and not where the window does

    @property
    def text(self) -> str:
        """The whole, with the target in place."""
        return self.head + self.target + self.tail

    def holding(self, target: str) -> str:
        """The whole, with something else in its place."""
        return self.head + target + self.tail


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    width: int  # of its indentation; a tab counts 8
    text: str  # without its indentation

    @property
    def goes_on(self) -> bool:
        return not self.text or _CONTINUES.match(self.text) is not None

    @property
    def decorates(self) -> bool:
        """Whether it says something about what is below it."""
        return self.text.startswith("@")

    @property
    def opens(self) -> bool:
        """Whether it is one bracket, which opens what the line above names."""
        return self.text.rstrip() in _CLOSING

    @property
    def closing(self) -> str:
        """What closes the brackets that it leaves open."""
        opened: list[str] = []
        for bracket in re.findall(r"[()\[\]{}]", _QUOTED.sub("", self.text)):
            if bracket in _CLOSING:
                opened.append(_CLOSING[bracket])
            elif opened and opened[-1] == bracket:
                opened.pop()
        return "".join(reversed(opened))


def is_cut(case: Case) -> tuple[bool, bool]:
    """Whether the window may begin, and end, in the middle of its file."""
    return (
        len(case.prefix) >= limits.SAMPLE_PREFIX_CHARS_MAX,
        len(case.suffix) >= limits.SAMPLE_SUFFIX_CHARS_MAX,
    )


def left_open(case: Case) -> str:
    """What closes the comment or text that the window ends in the middle of; mostly nothing.

    In Python a mark closes as it opens: that is told only where the window begins with its file.
    """
    begun, ended = is_cut(case)
    if not ended:
        return ""
    whole = case.whole
    if case.language == "python":
        return '"""' if not begun and whole.count('"""') % 2 else ""
    return "*/" if whole.rfind("/*") > whole.rfind("*/") else ""


def frames(case: Case) -> Iterator[Frame]:
    """The frames of a case as they stand in the window, wider ones first; none twice."""
    if is_cut(case) == (False, False):
        yield Frame(case.prefix, case.target, case.suffix)
    for start, end, closing in dict.fromkeys(_parts(case, _lines(case))):
        head = case.prefix[start:]
        if case.language == "python" and _is_indented(head + case.target):
            head = "if 1:\n" + head
        whole = closing == "" and (end < len(case.whole) or not is_cut(case)[1])
        yield Frame(head, case.target, case.suffix[: end - case.end] + closing, whole)


def wrapped(language: str, frame: Frame) -> Iterator[Frame]:
    """The frame with what a part of a file may need around it, or less of what no grammar reads."""
    if language in AMENDED:
        yield _amended(language, frame)
    for opening, closing in WRAPS.get(language, ()):
        yield Frame(opening + frame.head, frame.target, frame.tail + closing)


def _amended(language: str, frame: Frame) -> Frame:
    """The frame without what its grammar does not know."""
    text = frame.text
    for pattern, instead in AMENDED[language]:
        text = pattern.sub(instead, text)
    return Frame("", text, "")


def _parts(case: Case, lines: list[_Line]) -> Iterator[tuple[int, int, str]]:
    """Where parts of the window begin and end, wider ones first, and what closes them."""
    starts = _starts(case, lines)
    if len(starts) > LEVELS_MAX:
        starts = [*starts[: LEVELS_MAX - 2], *starts[-2:]]
    for start in reversed(starts):
        ends = _ends(case, lines, start.width)
        yield from ((start.start, end, "") for end in ends)
        if not ends and is_cut(case)[1]:
            yield _closed(case, lines, start)
        if len(ends) < ENDS_MAX:
            yield start.start, len(case.whole), ""


def _closed(case: Case, lines: list[_Line], start: _Line) -> tuple[int, int, str]:
    """The part from `start` to the last line that stands furthest left, with what is open there.

    What is open is told by layout: lines further left that end with a bracket.
    """
    behind = [line for line in lines if line.start > case.end and line.text and not line.goes_on]
    if not behind:
        return start.start, len(case.whole), ""
    left = min(line.width for line in behind)
    last = [line.start for line in behind if line.width == left][-1]
    closing = ""
    for line in reversed([line for line in lines if start.start <= line.start < last]):
        if line.text and line.width < left:
            closing += line.closing
            left = line.width
    return start.start, last, "\n" + closing


def _is_indented(text: str) -> bool:
    """Whether its first line with text is."""
    bare = text.lstrip()
    return bool(bare) and text[: len(text) - len(bare)].rpartition("\n")[2] != ""


def _starts(case: Case, lines: list[_Line]) -> list[_Line]:
    """Lines that parts may begin with, from the target upwards, each further left."""
    found: list[_Line] = []
    touched = _touched(case, lines)
    above = [line for line in lines if line.start <= case.start]
    if above and touched and not above[-1].text:  # empty lines belong to what is behind them
        above[-1] = _Line(above[-1].start, touched[0].width, touched[0].text)
    left = min((line.width for line in touched), default=0) + 1
    for line in reversed(above):
        if line.width >= left or line.goes_on or line.opens:
            continue
        left = line.width
        found.append(line)
        if left == 0:
            break
    return found


def _touched(case: Case, lines: list[_Line]) -> list[_Line]:
    """The lines that the target stands on."""
    first = max((line.start for line in lines if line.start <= case.start), default=0)
    return [line for line in lines if first <= line.start <= case.end and line.text]


def _ends(case: Case, lines: list[_Line], width: int) -> list[int]:
    """Where a part may end whose first line stands at `width`."""
    found: list[int] = []
    closed = False
    touched = _touched(case, lines)
    decorates = bool(touched) and touched[-1].decorates
    for line in lines:
        if line.start <= case.end or not line.text or line.width > width:
            continue
        if line.width < width or not (line.goes_on or line.opens or decorates):
            found.append(line.start)
            if line.width < width:
                return found
        elif closed and not decorates:
            found.append(line.start)  # it may close what is around the part
        closed = closed or line.text[0] in _CLOSERS
        decorates = line.decorates or (decorates and line.goes_on)
        if len(found) == ENDS_MAX:
            return found
    return found


def _lines(case: Case) -> list[_Line]:
    """The lines of the window, without a first one that may lack its beginning."""
    whole = case.whole
    at = whole.find("\n") + 1 if is_cut(case)[0] else 0
    found = []
    while at < len(whole):
        end = whole.find("\n", at)
        end = len(whole) if end < 0 else end
        line = whole[at:end].rstrip("\r")
        bare = line.lstrip(" \t")
        width = len(line[: len(line) - len(bare)].expandtabs(8))
        found.append(_Line(at, width, bare))
        at = end + 1
    return found
