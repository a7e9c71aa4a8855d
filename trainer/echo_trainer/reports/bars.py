"""Counts as horizontal bars, before and after beneath one another, in SVG that needs no script.

Left out: colours: those of `echo_core.showing.plots.style`, by class, so that a page has its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_ROW_PX: Final = 34
_BAR_PX: Final = 12
_NAME_PX: Final = 170
_WIDTH_PX: Final = 720
_NUMBER_PX: Final = 120
_SERIES: Final = (6, 1)  # the style's grey for what there was, its first colour for what was taken


def bars(names: Sequence[str], series: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    """One bar for each name and series, as shares of the series."""
    rows = []
    for at, name in enumerate(names):
        top = at * _ROW_PX
        rows.append(f'<text x="0" y="{top + 18}">{escape(name)}</text>')
        for which, (_, counts) in enumerate(series):
            share = counts.get(name, 0) / max(1, sum(counts.values()))
            y = top + 3 + which * (_BAR_PX + 1)
            width = share * (_WIDTH_PX - _NAME_PX - _NUMBER_PX)
            said = f"{counts.get(name, 0):,} ({share:.1%})"
            rows.append(
                f'<rect class="bar series-{_SERIES[which]}" x="{_NAME_PX}" y="{y}" '
                f'width="{width:.1f}" height="{_BAR_PX}"/><text class="count" '
                f'x="{_NAME_PX + width + 6:.1f}" y="{y + 10}">{said}</text>'
            )
    height = max(1, len(names)) * _ROW_PX
    legend = " and ".join(f"{escape(label)}" for label, _ in series)
    return (
        f'<svg class="plot" role="img" aria-label="{legend}" '
        f'viewBox="0 0 {_WIDTH_PX} {height}">{"".join(rows)}</svg>'
    )
