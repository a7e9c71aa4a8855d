"""`bench.report`: budgets are judged as they are read, and a report is one honest line."""

from __future__ import annotations

import json
import platform

import pytest

from bench import report
from bench.report import BUDGETS, Budget, Report


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("<= 0.125", 0.125, True),
        ("<= 0.125", 0.12501, False),
        (">= 0.0", 0.0, True),
        (">= 0.0", -0.001, False),
        ("< 1", 1.0, False),
        ("> -2.5", -2.0, True),
        ("== 0", 0.0, True),
        ("<= 3", None, False),
        ("<= 3", float("nan"), False),
        (">= 0", float("inf"), False),
    ],
)
def test_a_budget_holds_or_does_not(text: str, value: float | None, holds: bool) -> None:
    assert Budget.parse(text).holds(value) is holds


@pytest.mark.parametrize("text", ["", "0.5", "<=", "<=0.5", "≤ 0.5", "<= fast", "<= 1 ms"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a comparison and a number"):
        Budget.parse(text)


def test_every_budget_can_be_read() -> None:
    for figures in BUDGETS.values():
        for unit, budget in figures.values():
            assert unit
            Budget.parse(budget)


def made(values: dict[str, float | None]) -> Report:
    return Report("infill", report.when(0), "a machine", "a model", values, {"seed": 1})


def test_the_form() -> None:
    line = made({"mid_line_em_gain": 0.123456, "line_em_gain": -0.5}).as_line()
    assert "\n" not in line
    assert json.loads(line) == {
        "bench": "infill",
        "when": "1970-01-01T00:00:00+00:00",
        "machine": "a machine",
        "model": "a model",
        "figures": {
            "mid_line_em_gain": {
                "value": 0.1235,
                "unit": "share",
                "budget": ">= 0.10",
                "holds": True,
            },
            "line_em_gain": {"value": -0.5, "unit": "share", "budget": ">= 0.0", "holds": False},
        },
        "detail": {"seed": 1},
    }


def test_rounding_does_not_make_a_budget_hold() -> None:
    line = made({"mid_line_em_gain": 0.09999, "line_em_gain": -0.00001}).as_line()
    figures = json.loads(line)["figures"]
    assert figures["mid_line_em_gain"]["value"] == 0.1
    assert not figures["mid_line_em_gain"]["holds"]
    assert not figures["line_em_gain"]["holds"]


def test_what_was_not_measured_is_said() -> None:
    figures = json.loads(made({"mid_line_em_gain": None, "line_em_gain": 0.0}).as_line())["figures"]
    assert figures["mid_line_em_gain"]["value"] is None
    assert not figures["mid_line_em_gain"]["holds"]


def test_a_missing_figure_is_an_error() -> None:
    with pytest.raises(KeyError, match="line_em_gain"):
        made({"mid_line_em_gain": 0.2}).as_line()


def test_ratios() -> None:
    assert report.ratio(1.0, 8.0) == 0.125
    assert report.ratio(None, 8.0) is None
    assert report.ratio(1.0, None) is None
    assert report.ratio(1.0, 0.0) is None


def test_a_machine_is_described_without_its_name() -> None:
    assert "cores" in report.machine()
    assert platform.node() not in report.machine().split()
