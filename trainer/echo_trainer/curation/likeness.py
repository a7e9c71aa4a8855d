"""Whether two samples teach the same: what stands around the cursor is alike, and so is the target.

A whole file says little about a gap, so a *window* is compared: the end of the prefix, the target,
the beginning of the suffix. Two gaps beside one another have nearly the same window and are not
the same; so the targets are compared, too.

Left out: finding pairs that are worth comparing (bands of MinHash, `echo_trainer.lake`).

Rules
 - The relation is symmetric, and every sample is the same as itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from echo_trainer.curation.parameters import THOUSAND, Parameters
from echo_trainer.curation.tokens import Short, hash_of, numbers_of, runs_of, short, tokens_of


class Relation(Enum):
    """Of two samples."""

    OTHER = "other"
    SAME = "same"  # the same surroundings and the same target, or nearly
    NESTED = "nested"  # one target is a stretch of the other, in the same place


@dataclass(frozen=True, slots=True)
class Window:
    """What is compared of one sample."""

    shingles: Short  # runs of tokens, each once, rising
    target: Short  # tokens of the target in their order
    text: str = ""  # its tokens with a blank between each two: for MinHash, not to compare


def window_of(prefix: str, target: str, suffix: str, parameters: Parameters) -> Window:
    """The window of a sample."""
    before = prefix[max(0, len(prefix) - parameters.window_before_chars) :]
    around = before + target + suffix[: parameters.window_after_chars]
    tokens = tokens_of(around)
    shingles = np.unique(short(runs_of(numbers_of(tokens), parameters.shingle_tokens)))
    return Window(shingles, short(numbers_of(tokens_of(target))), " ".join(tokens))


def exact_key(window: Window, language: str) -> int:
    """Equal for samples that differ in layout only, within the window."""
    return hash_of(language, window.text, str(len(window.target)), window.target.tobytes().hex())


def jaccard(one: Short, other: Short) -> int:
    """How much of both sets is in both, in thousandths, rounded down."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    either = len(one) + len(other) - both
    return THOUSAND if not either else both * THOUSAND // either


def relation(one: Window, other: Window, likeness_min: int) -> Relation:
    """How two samples of one language are related."""
    if jaccard(one.shingles, other.shingles) < likeness_min:
        return Relation.OTHER
    if np.array_equal(one.target, other.target):
        return Relation.SAME
    part, whole = sorted((one.target, other.target), key=len)
    if not len(part):
        return Relation.OTHER  # silence and a text are never the same
    if _is_stretch(part, whole):
        return Relation.NESTED
    return (
        Relation.SAME
        if jaccard(np.unique(one.target), np.unique(other.target)) >= likeness_min
        else Relation.OTHER
    )


def _is_stretch(part: Short, whole: Short) -> bool:
    """Whether `part` stands in `whole`; the cursor may have cut its first token."""
    part = part[1:] if len(part) > 1 else part
    width = len(part)
    starts = np.flatnonzero(whole[: len(whole) - width + 1] == part[0])
    return any(np.array_equal(whole[at : at + width], part) for at in starts.tolist())
