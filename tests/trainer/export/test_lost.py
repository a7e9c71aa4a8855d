"""What an export says where quantising leaves too little of what was learned."""

from __future__ import annotations

import pytest

from echo_trainer.export import checking


@pytest.mark.parametrize(
    ("kept", "far", "said"),
    [
        (0.42, 0.001, "42% of what was learned is left when quantised"),
        (
            1.0,
            0.04,
            "Quantising changes more than was learned (divergence 0.0400, of the base 0.05",
        ),
    ],
)
def test_what_is_lost_names_the_figure_that_failed(kept: float, far: float, said: str) -> None:
    figures = {"effect_kept": kept, "divergence": far, "base_divergence": 0.05}
    assert not checking.is_left(figures)
    assert checking.what_is_lost(figures).startswith(said)


def test_what_is_close_and_whole_is_left() -> None:
    figures = {"effect_kept": 0.95, "divergence": 0.001, "base_divergence": 0.05}
    assert checking.is_left(figures)
