"""Where an axis has its marks, and how numbers are written beside them.

Left out: drawing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

Words: TypeAlias = Callable[[float], str]

MARKS: Final = 4  # about so many steps: more is not read on a plot of this height
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)  # people read multiples of these without counting
_LABELS_MAX: Final = 8  # of dates below a plot; more would touch


def nice_ticks(high: float, *, whole: bool = False) -> tuple[float, ...]:
    """Marks from 0 up to the first that is not below `high`; at least 0 and one more.

    `whole`: only whole numbers, for what is counted.
    """
    if not (math.isfinite(high) and high > 0):
        high = 1.0
    rough = high / MARKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in _STEPS if unit * each * (1 + 1e-9) >= rough)
    if whole:
        step = max(1.0, float(math.ceil(step)))
    count = max(1, math.ceil(high / step - 1e-9))
    return tuple(step * mark for mark in range(count + 1))


def labelled(count: int) -> tuple[int, ...]:
    """Which of `count` places in a row get a label: evenly, the first always among them."""
    every = max(1, -(-count // _LABELS_MAX))
    return tuple(range(0, count, every))


def number(value: float) -> str:
    """A number in few characters: 950, 1.5 k, 20 M."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def percent(value: float) -> str:
    """A part of one."""
    return f"{100 * value:.3g} %"


def milliseconds(value: float) -> str:
    """A time."""
    return f"{value / 1000:.3g} s" if value >= 1000 else f"{value:.3g} ms"
