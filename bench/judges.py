"""Where units end, told by somebody else than the code that finds them for truncation.

Python by its own tokenizer and syntax tree; others by Pygments' lexers, brackets and lines. Neither
shares anything with `echo_daemon.structure`.

Left out: measuring (`bench.truncate`).

Rules
 - A judge is asked about a place in the whole file, in which everything is complete.
 - Nobody is asked about a language without a judge, or a file that the judge cannot read.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import lru_cache
from itertools import accumulate
from typing import Final, Protocol

from pygments.lexers import get_lexer_by_name
from pygments.token import Token
from pygments.util import ClassNotFound

from echo_core.judging.units import UnitKind

_LEXERS: Final = {
    "c": "c", "cpp": "cpp", "go": "go", "java": "java", "javascript": "javascript", "rust": "rust",
    "typescript": "typescript",
}  # fmt: skip
_PREPROCESSOR: Final = "Token.Comment.Preproc"
_WHOLE_UNITS: Final = frozenset({UnitKind.LINE, UnitKind.STATEMENT, UnitKind.BLOCK})
_OPENERS: Final = "([{"
_CLOSERS: Final = ")]}"
_DANGLING: Final = "=+*/%&|^<?.~!@"  # a line that ends so goes on; `++` and `--` do not
_GOES_ON: Final = (".", "?", ")", "]", "&&", "||", "=", ",")  # and so does one before such a line
_GO_GOES_ON: Final = (".", "]", "&&", "||", "=")  # its calls over lines need a comma at the end
_GO_GROUP = re.compile(r"\b(?:import|var|const|type)\s*\($")


class Judge(Protocol):
    """Somebody who has read one file."""

    def ends(self, start: int, at: int, kind: UnitKind) -> bool:
        """Whether what began at `start` (of the file) may end at `at`, as a unit of this kind.

        Of the whole nobody can tell more than that no name is cut: it is what its user left.
        """
        ...


@lru_cache(maxsize=64)
def judge(language: str, text: str) -> Judge | None:
    """The judge of a file; None where there is none."""
    if language == "python":
        try:
            return _Python(text)
        except (SyntaxError, ValueError, tokenize.TokenError, RecursionError):
            return None
    if language not in _LEXERS:
        return None
    try:
        return _Lexed(_LEXERS[language], text)
    except ClassNotFound:
        return None


class _Python:
    """By `tokenize` and `ast`."""

    def __init__(self, text: str) -> None:
        self._text = text
        rows = text.split("\n")
        starts = [0, *accumulate(len(row) + 1 for row in rows)]
        self._tokens: set[int] = set()
        self._lines: set[int] = set()
        self._comments: set[int] = set()
        last = None
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            end = starts[token.end[0] - 1] + token.end[1]
            if token.type == tokenize.COMMENT:
                self._comments.add(end)
            if token.type == tokenize.NEWLINE and last is not None:
                self._lines.add(last)
            if token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
                self._tokens.add(end)
                last = end
            if token.type == tokenize.STRING:  # and each of its lines
                inside = range(token.start[0] - 1, token.end[0] - 1)
                self._tokens |= {starts[row] + len(rows[row].rstrip()) for row in inside}
        self._statements: set[int] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.stmt) and node.end_lineno and node.end_col_offset is not None:
                row = rows[node.end_lineno - 1].encode()[: node.end_col_offset].decode()
                at = starts[node.end_lineno - 1] + len(row)
                self._statements |= {at, at + 1} if text[at : at + 1] == ";" else {at}

    def ends(self, start: int, at: int, kind: UnitKind) -> bool:
        """As `Judge.ends`."""
        if at <= start:
            return False
        if kind is UnitKind.WHOLE:
            return not (_in_name(self._text[at - 1]) and _in_name(self._text[at : at + 1]))
        if kind is UnitKind.LINE:  # its tokens end a logical line, or it is a comment behind code
            return at in self._lines or at in self._comments
        if kind in _WHOLE_UNITS:
            return at in self._statements or (at in self._comments and at in self._lines)
        return at in (self._comments if kind is UnitKind.COMMENT else self._tokens)


class _Lexed:
    """By Pygments: each character is code, comment, string or space."""

    def __init__(self, lexer: str, text: str) -> None:
        self._text = text
        self._go = lexer == "go"
        kinds: list[str] = []
        for at, token, value in get_lexer_by_name(lexer).get_tokens_unprocessed(text):
            kinds += " " * (at - len(kinds))
            prose = (token in Token.Comment and not str(token).startswith(_PREPROCESSOR)) or (
                token in Token.Literal.String.Doc
            )
            sort = "c" if prose else "s" if token in Token.Literal.String else "x"
            kinds += [" " if char.isspace() and sort == "x" else sort for char in value]
        self._kinds = "".join(kinds).ljust(len(text))

    def ends(self, start: int, at: int, kind: UnitKind) -> bool:
        """As `Judge.ends`."""
        before, after = self._text[at - 1 : at], self._text[at : at + 1]
        if not before.strip() or (_in_name(before) and _in_name(after)):
            return False
        at_line_end = not self._text[at:].split("\n", 1)[0].strip()
        if kind is UnitKind.COMMENT:
            return self._kinds[at - 1] == "c"
        if kind not in _WHOLE_UNITS:
            return True
        if self._kinds[at - 1] == "c":  # behind code
            return at_line_end and "x" in self._kinds[self._text.rfind("\n", 0, at) + 1 : at]
        left = self._left_open(start, at)
        if left and kind is UnitKind.LINE:  # the head of a body, also of one within a call
            group = self._go and bool(_GO_GROUP.search(self._text, start, at))
            return before == "{" or group or not set(left) - {"{"}
        if left:
            return False
        return before in ";,{}" or self._is_over(at, at_line_end=at_line_end)

    def _left_open(self, start: int, at: int) -> list[str]:
        stack: list[str] = []
        for place in range(start, at):
            char = self._text[place]
            if self._kinds[place] != "x":
                continue
            if char in _OPENERS:
                stack.append(char)
            elif char in _CLOSERS and stack:
                stack.pop()
        return stack

    def _is_over(self, at: int, *, at_line_end: bool) -> bool:
        """Whether nothing on this line or the next goes on with what ends at `at`."""
        if self._text[at - 2 : at] not in ("++", "--") and self._text[at - 1] in _DANGLING:
            return False
        rest = self._text[at:].lstrip(" \t")
        if not at_line_end:
            behind = at + len(self._text[at:]) - len(rest)
            return rest[:1] in "};" or self._kinds[behind] == "c"
        place = at
        while place < len(self._text) and self._kinds[place] in " c":
            place += 1
        return not self._text.startswith(_GO_GOES_ON if self._go else _GOES_ON, place)


def _in_name(char: str) -> bool:
    return char.isalnum() or char == "_"
