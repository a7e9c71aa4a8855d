"""Progress as plots, each with the table that says the same.

Left out: drawing (`echo_core.showing.plots`), the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from echo_core.showing.figures import Figures
from echo_core.showing.metrics import Rate
from echo_core.showing.plots.drawing import bar_chart, line_chart
from echo_core.showing.plots.ticks import milliseconds, number, percent
from echo_core.showing.plots.values import About, Point, Series, Table, table
from echo_daemon.inspecting.progress import LatencyBin, Period, Progress

FEW: Final = 100  # a rate of fewer opportunities is drawn with its interval


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot, and the same for whoever does not see it."""

    key: str
    title: str
    svg: str
    table: Table


def charts(found: Progress, *, weekly: bool = False) -> tuple[Chart, ...]:
    """All plots of the page of progress, by day or by week."""
    periods, axis = (found.weeks, "Week") if weekly else (found.days, "Day")
    return (
        _acceptance(periods, axis, found.total),
        _generation(periods, axis, found.total),
        _characters(periods, axis, found.total),
        _latency(periods, axis, found.total),
        _latencies(found.latencies, found.total),
    )


def _acceptance(periods: Sequence[Period], axis: str, total: Figures) -> Chart:
    about = About(
        "acceptance",
        "Acceptance rate (AR)",
        f"Of the proposals that were shown, those of which something was accepted: "
        f"{_said(total.acceptance)} in all. Where fewer than {FEW} were shown, a line through "
        "the mark is the interval of 95 percent.",
        axis,
        percent,
    )
    series = [Series("AR", _points(periods, lambda one: one.acceptance, interval=True))]
    return _lines(about, periods, series)


def _generation(periods: Sequence[Period], axis: str, total: Figures) -> Chart:
    about = About(
        "generation",
        "Generation rate (GR) and what stayed",
        f"Of all written characters, those that were accepted and still stood: "
        f"{_said(total.generation)} in all. Of the accepted ones, those that still stood: "
        f"{_said(total.retention)}.",
        axis,
        percent,
    )
    series = [
        Series("GR", _points(periods, lambda one: one.generation)),
        Series("Stayed", _points(periods, lambda one: one.retention)),
    ]
    return _lines(about, periods, series)


def _characters(periods: Sequence[Period], axis: str, total: Figures) -> Chart:
    about = About(
        "characters",
        "Characters written",
        f"Typed: {number(total.typed_chars)}. Accepted, and still there when their place was "
        f"left: {number(total.retention.part)}. Accepted, and taken away again: "
        f"{number(total.retention.of - total.retention.part)}.",
        axis,
        whole=True,
    )
    series = [
        _counts("Typed", periods, lambda one: one.typed_chars),
        _counts("Accepted, stayed", periods, lambda one: one.retention.part),
        _counts("Accepted, gone", periods, lambda one: one.retention.of - one.retention.part),
    ]
    places = [one.label for one in periods]
    return Chart(
        about.key, about.title, bar_chart(about, places, series), table(about, places, series)
    )


def _latency(periods: Sequence[Period], axis: str, total: Figures) -> Chart:
    about = About(
        "latency",
        "Time until an answer",
        f"Half of the model's answers took no longer than {_time(total, 50)}, 95 percent no "
        f"longer than {_time(total, 95)}; {total.asked} answers in all.",
        axis,
        milliseconds,
    )

    def points(part: float) -> tuple[Point, ...]:
        return tuple(
            Point(one.figures.latency_ms(part), note=f"n = {one.figures.asked}") for one in periods
        )

    return _lines(about, periods, [Series("p50", points(50)), Series("p95", points(95))])


def _latencies(bins: Sequence[LatencyBin], total: Figures) -> Chart:
    about = About(
        "latencies",
        "How many answers took how long",
        f"{total.asked} answers of the model, by how long they took.",
        "Time",
        whole=True,
    )
    places = [_bin(one) for one in bins]
    series = [Series("Answers", tuple(Point(one.count) for one in bins))]
    svg = bar_chart(about, places, series, apart=False)
    return Chart(about.key, about.title, svg, table(about, places, series))


def _bin(one: LatencyBin) -> str:
    if one.up_to_ms is None:
        return f"> {milliseconds(one.above_ms)}"
    return f"≤ {milliseconds(one.up_to_ms)}"


def _lines(about: About, periods: Sequence[Period], series: Sequence[Series]) -> Chart:
    places = [one.label for one in periods]
    svg = line_chart(about, places, series)
    return Chart(about.key, about.title, svg, table(about, places, series))


def _points(
    periods: Sequence[Period], rate: Callable[[Figures], Rate], *, interval: bool = False
) -> tuple[Point, ...]:
    return tuple(_point(rate(one.figures), interval=interval) for one in periods)


def _point(rate: Rate, *, interval: bool) -> Point:
    low, high = (rate.interval if interval and rate.of < FEW else None) or (None, None)
    return Point(rate.value, low, high, f"n = {rate.of}")


def _counts(name: str, periods: Sequence[Period], count: Callable[[Figures], int]) -> Series:
    return Series(name, tuple(Point(count(one.figures)) for one in periods))


def _said(rate: Rate) -> str:
    return "none" if rate.value is None else f"{percent(rate.value)} of {rate.of}"


def _time(total: Figures, part: float) -> str:
    found = total.latency_ms(part)
    return "no time" if found is None else milliseconds(found)
