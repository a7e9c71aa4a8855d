"""The lists of gaps: those that became samples, and how all of them ended."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200


@dataclass(frozen=True, slots=True)
class GapsQuery:
    """Newest first. What is empty asks for all."""

    before: int = 0  # only rows of smaller numbers; 0: the first page
    rows: int = PAGE_ROWS
    state: str = ""  # `echo_core.judging.judgement.State`
    cause: str = ""  # `echo_core.judging.checks.causes.Cause`
    reason: str = ""  # `echo_core.gaps.life.Break`
    language: str = ""
    model: str = ""
    path: str = ""  # a file or folder, absolute
    proposed: bool = False  # only where something was proposed
    accepted: bool = False  # only where something was accepted


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap that became a sample. No source text."""

    number: int  # the sample's
    doc: str  # its URI
    path: str  # empty where it is no file
    language: str
    model: str
    opened_ms: int
    lived_ms: int
    reason: str  # `echo_core.gaps.life.Break`
    ended: str  # the same in words
    target_chars: int
    target_lines: int
    proposed_chars: int
    accepted_chars: int
    kept_chars: int
    state: str  # `echo_core.judging.judgement.State`
    cause: str
    verdict: str  # state and cause in words
    cut_chars: int
    quality: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a filter can have, and how many samples have it."""

    value: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What can be chosen."""

    states: tuple[Choice, ...]
    causes: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    models: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class GapsPage:
    """One page."""

    query: GapsQuery
    rows: tuple[GapRow, ...]
    total: int  # that fit the query, on all pages
    next_before: int  # `before` of the next page; 0: this is the last
    filters: Filters


@dataclass(frozen=True, slots=True)
class EndedQuery:
    """Newest first."""

    before: int = 0
    rows: int = PAGE_ROWS
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndedRow:
    """Gaps of one document that ended together: those of a burst of keys."""

    number: int
    doc: str
    path: str
    broken_ms: int
    reason: str
    ended: str  # in words
    gaps: int
    samples: tuple[int, ...]  # the numbers of the samples that came of them; often one


@dataclass(frozen=True, slots=True)
class EndedPage:
    """One page."""

    query: EndedQuery
    rows: tuple[EndedRow, ...]
    next_before: int
    live: int  # gaps that did not end yet
