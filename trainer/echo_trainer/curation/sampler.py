"""The one sampler: all proportions at once, as one order in which samples enter a version.

Every sample has a draw: a digest of seed and key, divided by its weight (sequential Poisson
sampling, Ohlsson 1998), so that the first n by draw are a weighted sample without replacement.
They enter by their draws; one whose group is full waits until the version has grown enough for the
group to take another, and enters then before all that have higher draws. A version with a budget
is the beginning of that order.

Left out: what the weights and bounds are (`proportions`).

Rules, each a property that is tested
 - Never more than the budget, and in every beginning of the order every bound holds.
 - The order of the input does not matter, nor does how often it is run.
 - A larger budget keeps every sample that a smaller one took.
 - Who is not taken has a reason: the group that it waited for at the end, or the budget.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, TypeAlias

from echo_trainer.curation.drops import Drop
from echo_trainer.curation.parameters import THOUSAND, Parameters
from echo_trainer.curation.proportions import Bound, Bounds, Candidate, groups_of, weight_of

_DRAW_BYTES: Final = 8

Entry: TypeAlias = tuple[int, str, int]  # draw, key, place in the input: the order of entering


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of every candidate."""

    taken: tuple[Candidate, ...]  # in the order in which they entered
    dropped: tuple[tuple[str, Drop], ...]  # by key


@dataclass(slots=True)
class _Group:
    """A group while the version grows."""

    bound: Bound
    count: int = 0
    waiting: list[Entry] = field(default_factory=list)
    called: bool = False  # one of it was let out of the waiting, and has not been looked at yet


def draw(candidate: Candidate, parameters: Parameters) -> int:
    """Who has the smaller one enters first."""
    seed = str(parameters.seed).encode()
    digest = blake2b(candidate.key.encode(), digest_size=_DRAW_BYTES, key=seed).digest()
    return int.from_bytes(digest, "big") * THOUSAND // weight_of(candidate, parameters)


def sampled(candidates: Sequence[Candidate], parameters: Parameters) -> Drawn:
    """Choose among `candidates`, whose keys differ."""
    return _Sampling(candidates, parameters).run()


class _Sampling:
    """One run."""

    def __init__(self, candidates: Sequence[Candidate], parameters: Parameters) -> None:
        self._candidates = candidates
        self._parameters = parameters
        self._bounds = Bounds(candidates, parameters)
        self._groups: dict[tuple[str, str], _Group] = {}
        self._fresh: list[Entry] = sorted(
            (draw(one, parameters), one.key, at) for at, one in enumerate(candidates)
        )
        self._called: list[tuple[Entry, tuple[str, str]]] = []  # let out, with where they waited
        self._opening: list[tuple[int, tuple[str, str]]] = []  # by size of the version
        self._opening_void: list[tuple[int, tuple[str, str]]] = []  # by samples that are no void
        self._taken: list[Candidate] = []
        self._full: list[tuple[str, Drop]] = []
        self._speaking = 0  # how many of those taken are no void

    def run(self) -> Drawn:
        """Let one after the other in."""
        at = 0
        while len(self._taken) < self._parameters.budget:
            waited: tuple[str, str] | None = None
            if self._called and (at == len(self._fresh) or self._called[0][0] < self._fresh[at]):
                entry, waited = heapq.heappop(self._called)
            elif at < len(self._fresh):
                entry = self._fresh[at]
                at += 1
            else:
                break
            self._consider(entry)
            if waited is not None:
                self._groups[waited].called = False
                self._call(waited)
        rest = [(entry[1], Drop.BUDGET) for entry in self._fresh[at:]]
        rest += [(entry[1], Drop.BUDGET) for entry, _ in self._called]
        is_full = len(self._taken) == self._parameters.budget
        for group in self._groups.values():
            why = Drop.BUDGET if is_full else group.bound.drop
            rest += [(key, why) for _, key, _ in group.waiting]
        return Drawn(tuple(self._taken), tuple(sorted([*self._full, *rest])))

    def _consider(self, entry: Entry) -> None:
        """Take one, let it wait, or turn it away for good."""
        candidate = self._candidates[entry[2]]
        names = groups_of(candidate, self._parameters)
        for name in names:
            group = self._group(name)
            opens = group.bound.opens_at(group.count)
            if opens is None:
                self._full.append((candidate.key, group.bound.drop))
                return
            if opens > self._size(group):
                heapq.heappush(group.waiting, entry)
                self._call(name)
                return
        for name in names:
            self._groups[name].count += 1
        self._taken.append(candidate)
        self._speaking += not candidate.is_void
        self._open()

    def _size(self, group: _Group) -> int:
        return self._speaking if group.bound.curve else len(self._taken)

    def _group(self, name: tuple[str, str]) -> _Group:
        found = self._groups.get(name)
        if found is None:
            found = self._groups[name] = _Group(self._bounds.of(*name))
        return found

    def _call(self, name: tuple[str, str]) -> None:
        """See to it that the best who waits is let out when its group opens: now, or then."""
        group = self._groups[name]
        if group.called or not group.waiting:
            return
        opens = group.bound.opens_at(group.count)
        if opens is None:
            self._full += [(key, group.bound.drop) for _, key, _ in group.waiting]
            group.waiting.clear()
            return
        group.called = True
        if opens <= self._size(group):
            heapq.heappush(self._called, (heapq.heappop(group.waiting), name))
        else:
            queue = self._opening_void if group.bound.curve else self._opening
            heapq.heappush(queue, (opens, name))

    def _open(self) -> None:
        """The version grew: let out who waited for it."""
        for queue, size in (
            (self._opening, len(self._taken)),
            (self._opening_void, self._speaking),
        ):
            while queue and queue[0][0] <= size:
                _, name = heapq.heappop(queue)
                self._groups[name].called = False
                self._call(name)
