"""How much of what a version may hold: as weights (chance) and as groups (bounds).

A *group* is what samples share and what has a bound: a length, a language, a pseudonym, silence,
one and the same target. Its bound rises with the size of the version, so that every version keeps
the proportions, whatever its size.

Left out: drawing (`sampler`).

Rules
 - A bound never falls when a version grows.
 - A bound is rounded up: a group may hold less than one sample more than its share.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from math import isqrt
from typing import Final

from echo_core.judging.checks.difficulty import Zone
from echo_trainer.curation.drops import Drop
from echo_trainer.curation.parameters import THOUSAND, Parameters

MILLION: Final = 1_000_000
WEIGHT_MAX: Final = THOUSAND * 10
QUALITY_MIN: Final = 100  # thousandths: what the checks kept is never quite without a chance
REPEATABLE_CHARS: Final = 12  # shorter targets are the same in every program


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the sampler knows of a sample: no text."""

    key: str  # 32 hex digits, of pseudonym and sample
    contributor: str
    day: str
    language: str
    chars: int  # of the target without blanks at its ends; 0 is silence
    target: int  # hash of the target's tokens
    quality: int  # thousandths
    zone: str
    survived: int  # thousandths, or -1

    @property
    def is_void(self) -> bool:
        """Whether it teaches silence."""
        return not self.chars


def rank_of(key: str, quality: int, survived: int) -> int:
    """Who is better has the smaller one: what stayed and what the checks liked, then chance.

    64 bits: 11 of what is said of a sample, 53 of a digest of its key; two of a hundred million
    samples share one by a chance of one half, and then both are kept.
    """
    stood = survived if survived >= 0 else THOUSAND // 2
    badness = (THOUSAND - stood) + (THOUSAND - quality)
    digest = blake2b(key.encode(), digest_size=8, person=b"rank").digest()
    return badness << 53 | int.from_bytes(digest, "big") >> 11


def length_of(chars: int, parameters: Parameters) -> int:
    """The number of the length bucket."""
    return sum(chars >= bound for bound in parameters.length_bounds)


def weight_of(candidate: Candidate, parameters: Parameters) -> int:
    """The chance of a sample beside others, in thousandths, at least 1."""
    zones = {
        Zone.EASY.value: parameters.easy_weight,
        Zone.MIDDLE.value: parameters.middle_weight,
        Zone.WILD.value: parameters.wild_weight,
    }
    weight = zones.get(candidate.zone, parameters.unmeasured_weight)
    weight = weight * max(QUALITY_MIN, candidate.quality) // THOUSAND
    if candidate.survived >= 0:  # what did not stay half as often as what did
        weight = weight * (THOUSAND + candidate.survived) // (2 * THOUSAND)
    if not candidate.is_void:
        bucket = length_of(candidate.chars, parameters)
        weight = weight * parameters.length_weights[bucket] // THOUSAND
    return max(1, min(weight, WEIGHT_MAX))


@dataclass(frozen=True, slots=True)
class Bound:
    """How many of a group there may be in a version of a size."""

    drop: Drop  # the reason where it stops a sample for good
    share: int = MILLION  # millionths of the version
    floor: int = 0  # so many are always allowed
    most: int | None = None  # never more than this
    curve: tuple[tuple[int, int], ...] = ()  # instead of a share: of the samples that are no void

    def opens_at(self, count: int) -> int | None:
        """The size from which on one more than `count` may be in; None: never.

        The size is that of the version before the sample; for a curve, the samples that are none.
        """
        if self.most is not None and count >= self.most:
            return None
        if count < self.floor:
            return 0
        if self.curve:
            return _void_opens_at(self.curve, count + 1)
        if not self.share:
            return None
        return count * MILLION // self.share  # the least size with ceil(share·(size+1)) > count


def voids_allowed(curve: tuple[tuple[int, int], ...], size: int) -> int:
    """How many voids go with `size` samples that are none."""
    at, part = curve[0]
    if size <= at:
        return size * part // THOUSAND
    for (low, low_part), (high, high_part) in pairwise(curve):
        if size <= high:
            first, last = low * low_part // THOUSAND, high * high_part // THOUSAND
            return first + (last - first) * (size - low) // (high - low)
    at, part = curve[-1]
    return size * part // THOUSAND


def _void_opens_at(curve: tuple[tuple[int, int], ...], count: int) -> int | None:
    """The least number of samples that are none with which `count` voids are allowed."""
    if curve[-1][1] == 0 and voids_allowed(curve, curve[-1][0]) < count:
        return None
    high = curve[-1][0]
    while voids_allowed(curve, high) < count:
        high *= 2
    return bisect_left(range(high + 1), count, key=lambda size: voids_allowed(curve, size))


def groups_of(candidate: Candidate, parameters: Parameters) -> tuple[tuple[str, str], ...]:
    """The groups that a sample is in, as kind and name, in the order in which they are asked."""
    kinds = [("contributor", candidate.contributor), ("language", candidate.language)]
    if candidate.is_void:
        kinds.append(("void", ""))
    else:
        if candidate.chars >= REPEATABLE_CHARS:
            kinds.insert(0, ("target", f"{candidate.target:x}"))
        kinds.append(("length", str(length_of(candidate.chars, parameters))))
    return tuple(kinds)


class Bounds:
    """The bounds of all groups, made from what there is to choose from."""

    def __init__(self, candidates: Iterable[Candidate], parameters: Parameters) -> None:
        languages: dict[str, int] = {}
        people: set[str] = set()
        for one in candidates:
            languages[one.language] = languages.get(one.language, 0) + 1
            people.add(one.contributor)
        self._parameters = parameters
        self._languages = language_shares(languages, parameters.language_slack)
        even = MILLION * parameters.contributor_even_shares // max(1, len(people))
        self._person = Bound(
            Drop.CONTRIBUTOR_SHARE,
            share=min(MILLION, even),
            floor=parameters.contributor_floor,
            most=parameters.week_samples_max,
        )
        self._target = Bound(Drop.TARGET_REPEATED, most=parameters.same_target_max)
        self._void = Bound(Drop.VOID_SHARE, curve=parameters.void_curve)

    def of(self, kind: str, name: str) -> Bound:
        """The bound of one group."""
        if kind == "contributor":
            return self._person
        if kind == "target":
            return self._target
        if kind == "void":
            return self._void
        if kind == "language":
            return Bound(Drop.LANGUAGE_SHARE, share=self._languages[name])
        share = self._parameters.length_shares[int(name)]
        return Bound(Drop.LENGTH_SHARE, share=share * (MILLION // THOUSAND))


def language_shares(counts: Mapping[str, int], slack: int) -> dict[str, int]:
    """What each language may have at most, in millionths: by the square roots of the counts.

    Of 90% and 10% the roots make 75% and 25%; with a quarter of slack 94% and 31%. A language that
    is alone has all.
    """
    roots = {name: isqrt(count * MILLION) for name, count in counts.items()}
    whole = sum(roots.values())
    return {
        name: min(MILLION, root * MILLION // whole * slack // THOUSAND)
        for name, root in roots.items()
    }
