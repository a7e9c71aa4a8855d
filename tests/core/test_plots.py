"""Plots as SVG: golden drawings, marks of an axis, and what a strict page demands of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.showing.plots.drawing import bar_chart, line_chart
from echo_core.showing.plots.style import STYLE
from echo_core.showing.plots.ticks import labelled, milliseconds, nice_ticks, number, percent
from echo_core.showing.plots.values import About, Point, Series, table

GOLDEN = Path(__file__).parents[1] / "golden"
DAYS = tuple(f"2026-11-{day:02}" for day in range(1, 11))
RATES = About("ar", "Acceptance <rate>", 'Said & "done"', "Day", percent)
COUNTS = About("chars", "Characters", "All of them.", "Day", whole=True)


def _lines() -> str:
    known = [0.2, 0.3, None, 0.25, 0.5, None, None, 0.4, None, 0.1]
    first = tuple(
        Point(value, *((0.05, 0.6) if at == 1 else (None, None)), note=f"n = {at}")
        for at, value in enumerate(known)
    )
    second = tuple(Point(at / 20) for at in range(10))
    third = tuple(Point(0.05) for _ in range(10))
    return line_chart(RATES, DAYS, [Series("AR", first), Series("GR", second), Series("x", third)])


def _bars() -> str:
    typed = tuple(Point(at * 1000) for at in range(10))
    taken = tuple(Point(None if at % 3 else 500) for at in range(10))
    return bar_chart(COUNTS, DAYS, [Series("Typed", typed), Series("Accepted", taken)])


def _histogram() -> str:
    counts = tuple(Point(count) for count in (0, 3, 9, 4, 1))
    bins = ["≤ 25 ms", "≤ 50 ms", "≤ 100 ms", "≤ 200 ms", "> 200 ms"]
    return bar_chart(COUNTS, bins, [Series("Answers", counts)], apart=False)


def _nothing() -> str:
    return line_chart(RATES, DAYS[:3], [Series("AR", (Point(None),) * 3)])


DRAWINGS: dict[str, Callable[[], str]] = {
    "lines": _lines, "bars": _bars, "histogram": _histogram, "nothing": _nothing,
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWINGS)
def test_golden_drawings(name: str) -> None:
    golden = GOLDEN / f"plot-{name}.svg"
    assert DRAWINGS[name]() + "\n" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_holds_under_a_strict_policy_and_says_what_it_shows(name: str) -> None:
    svg = DRAWINGS[name]()
    root = ET.fromstring(svg)
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in {"style", "script", "image", "use", "a"}
        for attribute in element.attrib:
            assert attribute != "style"
            assert not attribute.startswith("on")
            assert "href" not in attribute
    assert root.attrib["role"] == "img"
    ids = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    assert set(root.attrib["aria-labelledby"].split()) == ids
    used = {each for found in re.findall(r'class="([^"]*)"', svg) for each in found.split()}
    assert {each for each in used if f".{each}" not in STYLE} <= {"mark", "legend"} | {"value"}


def test_what_was_not_measured_is_a_gap() -> None:
    root = ET.fromstring(_lines())
    lines = [each for each in root.iter() if each.attrib.get("class") == "line series-1"]
    marks = [each for each in root.iter() if each.attrib.get("class") == "mark series-1"]
    assert [len(each.attrib["points"].split()) for each in lines] == [2, 2]
    assert len(marks) == 6 + 1  # one in the legend
    assert "polyline" not in _nothing()


def test_a_table_says_the_same() -> None:
    points = (Point(0.25, 0.1, 0.4, "n = 12"), Point(None, note="n = 0"), Point(0.5))
    found = table(RATES, DAYS[:3], [Series("AR", points)])
    assert found.caption == RATES.title
    assert found.head == ("Day", "AR")
    assert found.rows == (
        ("2026-11-01", "25 % (10 % to 40 %), n = 12"),
        ("2026-11-02", "–"),
        ("2026-11-03", "50 %"),
    )


@given(st.floats(1e-6, 1e12), st.booleans())
def test_marks_are_few_even_and_reach_the_top(high: float, whole: bool) -> None:
    marks = nice_ticks(high, whole=whole)
    assert marks[0] == 0
    assert marks[-1] >= high * (1 - 1e-6)
    assert 2 <= len(marks) <= 6
    step = marks[1]
    assert marks == pytest.approx([step * at for at in range(len(marks))])
    assert marks[-2] < high
    if whole:
        assert all(mark == int(mark) for mark in marks)


@pytest.mark.parametrize(
    ("high", "marks"),
    [
        (0, (0, 0.25, 0.5, 0.75, 1)),
        (float("nan"), (0, 0.25, 0.5, 0.75, 1)),
        (7, (0, 2, 4, 6, 8)),
        (100, (0, 25, 50, 75, 100)),
        (0.4, (0, 0.1, 0.2, 0.3, 0.4)),
        (1, (0, 0.25, 0.5, 0.75, 1)),
    ],
)
def test_marks_are_what_people_read(high: float, marks: tuple[float, ...]) -> None:
    assert nice_ticks(high) == pytest.approx(marks)


def test_counts_have_no_halves() -> None:
    assert nice_ticks(2, whole=True) == (0, 1, 2)
    assert nice_ticks(10, whole=True) == (0, 3, 6, 9, 12)


@given(st.integers(0, 1000))
def test_labels_are_few_and_begin_with_the_first(count: int) -> None:
    found = labelled(count)
    assert len(found) <= 8
    assert found[:1] == ((0,) if count else ())


def test_numbers_are_short() -> None:
    assert [number(each) for each in (0, 950, 1500, 2e7, 3e9)] == [
        "0", "950", "1.5 k", "20 M", "3 G"
    ]  # fmt: skip
    assert percent(0.1234) == "12.3 %"
    assert [milliseconds(each) for each in (0, 25, 1600)] == ["0 ms", "25 ms", "1.6 s"]


@given(st.text())
def test_any_name_can_stand_in_a_drawing(name: str) -> None:
    about = About("k", name, name, "Day")
    root = ET.fromstring(bar_chart(about, [name], [Series(name, (Point(1),))]))
    assert (next(iter(root)).text or "") == "".join(
        each if each.isprintable() else "?" for each in name
    )
