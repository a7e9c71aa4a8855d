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

from echo_trainer.curation.tokens import hash_of, words_of

WORD: Final = "<WORD>"
TEXT: Final = "<STRING>"
IMPORT: Final = "<MODULE>"
_NAME: Final = re.compile(r"\w{3,}")
_NAMES: Final = re.compile(rf"({_NAME.pattern})")
_PART: Final = re.compile(r"[A-Z]{3,}(?![a-z])|[A-Z]?[a-z]{2,}|[^\W\d_A-Za-z]{3,}|\d{6,}")
_QUOTED: Final = re.compile(
    "|".join(rf"{mark}([^{mark}\\\n]*+(?:\\.[^{mark}\\\n]*+)*+){mark}" for mark in ('"', "'", "`"))
)
_QUOTED_CHARS_MIN: Final = 8
_IMPORTED: Final = re.compile(
    r"^[ \t]*(?:from|import|use|using|package|\#include|require)\b[ \t]*[<\"'(]*([\w./@:-]{3,200})",
    re.MULTILINE,
)
_PART_CHARS_MIN: Final = 3
_KNOWN_MAX: Final = 1 << 18  # names whose words are remembered
_OURS: Final = frozenset(hash_of("word", name) for name in ("word", "string", "module"))


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a sample, as hashes."""

    every: frozenset[int]
    of_target: frozenset[int]  # those that the target touches


class _Parts(dict[str, tuple[int, ...]]):
    """The words of a name, remembered."""

    def __missing__(self, name: str) -> tuple[int, ...]:
        if len(self) >= _KNOWN_MAX:
            self.clear()
        parts = (part for part in _PART.findall(name) if len(part) >= _PART_CHARS_MIN)
        made = tuple(hash_of("word", part.lower()) for part in parts)
        self[name] = made
        return made


_parts: Final = _Parts()


def units_of(prefix: str, target: str, suffix: str, words: Collection[str] | None = None) -> Units:
    """The units of a sample; `words`: all of its words, where they are known."""
    whole = prefix + target + suffix
    start, end = touched(prefix, target, suffix)
    names = set(words_of(whole) if words is None else words)
    every = set().union(*map(_parts.__getitem__, names))
    near = set().union(*map(_parts.__getitem__, _NAME.findall(whole[start:end])))
    for first, last, unit, _ in _spans(whole):
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
    return char.isalnum() or char == "_"


def _spans(whole: str) -> Iterator[tuple[int, int, int, str]]:
    """Quoted texts and imports: from where to where, the unit, and what stands for it."""
    for pattern, kind, name in ((_QUOTED, "text", TEXT), (_IMPORTED, "import", IMPORT)):
        for found in pattern.finditer(whole):
            first, last = found.span(found.lastindex or 0)
            if pattern is _QUOTED and last - first < _QUOTED_CHARS_MIN:
                continue
            said = whole[first:last].lower()
            if name not in f"<{said}>".upper():  # else it was hidden before
                yield first, last, hash_of(kind, said), name


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


def is_rare(
    prefix: str, text: str, suffix: str, common_of: Callable[[Collection[int]], Collection[int]]
) -> bool:
    """Whether `text`, standing there, touches what is not common."""
    near = units_of(prefix, text, suffix).of_target
    return not near <= frozenset(common_of(near))


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
        name: _renamed(name, rare)
        for name in set(words_of(text))
        if not rare.isdisjoint(_parts[name])
    }
    if replaced:
        # Names and what stands between them, in turn: a call for each name would cost more.
        text = "".join([replaced.get(each, each) for each in _NAMES.split(text)])
    return text, count + len(replaced)


def _renamed(name: str, rare: frozenset[int]) -> str:
    def part_of(found: re.Match[str]) -> str:
        part = found[0]
        is_rare = len(part) >= _PART_CHARS_MIN and hash_of("word", part.lower()) in rare
        return WORD if is_rare else part

    return _PART.sub(part_of, name)
