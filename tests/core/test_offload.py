"""How many layers go on a GPU: never more than fit or were wished for, never fewer in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.completion.offload import FAILURES_MAX, Needs, Placement, placed

GB = 10**9
NEEDS = Needs(layers=25, layer_bytes=GB // 10, once_bytes=GB // 2)
sizes = st.integers(0, 4 * GB)
needs = st.builds(Needs, st.integers(1, 200), sizes, sizes)
wishes = st.integers(-1, 300)


@given(needs, wishes, sizes | st.none(), st.integers(0, FAILURES_MAX + 2))
def test_what_is_placed_fits_and_a_shortfall_is_told(
    needed: Needs, wanted: int, free_bytes: int | None, failures: int
) -> None:
    most = needed.layers if wanted < 0 else min(wanted, needed.layers)
    found = placed(needed, wanted, free_bytes, failures)
    assert 0 <= found.layers <= most
    assert bool(found.note) == (found.layers < most)
    assert found.note == "" or found.note.endswith(".")
    if free_bytes is not None and needed.layer_bytes:
        assert needed.bytes_for(found.layers) <= free_bytes
        if not failures and found.layers < most:
            assert needed.bytes_for(found.layers + 1) > free_bytes
    if failures >= FAILURES_MAX:
        assert found.layers == 0


@given(needs, wishes, sizes, sizes, st.integers(0, FAILURES_MAX))
def test_more_room_and_fewer_failures_never_place_less(
    needed: Needs, wanted: int, free_bytes: int, more_bytes: int, failures: int
) -> None:
    found = placed(needed, wanted, free_bytes, failures)
    assert placed(needed, wanted, free_bytes + more_bytes, failures).layers >= found.layers
    assert placed(needed, wanted, free_bytes, failures + 1).layers <= found.layers


@pytest.mark.parametrize(
    ("wanted", "free_bytes", "failures", "expected"),
    [
        (-1, 3 * GB, 0, Placement(25)),
        (-1, None, 0, Placement(25)),
        (99, 4 * GB, 0, Placement(25)),
        (3, GB, 0, Placement(3)),
        (0, 0, 0, Placement(0)),
        (
            -1,
            int(1.7 * GB),
            0,
            Placement(
                12,
                "The model does not fit the GPU's memory (1.7 GB free, 3.0 GB needed): 12 of 25 "
                "layers are there, the rest runs on the CPU.",
            ),
        ),
        (
            -1,
            GB // 2,
            0,
            Placement(
                0,
                "The model does not fit the GPU's memory (0.5 GB free, 3.0 GB needed): all of it "
                "runs on the CPU.",
            ),
        ),
        (
            -1,
            4 * GB,
            1,
            Placement(
                12,
                "The GPU could not take the model: 12 of 25 layers are there, the rest runs on the "
                "CPU.",
            ),
        ),
        (
            -1,
            4 * GB,
            FAILURES_MAX,
            Placement(0, "The GPU could not take the model: all of it runs on the CPU."),
        ),
    ],
)
def test_drawn(wanted: int, free_bytes: int | None, failures: int, expected: Placement) -> None:
    assert placed(NEEDS, wanted, free_bytes, failures) == expected
