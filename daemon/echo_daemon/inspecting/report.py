"""Progress in the words of the wire, for the terminal."""

from __future__ import annotations

from echo_core.records.wire import FiguresRow, ProgressReport, RateRow, SilenceRow
from echo_core.showing.figures import Figures
from echo_core.showing.metrics import Rate
from echo_daemon.inspecting.progress import Progress


def report(found: Progress) -> ProgressReport:
    """The same figures."""
    return ProgressReport(
        since_ms=found.since_ms,
        until_ms=found.until_ms,
        is_cut=found.is_cut,
        total=_row("", found.total),
        days=[_row(one.label, one.figures, whole=one.whole) for one in found.days],
        weeks=[_row(one.label, one.figures, whole=one.whole) for one in found.weeks],
        languages=[_row(one.name, one.figures) for one in found.languages],
        models=[_row(one.name, one.figures) for one in found.models],
        silences=[SilenceRow(one.reason, one.sentence, one.count) for one in found.silences],
    )


def _row(name: str, figures: Figures, *, whole: bool = True) -> FiguresRow:
    return FiguresRow(
        name=name,
        whole=whole,
        answers=figures.answers,
        proposed=_rate(figures.proposed, sure=True),
        acceptance=_rate(figures.acceptance, sure=True),
        generation=_rate(figures.generation),
        retention=_rate(figures.retention),
        typed_chars=figures.typed_chars,
        asked=figures.asked,
        latency_p50_ms=figures.latency_ms(50),
        latency_p95_ms=figures.latency_ms(95),
    )


def _rate(rate: Rate, *, sure: bool = False) -> RateRow:
    """`sure`: its opportunities are counted one by one, so that it has an interval."""
    low, high = (rate.interval if sure else None) or (None, None)
    return RateRow(rate.part, rate.of, rate.value, low, high)
