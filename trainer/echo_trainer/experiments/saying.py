"""A report in words for a terminal, and as JSON for programs.

Left out: the page (`page`).

Rules
 - The sentence that says what to do stands first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from echo_trainer.experiments.judging import Comparison, Report, Side
from echo_trainer.experiments.metrics import DEFINITIONS, Metric
from echo_trainer.experiments.ratios import Interval

FORM = 1


def as_json(report: Report) -> bytes:
    """The document: numbers in each metric's unit."""
    units = {metric.value: each.unit for metric, each in DEFINITIONS.items()}
    said = {"form": FORM, "units": units, **asdict(report)}
    return json.dumps(said, indent=2, sort_keys=True).encode() + b"\n"


def as_text(report: Report) -> str:
    """Lines for a terminal."""
    return "\n".join(_lines(report)) + "\n"


def sentences(report: Report) -> list[str]:
    """What to do with each side."""
    return [each.sentence for each in report.judged]


def notes(report: Report) -> list[str]:
    """What has to be known to read the figures."""
    weeks = f"{report.weeks[0]} to {report.weeks[-1]}" if report.weeks else "no week yet"
    found = report.balance.probability
    even = "too few to tell" if found is None else f"p = {found:.3g}"
    said = [f"Weeks: {weeks}.", f"Whether the sides are as large as their shares: {even}."]
    said += [
        f"{count} weeks of clients were left out: {why}."
        for why, count in report.left_out.items()
        if count
    ]
    return said


def row_of(side: Side) -> list[str]:
    """A side's figures, one for each heading."""
    values = [value_of(metric, side.values[metric]) for metric in Metric]
    times = "-" if side.p50_ms is None else f"{side.p50_ms} / {side.p95_ms} ms"
    return [side.arm, side.release or "base", f"{side.share:g}%", str(side.clients), *values, times]


HEADINGS = (
    "side", "release", "share", "client weeks", *(metric.value for metric in Metric), "p50 / p95",
)  # fmt: skip


def value_of(metric: Metric, value: float | None) -> str:
    """One figure; latency in milliseconds, as the bins' bounds have it."""
    if value is None:
        return "-"
    unit = "%" if DEFINITIONS[metric].unit == "%" else ""
    return f"{value:.2f}{unit}"


def interval_of(found: Interval | None) -> str:
    """A difference, from where to where."""
    return "-" if found is None else f"{found.value:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def compared_of(each: Comparison) -> list[str]:
    """One metric of a side against the first."""
    unit = DEFINITIONS[each.metric].unit
    named = f"{each.metric.value} ({'points' if unit == '%' else unit})"
    return [named, interval_of(each.once), interval_of(each.always), each.verdict.value]


COMPARED = ("metric", "if looked at once", "whenever looked at", "verdict")


def _lines(report: Report) -> Iterator[str]:
    yield f"experiment {report.experiment}"
    yield from sentences(report)
    yield ""
    yield from notes(report)
    yield ""
    yield from _columns([list(HEADINGS), *map(row_of, report.sides)])
    for each in report.judged:
        yield ""
        yield f"{each.arm} against {report.sides[0].arm}:"
        yield from _columns([list(COMPARED), *map(compared_of, each.comparisons)])


def _columns(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()
