"""The table of messages is whole: every method has typed values, every value a method."""

from __future__ import annotations

from dataclasses import is_dataclass

from echo_core.clock import Clock
from echo_core.records import wire


def test_every_method_is_in_the_table_and_carries_dataclasses() -> None:
    named = {
        value
        for name, value in vars(wire).items()
        if name.isupper() and isinstance(value, str) and "/" in value
    }
    assert named == set(wire.METHODS)
    for params, result in wire.METHODS.values():
        assert is_dataclass(params)
        assert result is None or is_dataclass(result)


def test_what_an_audience_defines_is_found_in_one_place() -> None:
    parts = (
        wire.meeting,
        wire.distilling,
        wire.documents,
        wire.completion,
        wire.administration,
        wire.past,
        wire.records,
        wire.consent,
        wire.outbox,
        wire.releases,
        wire.dashboard,
        wire.progress,
    )
    assert sum(len(part.METHODS) for part in parts) == len(wire.METHODS)
    defined = {
        name
        for part in parts
        for name, value in vars(part).items()
        if (is_dataclass(value) or name.isupper()) and name != "METHODS"
    }
    assert sorted(defined - set(wire.__all__)) == []


def test_a_clock_is_three_methods() -> None:
    assert {name for name in vars(Clock) if not name.startswith("_")} == {
        "wall_ms",
        "steady_ms",
        "sleep_ms",
    }
