"""`bench.overhead` and `bench.keyboard`: a real language server and daemon, a fake engine."""

from __future__ import annotations

import pytest

from bench import overhead
from bench.overhead import NEVER_TYPED, Times


def test_the_figure_is_the_whole_without_the_engine() -> None:
    assert Times(whole=[5.0, 3.0], engine=[2.0, 0.5]).request == [3.0, 2.5]


def test_what_is_proposed_does_not_come_up_in_a_session() -> None:
    source = next(one for one in overhead.sources(1) if one.name == "long.py")
    assert NEVER_TYPED not in source.text
    assert NEVER_TYPED.isascii()


async def test_a_short_run(capfd: pytest.CaptureFixture[str]) -> None:
    report = await overhead.measure(requests=4, seed=1)
    by_hit = report.detail["by_hit"]
    assert isinstance(by_hit, dict)
    assert by_hit.keys() == {"engine", "typed_through"}
    for spreads in by_hit.values():
        assert spreads["whole_ms"]["count"] >= 4
        assert spreads["whole_ms"]["p50"] >= spreads["request_ms"]["p50"] > 0
    assert by_hit["engine"]["engine_ms"]["p50"] > 0
    assert by_hit["typed_through"]["engine_ms"]["p50"] == 0
    assert all(value for value in report.values.values())
    assert "Zq_never" not in capfd.readouterr().err
