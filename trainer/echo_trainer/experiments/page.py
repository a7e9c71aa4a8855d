"""A report as a page: what to do, each side's figures, and the differences drawn.

Left out: what stands in it (`judging`), the words (`saying`).

Rules
 - A drawing says nothing that a table beside it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from echo_trainer.experiments.judging import Comparison, Judged, Report
from echo_trainer.experiments.metrics import DEFINITIONS
from echo_trainer.experiments.ratios import Interval
from echo_trainer.experiments.saying import COMPARED, HEADINGS, compared_of, notes, row_of
from echo_trainer.reports.frame import table, whole

_NAME_PX: Final = 110
_HALF_PX: Final = 290
_ROW_PX: Final = 34
_OUTER: Final = "#b9c4cf"  # whenever somebody looks
_INNER: Final = "#2f6f9f"  # for one look


def page(report: Report) -> bytes:
    """The page, in UTF-8."""
    decisions = "".join(
        f"<p><strong>{escape(each.sentence)}</strong></p>" for each in report.judged
    )
    said = "".join(f"<p>{escape(each)}</p>" for each in notes(report))
    meanings = table(("Metric", "What it is"), [(it, one.title) for it, one in DEFINITIONS.items()])
    body = f"""<h1>Experiment {escape(report.experiment)}</h1>
{decisions}{said}
<h2>The sides</h2>
{table(HEADINGS, map(row_of, report.sides))}
{"".join(_judged(each, report.sides[0].arm) for each in report.judged)}
<h2>What is compared</h2>
{meanings}"""
    return whole(f"Experiment {report.experiment}", body)


def _judged(each: Judged, control: str) -> str:
    return (
        f"<h2>{escape(each.arm)} against {escape(control)}</h2>"
        "<p>Differences. Lighter: an interval that holds whenever somebody looks, on which the"
        " decision rests. Darker: one for a single look. The line in the middle is no"
        " difference.</p>"
        + intervals(each.comparisons)
        + table(COMPARED, map(compared_of, each.comparisons))
    )


def intervals(found: Sequence[Comparison]) -> str:
    """Each metric's intervals around no difference, each on a scale of its own, as SVG."""
    rows = "".join(_row(each, at * _ROW_PX) for at, each in enumerate(found))
    width, height = _NAME_PX + 2 * _HALF_PX, _ROW_PX * len(found)
    middle = _NAME_PX + _HALF_PX
    return (
        f'<svg role="img" aria-label="Intervals of the differences; the table below has the'
        f' numbers" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{rows}'
        f'<line x1="{middle}" y1="0" x2="{middle}" y2="{height}" stroke="currentColor"/></svg>'
    )


def _row(each: Comparison, top: int) -> str:
    name = f'<text x="0" y="{top + 20}">{escape(each.metric.value)}</text>'
    if each.once is None or each.always is None:
        return name + f'<text x="{_NAME_PX}" y="{top + 20}">too few clients</text>'
    most = max(map(abs, (each.always.low, each.always.high)))
    outer = _bar(each.always, most, top + 8, 18, _OUTER)
    return name + outer + _bar(each.once, most, top + 13, 8, _INNER)


def _bar(one: Interval, most: float, y: int, height: int, colour: str) -> str:
    start = _NAME_PX + _HALF_PX * (1 + one.low / most)
    width = _HALF_PX * (one.high - one.low) / most
    return f'<rect x="{start:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'
