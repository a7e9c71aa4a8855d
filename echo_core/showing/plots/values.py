"""What is to be drawn, and the table that says the same.

Left out: drawing (`echo_core.showing.plots.drawing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from echo_core.showing.plots.ticks import Words, number


@dataclass(frozen=True, slots=True)
class About:
    """What a plot shows."""

    key: str  # unique on its page: letters, digits and dashes
    title: str
    description: str  # one or two sentences: what is to be seen, with its numbers
    axis: str  # what the places in a row are: Day, Week
    words: Words = number  # how its values are written
    whole: bool = False  # its values are counts


@dataclass(frozen=True, slots=True)
class Point:
    """One value; None where nothing was measured."""

    value: float | None
    low: float | None = None  # the interval, where there is one
    high: float | None = None
    note: str = ""  # what belongs to it: n = 12


@dataclass(frozen=True, slots=True)
class Series:
    """A row of values, one a place."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The same as a plot, for whoever does not see it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first cell of each names it


def table(about: About, places: Sequence[str], series: Sequence[Series]) -> Table:
    """All values of a plot with their intervals and notes."""
    return Table(
        about.title,
        (about.axis, *(one.name for one in series)),
        tuple(
            (place, *(cell(about, one.points[at]) for one in series))
            for at, place in enumerate(places)
        ),
    )


def cell(about: About, point: Point) -> str:
    """A point in words."""
    if point.value is None:
        return "–"
    found = about.words(point.value)
    if point.low is not None and point.high is not None:
        found += f" ({about.words(point.low)} to {about.words(point.high)})"
    return f"{found}, {point.note}" if point.note else found
