"""What is held out: the newest days, and all that some pseudonyms sent.

    train      what a model learns from
    later      the newest whole days: the same projects, as they go on
    elsewhere  all samples of some pseudonyms, none of which sent anything to train: other projects

A project has no name here, and a pseudonym holds for a week only, so the same file may come under
two of them. A sample held out as `elsewhere` is therefore dropped where training has seen a good
part of its lines.

Left out: drawing from each part (`sampler`).

Rules
 - A later day is never in training; nor is a pseudonym that is held out.
 - Who is held out depends on seed and pseudonym alone, so that it stays so in later versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import numpy as np

from echo_trainer.curation.parameters import THOUSAND, Parameters
from echo_trainer.curation.proportions import Candidate
from echo_trainer.curation.tokens import Hashes, among, numbers_of

SKETCH_LINES: Final = 8
_LINE_CHARS_MIN: Final = 20  # shorter lines stand in every file


class Part(StrEnum):
    """Of a version."""

    TRAIN = "train"
    LATER = "later"
    ELSEWHERE = "elsewhere"


def is_held_out(contributor: str, parameters: Parameters) -> bool:
    """Whether all that a pseudonym sent is kept from training."""
    whole = f"{parameters.seed} {contributor}".encode()
    drawn = int.from_bytes(blake2b(whole, digest_size=8, person=b"held out").digest(), "big")
    return drawn % THOUSAND < parameters.heldout_persons


def first_later_day(days: Iterable[str], parameters: Parameters) -> str:
    """The first day that is held out: as few newest days as hold the share; empty: none.

    A single day is never held out: nothing would be left.
    """
    counts = Counter(days)
    wanted = counts.total() * parameters.heldout_newest
    found = 0
    ordered = sorted(counts, reverse=True)
    for day in ordered[:-1]:
        if found * THOUSAND >= wanted:
            break
        found += counts[day]
        first = day
    return first if found else ""


def parts_of(
    candidates: Sequence[Candidate], parameters: Parameters
) -> dict[Part, list[Candidate]]:
    """The candidates of each part."""
    parts: dict[Part, list[Candidate]] = {part: [] for part in Part}
    first = first_later_day((one.day for one in candidates), parameters)
    for one in candidates:
        if is_held_out(one.contributor, parameters):
            parts[Part.ELSEWHERE].append(one)
        else:
            parts[Part.LATER if first and one.day >= first else Part.TRAIN].append(one)
    return parts


def budget_of(part: Part, parameters: Parameters) -> int:
    """How many samples of a part a version may hold."""
    shares = {
        Part.TRAIN: THOUSAND,
        Part.LATER: parameters.heldout_newest,
        Part.ELSEWHERE: parameters.heldout_persons,
    }
    return max(1, parameters.budget * shares[part] // THOUSAND)


def sketch_of(prefix: str, suffix: str) -> Hashes:
    """A few lines that stand for a file: those with the smallest hashes."""
    lines = {line.strip() for text in (prefix, suffix) for line in text.split("\n")}
    return np.unique(numbers_of([line for line in lines if len(line) >= _LINE_CHARS_MIN]))[
        :SKETCH_LINES
    ]


def seen_in(sketches: Sequence[Hashes], trained: Hashes, parameters: Parameters) -> list[bool]:
    """Of each sketch, whether training (rising) has more of its lines than may be."""
    return [int(among(one, trained).sum()) > parameters.heldout_sketch_max for one in sketches]
