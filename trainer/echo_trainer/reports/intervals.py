"""Intervals on one axis around nothing, in SVG that needs no script.

Left out: colours, as for `bars`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_ROW_PX: Final = 24
_NAME_PX: Final = 230
_WIDTH_PX: Final = 720
_WITHIN, _BELOW, _LIMIT = 1, 2, 6  # of the style's series
_LEAST_REACH: Final = 0.05  # so that differences of nothing do not fill the page


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference, where it may lie, and how far down it may be."""

    name: str
    low: float
    middle: float
    high: float
    limit: float


def intervals(those: Sequence[Interval]) -> str:
    """One row for each; the middle of the axis is no difference."""
    reach = max(
        [_LEAST_REACH, *(abs(end) for one in those for end in (one.low, one.high, one.limit))]
    )

    def x(value: float) -> float:
        room = (_WIDTH_PX - _NAME_PX) / 2
        return _NAME_PX + room + value / reach * (room - 8)

    height = max(1, len(those)) * _ROW_PX
    rows = [f'<line class="grid" x1="{x(0):.1f}" y1="0" x2="{x(0):.1f}" y2="{height}"/>']
    for at, one in enumerate(those):
        y = at * _ROW_PX + _ROW_PX // 2
        series = f"series-{_WITHIN if one.low >= one.limit else _BELOW}"
        rows.append(
            f'<text x="0" y="{y + 5}">{escape(one.name)}</text>'
            f'<line class="line {series}" x1="{x(one.low):.1f}" y1="{y}" '
            f'x2="{x(one.high):.1f}" y2="{y}"/>'
            f'<line class="line series-{_LIMIT}" x1="{x(one.limit):.1f}" y1="{y - 8}" '
            f'x2="{x(one.limit):.1f}" y2="{y + 8}"/>'
            f'<circle class="mark {series}" cx="{x(one.middle):.1f}" cy="{y}" r="5"/>'
        )
    return (
        f'<svg class="plot" role="img" '
        f'aria-label="differences to the base, from {-reach:.2f} to {reach:.2f}" '
        f'viewBox="0 0 {_WIDTH_PX} {height}">{"".join(rows)}</svg>'
    )
