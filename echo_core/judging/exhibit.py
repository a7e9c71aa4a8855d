"""What goes between a store and whoever judges its samples: what is due, one sample, its verdict.

Left out: the store, judging (`echo_daemon.distilling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.experience.looks import Look
from echo_core.experience.sample import Sample
from echo_core.judging.judgement import Judgement

NEWEST: Final = 1 << 62  # no sample has this number


@dataclass(frozen=True, slots=True)
class Due:
    """Which samples are asked for: those without a judgement, or whose judgement is out of date.

    Newest first: the oldest are what leaves a full store.
    """

    versions: bytes  # judgements of other versions are out of date
    askable: bool  # a model could be asked: judgements that lack it are out of date
    before: int = NEWEST  # only numbers below this one
    limit: int = 64


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a judgement is of; the store refuses one whose sample or looks are others by now."""

    texts: bytes
    looks: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One sample as it stands, what became of it, and what was found before."""

    number: int
    sample: Sample
    looks: tuple[Look, ...]
    judgement: Judgement | None  # None also where another Echo wrote it
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found about a sample, to be written down."""

    number: int
    stamp: Stamp
    judged_ms: int
    versions: bytes
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Standing:
    """How many samples are judged so."""

    state: str  # `echo_core.judging.judgement.State`
    step: str  # the check that dropped them; empty where they are kept
    cause: str
    count: int
