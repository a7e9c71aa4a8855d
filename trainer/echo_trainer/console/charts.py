"""What pages draw, and the tables that say the same.

Left out: drawing (`echo_core.showing.plots`, `echo_trainer.reports.bars`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from echo_core.showing.plots.drawing import SERIES_MAX, bar_chart, line_chart
from echo_core.showing.plots.ticks import number, percent
from echo_core.showing.plots.values import About, Point, Series, Table, table
from echo_trainer.console.contributions import Contributions
from echo_trainer.curation.manifest import Manifest
from echo_trainer.reports.bars import bars

_CURVES_MAX: Final = 6  # plots of a run: losses, the rate of learning, and what else was told
_POINTS_MAX: Final = 200  # of a line: more are nearer than its marks are wide
_LANGUAGES_MAX: Final = 20  # bars beneath one another; the table has all


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot, and the same for whoever does not see it."""

    key: str
    title: str
    svg: str
    table: Table


def contributions(found: Contributions, today: date) -> tuple[Chart, ...]:
    """Arrivals by day, pseudonyms by week."""
    return (_arrivals(found, today), _pseudonyms(found))


def mixtures(manifest: Manifest) -> tuple[Chart, ...]:
    """What there was to choose from and what was taken, by length, language, zone and quality."""
    before, after = manifest.before, manifest.after
    return (
        _mixture("lengths", "Length of the target, in characters", before.lengths, after.lengths),
        _mixture("languages", "Language", _by_size(before.languages), after.languages),
        _mixture("zones", "Difficulty for the model that served", before.zones, after.zones),
        _mixture("qualities", "Quality that the checks gave", before.qualities, after.qualities),
    )


def curves(steps: Mapping[int, Mapping[str, float]]) -> tuple[Chart, ...]:
    """A run's figures by step: each a line of its own, losses in one plot."""
    names = list(dict.fromkeys(name for figures in steps.values() for name in figures))
    losses = [name for name in names if "loss" in name][:SERIES_MAX]
    others = [[name] for name in names if name not in losses]
    groups = [each for each in (losses, *others) if each][:_CURVES_MAX]
    return tuple(_curve(number, group, steps) for number, group in enumerate(groups))


def _curve(number_: int, names: Sequence[str], steps: Mapping[int, Mapping[str, float]]) -> Chart:
    title = "Losses" if "loss" in names[0] else names[0].replace("_", " ").capitalize()
    last = ", ".join(f"{name} {number(_last(name, steps))}" for name in names)
    about = About(f"curve-{number_}", title, f"By step of training; at the end: {last}.", "Step")
    wanted = [step for step in steps if any(name in steps[step] for name in names)]
    drawn = wanted[:: -(-len(wanted) // _POINTS_MAX)]
    series = [Series(name, tuple(Point(steps[one].get(name)) for one in drawn)) for name in names]
    places = [str(step) for step in drawn]
    svg = line_chart(about, places, series)
    return Chart(about.key, about.title, svg, table(about, places, series))


def _last(name: str, steps: Mapping[int, Mapping[str, float]]) -> float:
    return next(figures[name] for figures in reversed([*steps.values()]) if name in figures)


def _arrivals(found: Contributions, today: date) -> Chart:
    first = date.fromisoformat(found.since)
    days = [(first + timedelta(days=n)).isoformat() for n in range((today - first).days + 1)]
    kinds = sorted({each.kind for each in found.arrivals}) or ["samples"]
    counts = {(each.day, each.kind): each.bundles for each in found.arrivals}
    total = sum(counts.values())
    about = About(
        "arrivals",
        "Bundles by day",
        f"{number(total)} bundles came since {found.since} and are still there, by the day (UTC) "
        "on which they were accepted.",
        "Day",
        whole=True,
    )
    series = [
        Series(kind, tuple(Point(counts.get((day, kind), 0)) for day in days))
        for kind in kinds[:SERIES_MAX]
    ]
    return _stacked(about, days, series)


def _pseudonyms(found: Contributions) -> Chart:
    weeks = sorted({each.week for each in found.weeks}) or ["–"]
    kinds = sorted({each.kind for each in found.weeks}) or ["samples"]
    counts = {(each.week, each.kind): each.pseudonyms for each in found.weeks}
    about = About(
        "pseudonyms",
        "Pseudonyms by week",
        "How many pseudonyms sent what is still there, by the week that it was recorded in. "
        "A pseudonym holds for one week and one kind: these are not added up.",
        "Week",
        whole=True,
    )
    series = [
        Series(kind, tuple(Point(counts.get((week, kind), 0)) for week in weeks))
        for kind in kinds[:SERIES_MAX]
    ]
    return _stacked(about, weeks, series)


def _stacked(about: About, places: Sequence[str], series: Sequence[Series]) -> Chart:
    svg = bar_chart(about, places, series)
    return Chart(about.key, about.title, svg, table(about, places, series))


def _mixture(key: str, title: str, before: Mapping[str, int], after: Mapping[str, int]) -> Chart:
    names = list(dict.fromkeys((*before, *after)))
    series = (("before", before), ("after", after))
    rows = tuple((name, *_cells(name, series)) for name in names)
    said = Table(title, (title, "Before", "Part", "After", "Part"), rows)
    return Chart(key, title, bars(names[:_LANGUAGES_MAX], series), said)


def _cells(name: str, series: Sequence[tuple[str, Mapping[str, int]]]) -> Iterator[str]:
    for _, counts in series:
        yield f"{counts.get(name, 0):,}"
        yield percent(counts.get(name, 0) / max(1, sum(counts.values())))


def _by_size(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
