"""How well Echo does: counters per opportunity and the rates made of them, over time.

Left out: drawing (`echo_core.plots`, `echo_daemon.inspecting.charts`).

Rules
 - Every rate comes with its n; where nothing could have happened there is no rate.
 - A day is a day where the person is; a week begins on Monday.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_core.figures import Figures


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

    reason: str  # `echo_core.reasons.Reason`
    sentence: str
    count: int
    of: int  # requests that were answered, with a proposal or with silence


@dataclass(frozen=True, slots=True)
class Ending:
    """How gaps ended."""

    reason: str  # `echo_core.gap.Break`
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
