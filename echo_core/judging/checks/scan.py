"""Looking through a text at a cost that no text can raise: places by plain search, short reaches.

Left out: what is looked for.

Rules
 - Every look is paid for, in characters that it may read. A scan that has looked at
   `LOOKS_PER_CHAR_MAX` times its text ends in `TooMuchError`; only hostile texts come near it.
 - Each match has a time limit besides, as a second net. Whoever judges turns both into a drop.
 - Case is folded for ASCII alone, so that places in the folded text are places in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import regex

from echo_core.judging.checks.causes import Cause

CASE_CHARS_MAX: Final = 64 << 10  # a sample has at most 28,672; twice that, and room
LOOKS_PER_CHAR_MAX: Final = 512  # real code stays below 40: tests/laws/test_safety_laws.py
LOOKS_FREE: Final = 1 << 16  # a short text has no average
MATCH_S_MAX: Final = 0.25  # of one match; they take microseconds

_FOLDED: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class TooMuchError(Exception):
    """The text costs more looks than any honest one."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: a class of things, by a rule's name, at a place."""

    cause: Cause
    rule: str
    start: int
    end: int


class Scan:
    """A text, and what looking at it has cost so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        lowered = text.lower()
        self.folded = lowered if len(lowered) == len(text) else text.translate(_FOLDED)
        self.looked = 0
        self.looks_max = LOOKS_FREE + LOOKS_PER_CHAR_MAX * len(text)

    def places(self, literal: str) -> Iterator[int]:
        """Where `literal` stands, exactly so; overlapping ones too."""
        return self._places(self.text, literal)

    def places_folded(self, literal: str) -> Iterator[int]:
        """Where `literal`, in lower case, stands in any case."""
        return self._places(self.folded, literal)

    def match(self, pattern: regex.Pattern[str], at: int, reach: int) -> regex.Match[str] | None:
        """What `pattern` matches at `at`, when it sees `reach` characters from there.

        Raises:
            TooMuchError: too much was looked at.
            TimeoutError: it took longer than any match does.
        """
        end = min(len(self.text), at + reach)
        self._pay(end - at)
        return pattern.match(self.text, at, end, timeout=MATCH_S_MAX)

    def each(
        self, pattern: regex.Pattern[str], reach: int, start: int = 0, end: int | None = None
    ) -> Iterator[regex.Match[str]]:
        """Every match of a pattern that reads at most `reach` characters from where it starts.

        Raises:
            TooMuchError: too much was looked at.
            TimeoutError: it took longer than any match does.
        """
        end = len(self.text) if end is None else end
        self._pay(max(0, end - start) + reach)
        for found in pattern.finditer(self.text, start, end, timeout=MATCH_S_MAX):
            self._pay(reach)
            yield found

    def line(self, at: int, chars_max: int = 400) -> tuple[int, int]:
        """First and past the last of the line around `at`, as far as `chars_max` either way."""
        lowest, highest = max(0, at - chars_max), min(len(self.text), at + chars_max)
        self._pay(highest - lowest)
        start = max(self.text.rfind(end, lowest, at) for end in "\n\r") + 1
        ends = [found for end in "\n\r" if (found := self.text.find(end, at, highest)) >= 0]
        return max(start, lowest), min(ends, default=highest)

    def _places(self, text: str, literal: str) -> Iterator[int]:
        self._pay(len(literal))
        at = text.find(literal)
        while at >= 0:
            self._pay(len(literal))
            yield at
            at = text.find(literal, at + 1)

    def _pay(self, looks: int) -> None:
        self.looked += looks
        if self.looked > self.looks_max:
            raise TooMuchError


def merged(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits in their order, each stretch of text once: of those that overlap, the longest."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.cause, hit.rule)):
        if kept and hit.start < kept[-1].end:
            last = kept[-1]
            longer = hit if hit.end - hit.start > last.end - last.start else last
            kept[-1] = Hit(longer.cause, longer.rule, last.start, max(last.end, hit.end))
        else:
            kept.append(hit)
    return tuple(kept)
