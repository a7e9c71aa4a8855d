"""From the facts of all samples to the ones that are taken, each of the others with its reason.

Left out: facts and relations (`echo_trainer.lake.plan`), the rules (`echo_trainer.curation`).

Rules
 - One process decides, over some 300 bytes a sample; what is too large for it was done before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from sys import intern

import numpy as np
import pyarrow as pa

from echo_trainer.curation.drops import Drop
from echo_trainer.curation.likeness import Relation
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.proportions import Candidate
from echo_trainer.curation.sampler import sampled
from echo_trainer.curation.split import Part, budget_of, parts_of, seen_in
from echo_trainer.lake.columns import arrays_of


@dataclass(frozen=True, slots=True)
class Decided:
    """What is taken, and why the rest is not."""

    every: list[Candidate]
    taken: Mapping[Part, list[Candidate]]
    dropped: Counter[Drop]


def candidates_of(facts: pa.Table) -> list[Candidate]:
    """Every sample as the sampler knows it."""
    names = ("key", "contributor", "day", "language", "chars", "target", "quality", "zone")
    columns = [facts[name].to_pylist() for name in (*names, "survived")]
    return [
        Candidate(
            key,
            intern(who),
            intern(day),
            intern(language),
            chars,
            target,
            good,
            intern(zone),
            stood,
        )
        for key, who, day, language, chars, target, good, zone, stood in zip(*columns, strict=True)
    ]


def decided(
    facts: pa.Table,
    alike: Mapping[int, Relation],
    rare: Collection[int],
    parameters: Parameters,
) -> Decided:
    """Decide about every sample."""
    every = candidates_of(facts)
    whys = _refusals(facts, alike, rare)
    dropped: Counter[Drop] = Counter(why for why in whys if why is not None)
    left = [one for one, why in zip(every, whys, strict=True) if why is None]
    taken: dict[Part, list[Candidate]] = {}
    for part, those in parts_of(left, parameters).items():
        drawn = sampled(those, replace(parameters, budget=budget_of(part, parameters)))
        taken[part] = list(drawn.taken)
        dropped.update(why for _, why in drawn.dropped)
    kept = _unseen(facts, taken, parameters)
    dropped[Drop.SEEN_IN_TRAINING] += len(taken[Part.ELSEWHERE]) - len(kept)
    taken[Part.ELSEWHERE] = kept
    return Decided(every, taken, +dropped)


def _refusals(
    facts: pa.Table, alike: Mapping[int, Relation], rare: Collection[int]
) -> list[Drop | None]:
    """Of each sample why it is not to be chosen from at all."""
    ranks, exact = facts["rank"].to_pylist(), facts["exact"].to_pylist()
    best: dict[int, int] = {}
    for rank, which in zip(ranks, exact, strict=True):
        if rank < best.get(which, rank + 1):
            best[which] = rank
    found: list[Drop | None] = []
    for rank, which, known in zip(ranks, exact, facts["contaminated"].to_pylist(), strict=True):
        relation = alike.get(rank)
        if best[which] != rank or relation is Relation.SAME:
            found.append(Drop.DUPLICATE)
        elif relation is Relation.NESTED:
            found.append(Drop.SAME_GAP)
        elif known:
            found.append(Drop.CONTAMINATED)
        else:
            found.append(Drop.RARE if rank in rare else None)
    return found


def _unseen(
    facts: pa.Table, taken: Mapping[Part, list[Candidate]], parameters: Parameters
) -> list[Candidate]:
    """Those held out as other projects, without those whose file training has seen."""
    elsewhere = taken[Part.ELSEWHERE]
    if not elsewhere:
        return []
    sketches = dict(zip(facts["key"].to_pylist(), arrays_of(facts["sketch"]), strict=True))
    trained = [sketches[one.key] for one in taken[Part.TRAIN]]
    lines = np.unique(np.concatenate(trained)) if trained else np.zeros(0, np.uint64)
    seen = seen_in([sketches[one.key] for one in elsewhere], lines, parameters)
    return [one for one, is_seen in zip(elsewhere, seen, strict=True) if not is_seen]
