"""How well Echo does: counters per opportunity and the rates made of them, over time.

Left out: drawing (`echo_core.showing.plots`, `echo_daemon.inspecting.charts`).

Rules
 - Every rate comes with its n; where nothing could have happened there is no rate.
 - A day is a day where the person is; a week begins on Monday.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from echo_core.gaps.life import Break
from echo_core.records.reasons import Reason
from echo_core.sharing.bundle.contents import LATENCY_BOUNDS_MS, latency_bins
from echo_core.showing.figures import QUARTER_MS, Counted, Figures, Stretch, Where, summed

DAYS_MAX: Final = 366  # the log is kept for a month unless a person says otherwise


@dataclass(frozen=True, slots=True)
class ProgressQuery:
    """How far back. More than the log holds is not there; `Progress.since_ms` says."""

    days: int = 28


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a week."""

    label: str  # 2026-11-22, 2026-W47
    start_ms: int
    end_ms: int  # first moment after it
    whole: bool  # neither begins before what is looked at, nor goes on
    figures: Figures


@dataclass(frozen=True, slots=True)
class Named:
    """What was counted of one language, or of one model."""

    name: str  # empty: not known
    figures: Figures


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing was offered."""

    reason: str  # `echo_core.records.reasons.Reason`
    sentence: str
    count: int
    of: int  # requests that were answered, with a proposal or with silence


@dataclass(frozen=True, slots=True)
class Ending:
    """How gaps ended."""

    reason: str  # `echo_core.gaps.life.Break`
    sentence: str
    gaps: int


@dataclass(frozen=True, slots=True)
class LatencyBin:
    """How many answers of the model took how long."""

    above_ms: int
    up_to_ms: int | None  # None: any longer
    count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """All of it. A model's figures have no generation rate: typing belongs to no model."""

    since_ms: int  # from when on events were looked at; 0: there are none
    until_ms: int
    is_cut: bool  # there are older events, which were too many to count
    total: Figures
    days: tuple[Period, ...]  # oldest first, also those on which nothing happened
    weeks: tuple[Period, ...]
    languages: tuple[Named, ...]  # the one most is written in first
    models: tuple[Named, ...]  # releases, by what they are called; the most shown first
    silences: tuple[Silence, ...]  # the most frequent first
    endings: tuple[Ending, ...]
    latencies: tuple[LatencyBin, ...]


# --- from quarters of an hour to days ---------------------------------------------------------


def stretch_of(days: int, now_ms: int, zone: tzinfo) -> Stretch:
    """The last so many days where the person is, today among them."""
    wanted = max(1, min(days, DAYS_MAX))
    first = _date(now_ms, zone) - timedelta(days=wanted - 1)
    return Stretch(_start_ms(first, zone), now_ms)


def progress(counted: Counted, stretch: Stretch, zone: tzinfo) -> Progress:
    """What was counted, as days, weeks, languages and models."""
    parts = counted.figures
    total = summed(parts.values())
    answers = total.answers
    bins = latency_bins(total.latencies)
    bounds = (0, *LATENCY_BOUNDS_MS)
    return Progress(
        since_ms=counted.since_ms if parts else 0,
        until_ms=stretch.until_ms,
        is_cut=counted.is_cut,
        total=total,
        days=_periods(counted, stretch, zone, timedelta(days=1)),
        weeks=_periods(counted, stretch, zone, timedelta(weeks=1)),
        languages=_named(parts, lambda where: where.language),
        models=tuple(one for one in _named(parts, lambda where: where.model) if one.name),
        silences=tuple(
            Silence(reason, Reason(reason).sentence, count, answers)
            for reason, count in _most(total.reasons)
            if reason != Reason.PROPOSED
        ),
        endings=tuple(
            Ending(reason, Break(reason).sentence, gaps) for reason, gaps in _most(counted.endings)
        ),
        latencies=tuple(
            LatencyBin(above, bounds[at + 1] if at + 1 < len(bounds) else None, bins[at])
            for at, above in enumerate(bounds)
        ),
    )


def _periods(
    counted: Counted, stretch: Stretch, zone: tzinfo, step: timedelta
) -> tuple[Period, ...]:
    """Every day or week from what was looked at until now, empty ones too."""
    parts: defaultdict[date, list[Figures]] = defaultdict(list)
    for where, figures in counted.figures.items():
        parts[_first(_date(where.quarter * QUARTER_MS, zone), step)].append(figures)
    periods: list[Period] = []
    at = _first(_date(max(counted.since_ms, stretch.since_ms), zone), step)
    while (start_ms := _start_ms(at, zone)) < stretch.until_ms:
        end_ms = _start_ms(at + step, zone)
        label = at.isoformat() if step.days == 1 else f"{at:%G-W%V}"
        whole = start_ms >= counted.since_ms and end_ms <= stretch.until_ms
        periods.append(Period(label, start_ms, end_ms, whole, summed(parts[at])))
        at += step
    return tuple(periods)


def _first(day: date, step: timedelta) -> date:
    """The day that a period with `day` in it begins with; a week begins on Monday."""
    return day - timedelta(days=day.weekday()) if step.days > 1 else day


def _date(at_ms: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def _start_ms(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def _named(parts: Mapping[Where, Figures], name: Callable[[Where], str]) -> tuple[Named, ...]:
    """By language or model; the most answered and written first."""
    found: defaultdict[str, list[Figures]] = defaultdict(list)
    for where, figures in parts.items():
        found[name(where)].append(figures)
    named = [Named(each, summed(figures)) for each, figures in found.items()]
    return tuple(sorted(named, key=_much, reverse=True))


def _much(one: Named) -> tuple[int, int, str]:
    figures = one.figures
    return figures.typed_chars + figures.accepted_chars, figures.answers, one.name


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
