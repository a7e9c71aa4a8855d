"""Placeholders in a sample's context, as places of the text that they stand for.

A check that hides what is personal gives back another text, in which placeholders stand. What is
kept with a sample is where they go in the text that is stored, so that the stored text stays the
user's own.

Left out: what is hidden and why (`echo_core.judging.checks.personal`).

Rules
 - What stands between two placeholders stands in both texts. Where that leaves more than one way
   to say what was replaced, all of them give the same text, and the first is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from echo_core.judging.judgement import Redaction


@dataclass(frozen=True, slots=True)
class Mark:
    """A placeholder in the redacted text."""

    start: int
    end: int
    kind: str


def placed(original: str, redacted: str, marks: Sequence[Mark]) -> tuple[Redaction, ...]:
    """What of `original` the marks in `redacted` stand for, in their order.

    Raises:
        ValueError: the one text is not the other with marks in it.
    """
    found: list[Redaction] = []
    at = behind = 0  # in the original, in the redacted
    for number, mark in enumerate(marks):
        between = redacted[behind : mark.start]
        if original[at : at + len(between)] != between:
            raise ValueError("not the same text with marks in it")
        at += len(between)
        last = number + 1 == len(marks)
        rest = redacted[mark.end : len(redacted) if last else marks[number + 1].start]
        end = len(original) - len(rest) if last else original.find(rest, at + 1)
        if end <= at or (last and original[end:] != rest):
            raise ValueError("not the same text with marks in it")
        found.append(Redaction(at, end, mark.kind))
        at, behind = end, mark.end
    if not marks and original != redacted:
        raise ValueError("not the same text with marks in it")
    return tuple(found)


def applied(original: str, redactions: Sequence[Redaction]) -> str:
    """`original` with a placeholder for each redaction."""
    pieces: list[str] = []
    at = 0
    for one in redactions:
        pieces += [original[at : one.start], placeholder(one.kind)]
        at = one.end
    return "".join((*pieces, original[at:]))


def placeholder(kind: str) -> str:
    """What stands in the place of something of this kind."""
    return f"<{kind.upper()}>"


def in_original(at: int, marks: Sequence[Mark], redactions: Sequence[Redaction]) -> int:
    """Where a place of the redacted text is in the original; of a mark, where it begins."""
    shift = 0
    for mark, one in zip(marks, redactions, strict=True):
        if at < mark.start:
            break
        if at < mark.end:
            return one.start
        shift = one.end - mark.end
    return at + shift
