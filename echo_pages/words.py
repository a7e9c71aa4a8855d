"""Numbers, times and sentences as a person reads them; filters that all templates have.

Rules
 - A time is told where the person is, to the minute; in full in its element's `datetime`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup


def count(number: int) -> str:
    """`12 345`: thousands apart by a space that does not break and is nobody's decimal mark."""
    return f"{number:,}".replace(",", "\u202f")


def percent(part: float) -> str:
    """`12.5 %` of a part of one."""
    return f"{100 * part:.1f}\u202f%"


def moment(at_ms: int) -> Markup:
    """A time as an element."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d\u00a0%H:%M")
    )


def span(duration_ms: float) -> str:
    """How long something took: `0.4 s`, `12 min`, `3 h`, `2 days`."""
    seconds = duration_ms / 1000
    for most, unit, name in ((100, 1, "s"), (100 * 60, 60, "min"), (48 * 3600, 3600, "h")):
        if seconds < most:
            value = seconds / unit
            return f"{value:.1f}\u202f{name}" if unit == 1 else f"{value:.0f}\u202f{name}"
    return f"{seconds / 86_400:.0f} days"


def say(sentence: str) -> Markup:
    """A sentence; what it has between backticks is typed somewhere."""
    forms = (Markup("{}"), Markup("<code>{}</code>"))
    pieces = enumerate(sentence.split("`"))
    return Markup("").join(forms[number % 2].format(piece) for number, piece in pieces)


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "count": count,
    "markup": Markup,  # of plots, which escape what they are given
    "moment": moment,
    "percent": percent,
    "say": say,
    "span": span,
}
