"""Which samples each step of a run learns from, and which process computes them.

A step learns from the same samples whether one process computes it or several, and however many at
once: what a step has too little of for its processes is filled with nothing (`EMPTY`), never with
samples of another step, as a data loader would do by itself.

Left out: tensors (`batches`).

Rules
 - The seed, the settings that decide and the number of samples make the order, and nothing else:
   a run goes on with other devices as it began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from echo_trainer.settings.training import TrainingSettings

EMPTY: Final = -1  # a place in which there is nothing to learn from

Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Order:
    """How a run goes through its samples.

    `places` are numbers of samples (shape: [steps, rounds * processes * at_once]). In each round of
    a step every process computes `at_once` of them, the first process those that stand first.
    """

    at_once: int
    rounds: int
    places: Places

    @classmethod
    def of(cls, samples: int, settings: TrainingSettings, processes: int) -> Order:
        """Every sample once an epoch, each time in another order."""
        batch = settings.batch_samples
        at_once = min(settings.samples_at_once, -(-batch // processes))
        rounds = -(-batch // (at_once * processes))
        steps = -(-samples // batch)
        found = np.full((settings.epochs * steps, at_once * rounds * processes), EMPTY, np.int64)
        for epoch in range(settings.epochs):
            drawn = np.random.default_rng((settings.seed, epoch)).permutation(samples)
            for step in range(steps):
                part = drawn[step * batch : (step + 1) * batch]
                found[epoch * steps + step, : len(part)] = part
        return cls(at_once, rounds, found[: settings.steps_max or None])

    @property
    def steps(self) -> int:
        """How often something is learned."""
        return len(self.places)

    def counts(self, samples: int) -> Places:
        """How often each of the samples is learned from."""
        return np.bincount(self.places[self.places != EMPTY], minlength=samples)
