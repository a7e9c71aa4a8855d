"""A step's samples, by laws: the same for any number of processes, and each once an epoch."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echo_trainer.settings.training import TrainingSettings
from echo_trainer.training.order import EMPTY, Order

SMALL = st.integers(1, 40)


def steps(order: Order) -> list[list[int]]:
    """What each step learns from."""
    return [each[each != EMPTY].tolist() for each in order.places]


@given(samples=SMALL, batch=SMALL, epochs=st.integers(1, 3), seed=st.integers(0, 9))
def test_every_sample_is_learned_from_once_an_epoch(
    samples: int, batch: int, epochs: int, seed: int
) -> None:
    settings = TrainingSettings(epochs=epochs, batch_samples=batch, seed=seed)
    order = Order.of(samples, settings, 1)
    found = steps(order)
    a_turn = -(-samples // batch)
    assert len(found) == order.steps == epochs * a_turn
    for epoch in range(epochs):
        turn = [each for step in found[epoch * a_turn : (epoch + 1) * a_turn] for each in step]
        assert sorted(turn) == list(range(samples))
    assert order.counts(samples).tolist() == [epochs] * samples


@given(samples=SMALL, batch=SMALL, at_once=SMALL, processes=st.integers(1, 8))
def test_a_steps_samples_are_the_same_for_any_devices(
    samples: int, batch: int, at_once: int, processes: int
) -> None:
    alone = Order.of(samples, TrainingSettings(batch_samples=batch, samples_at_once=batch), 1)
    wanted = TrainingSettings(batch_samples=batch, samples_at_once=at_once)
    order = Order.of(samples, wanted, processes)
    assert steps(order) == steps(alone)
    assert order.at_once <= at_once
    width = order.at_once * order.rounds * processes
    assert order.places.shape == (alone.steps, width)
    assert width - batch < order.at_once * processes  # no round with nothing in a whole step


def test_epochs_and_seeds_differ_and_a_bound_ends_it() -> None:
    settings = TrainingSettings(epochs=2, batch_samples=50, seed=1)
    first, second = steps(Order.of(50, settings, 1))
    [other, _] = steps(Order.of(50, TrainingSettings(epochs=2, batch_samples=50, seed=2), 1))
    assert first != second
    assert first != other
    bounded = TrainingSettings(epochs=2, batch_samples=20, seed=1, steps_max=4)
    order = Order.of(50, bounded, 1)
    assert [len(each) for each in steps(order)] == [20, 20, 10, 20]
    assert np.bincount(order.counts(50)).tolist() == [0, 30, 20]
