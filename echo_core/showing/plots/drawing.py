"""Lines, bars and histograms as SVG.

Left out: what is drawn and why (`echo_daemon.inspecting.charts`), colours (`style`).

Rules
 - Coordinates are written with one decimal: what is drawn does not change with rounding.
 - The value axis begins at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from echo_core.showing.plots.ticks import labelled, nice_ticks
from echo_core.showing.plots.values import About, Point, Series, cell

WIDTH: Final = 640  # units of the drawing; CSS says how large that is on a screen
HEIGHT: Final = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 628, 12, 190
SERIES_MAX: Final = 6  # so many classes `series-N` are styled
_BAR_PART: Final = 0.8  # of its place that a bar takes


def line_chart(about: About, places: Sequence[str], series: Sequence[Series]) -> str:
    """Each series as a line with marks, broken where nothing was measured, with intervals."""
    tops = [max(point.value, point.high or 0.0) for one in series for point in one.points
            if point.value is not None]  # fmt: skip
    frame = _Frame(about, places, max(tops, default=0.0))
    body = [
        piece for number, one in enumerate(series) for piece in _line(frame, number, one, places)
    ]
    return frame.svg(body, series)


def bar_chart(
    about: About, places: Sequence[str], series: Sequence[Series], *, apart: bool = True
) -> str:
    """Bars, those of several series on top of each other; not `apart`: as a histogram."""
    sums = [sum(one.points[at].value or 0.0 for one in series) for at, _ in enumerate(places)]
    frame = _Frame(about, places, max(sums, default=0.0))
    part = _BAR_PART if apart else 1.0
    body: list[str] = []
    for at, place in enumerate(places):
        below = 0.0
        for number, one in enumerate(series):
            value = one.points[at].value
            if value:
                says = _says(about, one, place, at)
                body.append(frame.bar(at, (below, below + value), part, number, says))
                below += value
    return frame.svg(body, series)


class _Frame:
    """The plot's area, its axes, and what stands around it."""

    def __init__(self, about: About, places: Sequence[str], high: float) -> None:
        self._about = about
        self._places = places
        self._ticks = nice_ticks(high, whole=about.whole)

    def x(self, at: int) -> float:
        """The middle of a place."""
        return _LEFT + (at + 0.5) * self._step

    def y(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * value / self._ticks[-1]

    @property
    def _step(self) -> float:
        return (_RIGHT - _LEFT) / max(1, len(self._places))

    def bar(self, at: int, span: tuple[float, float], part: float, series: int, says: str) -> str:
        low, high = span
        width = self._step * part
        return _element(
            "rect",
            {
                "class": f"bar {_class(series)}",
                "x": self.x(at) - width / 2,
                "y": self.y(high),
                "width": width,
                "height": self.y(low) - self.y(high),
            },
            _title(says),
        )

    def svg(self, body: Iterable[str], series: Sequence[Series]) -> str:
        """The whole drawing."""
        about, key = self._about, self._about.key
        many = len(series) > 1
        height = HEIGHT + (20 if many else 0)
        attributes: dict[str, str | float] = {
            "class": "plot",
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "role": "img",
            "aria-labelledby": f"{key}-title {key}-desc",
        }
        parts = [
            f'<title id="{key}-title">{escaped(about.title)}</title>',
            f'<desc id="{key}-desc">{escaped(about.description)}</desc>',
            *self._axes(),
            *body,
            *(_legend(series) if many else ()),
        ]
        return _element("svg", attributes, "\n" + "\n".join(parts) + "\n")

    def _axes(self) -> Iterator[str]:
        for tick in self._ticks:
            y = self.y(tick)
            yield _element("line", {"class": "grid", "x1": _LEFT, "x2": _RIGHT, "y1": y, "y2": y})
            place: dict[str, str | float] = {"class": "tick value", "x": _LEFT - 6, "y": y + 4}
            yield _element("text", place, escaped(self._about.words(tick)))
        for at in labelled(len(self._places)):
            place = {"class": "tick", "x": self.x(at), "y": _BOTTOM + 18}
            yield _element("text", place, escaped(self._places[at]))


def _line(frame: _Frame, number: int, one: Series, places: Sequence[str]) -> Iterator[str]:
    known = [(frame.x(at), point) for at, point in enumerate(one.points) if point.value is not None]
    for x, point in known:
        if point.low is not None and point.high is not None:
            ends = {"x1": x, "x2": x, "y1": frame.y(point.low), "y2": frame.y(point.high)}
            yield _element("line", {"class": f"interval {_class(number)}", **ends})
    for run in _runs(one.points):
        if len(run) > 1:
            path = " ".join(f"{_short(frame.x(at))},{_short(frame.y(value))}" for at, value in run)
            yield _element("polyline", {"class": f"line {_class(number)}", "points": path})
        for at, value in run:
            says = _says(frame._about, one, places[at], at)  # noqa: SLF001 - one module
            yield _mark(number, frame.x(at), frame.y(value), says)


def _runs(points: Sequence[Point]) -> Iterator[list[tuple[int, float]]]:
    """What was measured without a break between, each with its place."""
    run: list[tuple[int, float]] = []
    for at, point in enumerate(points):
        if point.value is not None:
            run.append((at, point.value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _mark(number: int, x: float, y: float, says: str) -> str:
    """A circle, a square or a triangle: series are told apart without colour."""
    name = f"mark {_class(number)}"
    match number % 3:
        case 0:
            return _element("circle", {"class": name, "cx": x, "cy": y, "r": 3}, _title(says))
        case 1:
            box = {"x": x - 3, "y": y - 3, "width": 6, "height": 6}
            return _element("rect", {"class": name, **box}, _title(says))
        case _:
            corners = ((x, y - 4), (x - 4, y + 3), (x + 4, y + 3))
            points = " ".join(f"{_short(left)},{_short(top)}" for left, top in corners)
            return _element("polygon", {"class": name, "points": points}, _title(says))


def _legend(series: Sequence[Series]) -> Iterator[str]:
    each = (_RIGHT - _LEFT) / len(series)
    for number, one in enumerate(series):
        x = _LEFT + number * each
        yield _mark(number, x + 6, HEIGHT + 6, one.name)
        yield _element(
            "text", {"class": "legend", "x": x + 16, "y": HEIGHT + 10}, escaped(one.name)
        )


def _says(about: About, one: Series, place: str, at: int) -> str:
    return f"{place}, {one.name}: {cell(about, one.points[at])}"


def _class(number: int) -> str:
    return f"series-{number % SERIES_MAX + 1}"


# --- elements ---------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """`text` as it stands in an element or attribute; what XML cannot hold is a question mark."""
    plain = "".join(each if each.isprintable() else "?" for each in text)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        plain = plain.replace(sign, name)
    return plain


def _title(says: str) -> str:
    return f"<title>{escaped(says)}</title>"


def _element(name: str, attributes: dict[str, str | float], inner: str = "") -> str:
    made = "".join(
        f' {key}="{escaped(value) if isinstance(value, str) else _short(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{made}>{inner}</{name}>" if inner else f"<{name}{made}/>"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
