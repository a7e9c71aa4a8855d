"""Undefined names, planted into a target: misspelt, renamed, or out of somebody else's code.

Left out: which names a check looks at. What is renamed is chosen by its neighbours and by the kind
of node it stands in, not by what `echo_daemon.structure.names` finds.

Rules
 - What is renamed stood in the file before the target: it is a use, and not where a name is made.
 - What it becomes stands nowhere in the file or the workspace, and is no builtin.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from bench.mutations import Place, Token

_WORD = re.compile(r"[^\W\d]\w*")
_NAMES: Final = frozenset({"identifier", "type_identifier"})
_MAKING: Final = (
    "parameter", "pattern", "import", "declarator", "lambda", "arrow", "specifier", "alias",
    "clause", "use_", "attribute", "label", "directive", "definition", "declaration", "keyword",
    "_item", "_def", "goto", "package", "scoped", "qualified", "argument_list_splat", "catch",
)  # fmt: skip
_STARTS: Final = frozenset("(,=[{;!+-/<>?|%")
_WORDS_BEFORE: Final = frozenset(
    {"return", "await", "new", "in", "not", "and", "or", "else", "throw", "yield", "if", "is",
     "while", "raise", "assert", "elif", "typeof", "instanceof", "of"}
)  # fmt: skip
NAME_CHARS_MIN: Final = 3


def uses(place: Place) -> list[Token]:
    """Tokens of the target that are names in use."""
    before = set(_WORD.findall(place.text[: place.start]))
    return [
        token
        for token in place.tokens
        if token.kind in _NAMES
        and token.end - token.start >= NAME_CHARS_MIN
        and not token.macro
        and not any(word in token.parent for word in _MAKING)
        and place.text[token.start : token.end] in before
        and _is_used(place.text, token)
    ]


def _is_used(text: str, token: Token) -> bool:
    head = text[max(0, token.start - 80) : token.start].rstrip(" \t")
    tail = text[token.end : token.end + 8].lstrip()
    if tail.startswith((":", "=", "=>", "->")) and not tail.startswith(("==", "::")):
        return False
    word = re.search(r"\w+$", head)
    if word:
        return word[0] in _WORDS_BEFORE
    return head[-1:] in _STARTS and not head.endswith(("->", "=>", "?."))


def misspelt(name: str, rng: random.Random) -> str:
    """Two letters changed places, or one is missing or double."""
    at = rng.randrange(1, len(name) - 1)
    return rng.choice(
        (
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
        )
    )


def renamed(name: str, rng: random.Random) -> str:
    """The name that it has in somebody's head."""
    return rng.choice((f"new_{name}", f"{name}2", f"{name}_value", f"my{name.capitalize()}"))


KINDS: Final[dict[str, Callable[[str, random.Random], str]]] = {
    "misspelt": misspelt,
    "renamed": renamed,
}
FOREIGN: Final = "foreign"


def undefined(
    place: Place,
    kind: str,
    foreign: Sequence[str],
    known: AbstractSet[str],
    rng: random.Random,
) -> str | None:
    """The target with a name that nobody made; None where none can be planted there."""
    found = uses(place)
    if not found:
        return None
    token = rng.choice(found)
    name = place.text[token.start : token.end]
    other = rng.choice(foreign) if kind == FOREIGN else KINDS[kind](name, rng)
    if other in known or other == name or other in _WORD.findall(place.text):
        return None
    return place.without(token.start, token.end, other)
