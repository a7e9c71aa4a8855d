"""Faults of syntax and of names, planted into a target so that they are faults by construction.

Left out: where targets are cut (`bench.cuts`), planted secrets, personal data and harm
(`bench.planted`).

Rules
 - A mutation is local to the target, and the text around stays as it was.
 - No mutation may leave valid code. Brackets no longer balance, a string no longer ends, an
   operator has no right side, `=` stands before what it assigns to; and Python's own parser has
   the last word on Python.
 - Every choice comes from the generator that is handed in.
"""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_BRACKETS: Final = "()[]{}"
_OPERATORS: Final = frozenset(
    {"=", ":=", "+", "/", "==", "!=", "<=", ">=", "&&", "||", "and", "or"}
)
_CLOSERS: Final = frozenset({")", "]", ";"})
_ONE_LINE_STRINGS: Final = frozenset(
    {"python", "java", "go", "c", "cpp", "javascript", "typescript", "typescriptreact"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A leaf of a syntax tree, in code points of the whole text."""

    kind: str
    start: int
    end: int
    parent: str  # the kind of the node that holds it
    macro: bool  # stands within a macro's definition or arguments, where anything goes


@dataclass(frozen=True, slots=True)
class Place:
    """A target in the whole text of a file, which is valid with the target in it."""

    language: str
    text: str
    start: int
    end: int
    tokens: Sequence[Token]  # of the target

    def without(self, start: int, end: int, instead: str = "") -> str:
        """The target with a range of the text replaced."""
        return self.text[self.start : start] + instead + self.text[end : self.end]


Mutation = Callable[[Place, random.Random], str | None]


def bracket_deleted(place: Place, rng: random.Random) -> str | None:
    """One bracket is gone."""
    found = [token for token in place.tokens if token.kind in _BRACKETS and not token.macro]
    if not found:
        return None
    token = rng.choice(found)
    return place.without(token.start, token.end)


def bracket_added(place: Place, rng: random.Random) -> str | None:
    """One bracket too many, before a token."""
    found = [token for token in place.tokens if _plain(token)]
    if not found:
        return None
    at = rng.choice(found).start
    return place.without(at, at, rng.choice(_BRACKETS))


def string_cut(place: Place, rng: random.Random) -> str | None:
    """A string on one line has lost its last quote."""
    if place.language not in _ONE_LINE_STRINGS:
        return None
    found = []
    for token in place.tokens:
        text = place.text[token.start : token.end]
        if token.macro or text not in ('"', "'") or place.text[token.start - 1] in "\"'\\":
            continue
        line_end = (place.text + "\n").find("\n", token.end)
        behind = place.text[token.end : line_end]
        if "string" in token.parent and text not in behind and "\\" not in behind[-1:]:
            found.append(token)
    if not found:
        return None
    token = rng.choice(found)
    return place.without(token.start, token.end)


def indentation_broken(place: Place, rng: random.Random) -> str | None:
    """A line of Python stands a little to the right or left of its block."""
    target = place.text[place.start : place.end]
    if place.language != "python" or "\n" not in target:
        return None
    lines = target.split("\n")
    at = rng.choice(range(1, len(lines)))
    bare = lines[at].lstrip(" ")
    width = len(lines[at]) - len(bare)
    if not bare:
        return None
    lines[at] = " " * max(0, width + rng.choice((-3, -2, -1, 1, 2, 3))) + bare
    return "\n".join(lines)


def swapped(place: Place, rng: random.Random) -> str | None:
    """`name = value` became `= name value`."""
    found = []
    for first, sign, value in zip(place.tokens, place.tokens[1:], place.tokens[2:], strict=False):
        signs = ("=", ":=", "+=", "-=")
        names = "identifier" in first.kind and place.text[value.start].isalnum()
        if names and sign.kind in signs and not (first.macro or value.macro):
            found.append((first, sign))
    if not found:
        return None
    name, sign = rng.choice(found)
    between = place.text[name.end : sign.start] or " "
    words = place.text[sign.start : sign.end] + between + place.text[name.start : name.end]
    return place.without(name.start, sign.end, words)


def half_statement(place: Place, rng: random.Random) -> str | None:
    """An operator has lost its right side, and what follows ends the expression."""
    found = []
    for sign, value, closer in zip(place.tokens, place.tokens[1:], place.tokens[2:], strict=False):
        ends = closer.kind in _CLOSERS or (place.language == "python" and _breaks(place, value))
        word = place.text[value.start].isalnum() and _plain(value) and not closer.macro
        if sign.kind in _OPERATORS and word and ends:
            found.append(value)
    if not found:
        return None
    value = rng.choice(found)
    return place.without(value.start, value.end)


def _breaks(place: Place, token: Token) -> bool:
    return place.text.startswith("\n", token.end)


def _plain(token: Token) -> bool:
    """Whether what stands before the token is code, and no part of a string or a comment."""
    inside = ("string", "comment", "char", "text", "regex", "template", "heredoc")
    return not token.macro and not any(word in token.parent + token.kind for word in inside)


SYNTAX: Final[dict[str, Mutation]] = {
    "bracket_deleted": bracket_deleted,
    "bracket_added": bracket_added,
    "string_cut": string_cut,
    "indentation_broken": indentation_broken,
    "swapped": swapped,
    "half_statement": half_statement,
}


def compiles(text: str) -> bool:
    """Whether Python's own parser takes the text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return False
    return True


def broken(place: Place, kind: str, rng: random.Random) -> str | None:
    """The target with a fault of `kind`; None where none can be planted there."""
    target = SYNTAX[kind](place, rng)
    if target is None:
        return None
    if place.language == "python":
        whole = place.text[: place.start] + target + place.text[place.end :]
        return None if compiles(whole) else target
    return target
