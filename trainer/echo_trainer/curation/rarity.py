"""What too few people wrote: words, texts and imports, found and hidden in the context.

A unit is a word of three letters or more (of `acmeBillingRun`: acme, billing, run), a number of
six digits or more, the whole of a quoted text of eight characters or more, or the path of an
import. A unit that fewer than `contributors_min` pseudonyms sent may be somebody's own. In the
context it is replaced by the name of its class; a sample whose target touches one is dropped,
because a target is never changed.

Left out: counting who sent what (`echo_trainer.lake`).

Rules
 - A word that the cursor splits is one word; what is left of it on either side is not replaced.
 - Hiding twice changes nothing.
 - Pseudonyms change weekly: somebody who sends the same word in five weeks counts five times.
   That is the price of weeks that cannot be linked; `contributors_min` is a setting because of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from echo_trainer.curation.tokens import hash_of

WORD: Final = "<WORD>"
TEXT: Final = "<STRING>"
IMPORT: Final = "<MODULE>"
_RUN: Final = re.compile(r"[^\W\d_]{3,}|\d{6,}")
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+")
_QUOTED: Final = re.compile(
    r""""((?:[^"\\\n]|\\.){8,400})"|'((?:[^'\\\n]|\\.){8,400})'|`((?:[^`\\\n]|\\.){8,400})`"""
)
_IMPORTED: Final = re.compile(
    r"^[ \t]*(?:from|import|use|using|package|\#include|require)\b[ \t]*[<\"'(]*([\w./@:-]{3,200})",
    re.MULTILINE,
)
_PART_CHARS_MIN: Final = 3
_KNOWN_MAX: Final = 1 << 18  # runs whose parts are remembered
_OURS: Final = frozenset(hash_of("word", name) for name in ("word", "string", "module"))


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a sample, as hashes."""

    every: frozenset[int]
    of_target: frozenset[int]  # those that the target touches


class _Parts(dict[str, tuple[int, ...]]):
    """The words of a run of letters, remembered."""

    def __missing__(self, run: str) -> tuple[int, ...]:
        if len(self) >= _KNOWN_MAX:
            self.clear()
        made = tuple(hash_of("word", part.lower()) for part in _long_parts(run))
        self[run] = made
        return made


_parts: Final = _Parts()


def _long_parts(run: str) -> Iterator[str]:
    return (part for part in _PART.findall(run) if len(part) >= _PART_CHARS_MIN)


def units_of(prefix: str, target: str, suffix: str) -> Units:
    """The units of a sample."""
    whole = prefix + target + suffix
    start, end = touched(prefix, target, suffix)
    every: set[int] = set()
    for run in set(_RUN.findall(whole)):
        every.update(_parts[run])
    near: set[int] = set()
    for run in _RUN.findall(whole[start:end]):
        near.update(_parts[run])
    for first, last, unit, name in _spans(whole):
        if name in whole[first:last]:
            continue  # what was hidden before
        every.add(unit)
        if first < end and last > start:
            near.add(unit)
    return Units(frozenset(every - _OURS), frozenset(near - _OURS))


def touched(prefix: str, target: str, suffix: str) -> tuple[int, int]:
    """From where to where in the whole the target reaches, with words that the cursor splits."""
    start, end = len(prefix), len(prefix) + len(target)
    while start and _is_letter(prefix[start - 1]):
        start -= 1
    at = 0
    while at < len(suffix) and _is_letter(suffix[at]):
        at += 1
    return start, end + at


def _is_letter(char: str) -> bool:
    return char.isalnum()


def _spans(whole: str) -> Iterator[tuple[int, int, int, str]]:
    """Quoted texts and imports: from where to where, the unit, and what stands for it."""
    for pattern, kind, name in ((_QUOTED, "text", TEXT), (_IMPORTED, "import", IMPORT)):
        for found in pattern.finditer(whole):
            first, last = found.span(found.lastindex or 0)
            yield first, last, hash_of(kind, whole[first:last].lower()), name


def hidden(
    prefix: str, target: str, suffix: str, common_of: Callable[[Collection[int]], Collection[int]]
) -> tuple[str, str, int]:
    """Prefix and suffix with every unit replaced that is not common, and how many were.

    `common_of`: those of some units that enough people sent.
    """
    units = units_of(prefix, target, suffix).every
    common = frozenset(common_of(units)) | _OURS
    rare = units - common
    if not rare:
        return prefix, suffix, 0
    start, end = touched(prefix, target, suffix)
    whole = prefix + target + suffix
    before, one = _without(whole[:start], rare)
    behind, other = _without(whole[end:], rare)
    return (
        before + prefix[start:],
        suffix[: end - len(prefix) - len(target)] + behind,
        one + other,
    )


def _without(text: str, rare: frozenset[int]) -> tuple[str, int]:
    """`text` with what is rare replaced: first what stands whole, then words."""
    count = 0
    pieces: list[str] = []
    at = 0
    for first, last, unit, name in sorted(_spans(text)):
        if unit in rare and first >= at:
            pieces += [text[at:first], name]
            at = last
            count += 1
    text = "".join((*pieces, text[at:]))
    replaced = {
        run: _renamed(run, rare)
        for run in set(_RUN.findall(text))
        if not rare.isdisjoint(_parts[run])
    }
    if replaced:
        text = _RUN.sub(lambda found: replaced.get(found[0], found[0]), text)
    return text, count + len(replaced)


def _renamed(run: str, rare: frozenset[int]) -> str:
    def name(found: re.Match[str]) -> str:
        part = found[0]
        is_rare = len(part) >= _PART_CHARS_MIN and hash_of("word", part.lower()) in rare
        return WORD if is_rare else part

    return _PART.sub(name, run)
