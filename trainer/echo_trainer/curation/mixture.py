"""What there was to choose from and what was taken, counted alike, for a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from echo_trainer.curation.parameters import THOUSAND, Parameters
from echo_trainer.curation.proportions import Candidate, length_of

VOID: Final = "void"
UNMEASURED: Final = "unmeasured"
_TENTHS: Final = 10


@dataclass(frozen=True, slots=True)
class Mixture:
    """Counts of samples, by what they are. The largest share of one pseudonym in thousandths."""

    samples: int
    contributors: int
    largest_share: int
    lengths: dict[str, int]
    languages: dict[str, int]
    zones: dict[str, int]
    qualities: dict[str, int]


def length_names(parameters: Parameters) -> tuple[str, ...]:
    """The length buckets as people read them, silence first."""
    bounds = parameters.length_bounds
    names = [f"{low} to {high - 1}" for low, high in zip((1, *bounds), bounds, strict=False)]
    return (VOID, *names, f"{bounds[-1] if bounds else 1} and more")


def mixture_of(candidates: Iterable[Candidate], parameters: Parameters) -> Mixture:
    """Count them."""
    names = length_names(parameters)
    people: Counter[str] = Counter()
    lengths: Counter[str] = Counter(dict.fromkeys(names, 0))
    languages: Counter[str] = Counter()
    zones: Counter[str] = Counter()
    qualities: Counter[str] = Counter()
    for one in candidates:
        people[one.contributor] += 1
        bucket = VOID if one.is_void else names[1 + length_of(one.chars, parameters)]
        lengths[bucket] += 1
        languages[one.language] += 1
        zones[one.zone or UNMEASURED] += 1
        tenth = min(one.quality * _TENTHS // THOUSAND, _TENTHS - 1)
        qualities[f"0.{tenth} to {'1.0' if tenth == _TENTHS - 1 else f'0.{tenth + 1}'}"] += 1
    samples = people.total()
    return Mixture(
        samples=samples,
        contributors=len(people),
        largest_share=max(people.values(), default=0) * THOUSAND // max(1, samples),
        lengths=dict(lengths),
        languages=dict(sorted(languages.items())),
        zones=dict(sorted(zones.items())),
        qualities=dict(sorted(qualities.items())),
    )
