"""Which licences a package's metadata says: SPDX expressions, names in use, classifiers.

Left out: whole licence texts (`echo_core.sharing.licences`), the files that metadata stands in
(`echo_daemon.permission.metadata`), what follows (`echo_core.sharing.consent.right_of`).

Rules
 - The answer is a set of identifiers that hold together, like that of several licence files: the
   strictest of them decides. `AND` adds; of `OR` whoever takes the code may choose, so that the
   alternatives count in which everything is known, and where there is none, UNKNOWN.
 - What is not an expression of the standard (SPDX 2.3, annex D), nor a name in the table, is
   UNKNOWN; so is anything with an exception (`WITH`), whose text nobody reads here.
 - A name that leaves open which licence is meant ("BSD") says nothing: the licence file has to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from echo_core.sharing.licences import KNOWN, LICENCE_CHARS_MAX, UNKNOWN, licence_of

TERMS_CHARS_MAX: Final = 512  # of one expression; longer ones are texts
DEPTH_MAX: Final = 16  # of brackets
_TOKEN = re.compile(r"\s*([()]|[A-Za-z0-9][A-Za-z0-9.+-]*|/)")
_CLASSIFIER: Final = "License :: "
# Names that package managers made common, as `_plain` writes them.
_NAMES: Final[dict[str, str]] = {
    "apache license 2 0": "Apache-2.0",
    "apache license version 2 0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2 0": "Apache-2.0",
    "apache software license version 2 0": "Apache-2.0",
    "boost software license 1 0": "BSL-1.0",
    "boost software license 1 0 bsl 1 0": "BSL-1.0",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd 2 clause license": "BSD-2-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "bsd 3 clause license": "BSD-3-Clause",
    "cc0 1 0 universal": "CC0-1.0",
    "cc0 1 0 universal cc0 1 0 public domain dedication": "CC0-1.0",
    "isc license": "ISC",
    "isc license iscl": "ISC",
    "mit license": "MIT",
    "mit no attribution license mit 0": "MIT-0",
    "unlicense unlicense": "Unlicense",
    "zero clause bsd 0bsd": "0BSD",
    "zlib libpng license": "Zlib",
}
_OPEN: Final = frozenset(
    {"", "apache", "apache software license", "bsd", "bsd license", "osi approved"}
)


def licences_said(said: str) -> frozenset[str]:
    """What an entry of metadata says: an expression, a name, or a licence's text."""
    if len(said) > TERMS_CHARS_MAX or "\n" in said.strip():
        return frozenset({licence_of(said[: LICENCE_CHARS_MAX + 1])})
    plain = _plain(said)
    if plain in _OPEN:
        return frozenset()
    if plain in _NAMES:
        return frozenset({_NAMES[plain]})
    return licences_in(said)


def licences_classified(classifiers: Iterable[str]) -> frozenset[str]:
    """What Python's trove classifiers say."""
    names = (each.rpartition("::")[2] for each in classifiers if each.startswith(_CLASSIFIER))
    said = [licences_said(name) if _plain(name) in _NAMES else _unnamed(name) for name in names]
    return frozenset().union(*said)


def licences_in(expression: str) -> frozenset[str]:
    """The identifiers that hold by an SPDX expression; Cargo's old `MIT/Apache-2.0` is an OR."""
    tokens, at = [], 0
    for token in _TOKEN.finditer(expression[:TERMS_CHARS_MAX]):
        if token.start() != at:
            break
        tokens.append(token[1])
        at = token.end()
    if expression[at:].strip() or expression.count("(") > DEPTH_MAX:
        return _NONE_KNOWN
    found, rest = _either(tokens)
    return _NONE_KNOWN if rest or not found else found


_NONE_KNOWN: Final = frozenset({UNKNOWN})
_WORDS: Final = frozenset({"AND", "OR", "WITH", "/", "(", ")"})


def _either(tokens: list[str]) -> tuple[frozenset[str], list[str]]:
    """What a choice at the beginning of `tokens` comes to, and what is behind it."""
    found, rest = _together(tokens)
    options = [found]
    while rest and rest[0] in ("OR", "/"):
        found, rest = _together(rest[1:])
        options.append(found)
    if frozenset() in options:
        return frozenset(), rest
    known = [one for one in options if UNKNOWN not in one]
    return frozenset().union(*known) if known else _NONE_KNOWN, rest


def _together(tokens: list[str]) -> tuple[frozenset[str], list[str]]:
    found, rest = _one(tokens)
    while found and rest and rest[0] == "AND":
        more, rest = _one(rest[1:])
        found = found | more if more else more
    return found, rest


def _one(tokens: list[str]) -> tuple[frozenset[str], list[str]]:
    """A licence or a bracket; nothing where neither stands there."""
    if not tokens:
        return frozenset(), []
    word, rest = tokens[0], tokens[1:]
    if word == "(":
        found, rest = _either(rest)
        return (found, rest[1:]) if rest[:1] == [")"] else (frozenset(), rest)
    if word in _WORDS:
        return frozenset(), rest
    if rest[:1] == ["WITH"]:
        return (_NONE_KNOWN if rest[1:] else frozenset()), rest[2:]
    return frozenset({KNOWN.get(word.lower(), UNKNOWN)}), rest


def _unnamed(name: str) -> frozenset[str]:
    return frozenset() if _plain(name) in _OPEN else _NONE_KNOWN


def _plain(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    return " ".join(words[1:] if words[:1] == ["the"] else words)
