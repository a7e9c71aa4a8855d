"""What a store tells of what it holds, for lists: values to choose from, endings, folders.

Left out: how it is found (`echo_daemon.store.listing`), how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facet:
    """How many samples have a value."""

    what: str  # state, cause, reason, language, model
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class EndedTogether:
    """Gaps of one document that ended at one moment for one reason."""

    number: int
    doc: str
    broken_ms: int
    reason: str  # `echo_core.gaps.life.Break`
    gaps: int
    samples: tuple[int, ...]  # the numbers of those that came of them


@dataclass(frozen=True, slots=True)
class Session:
    """The log of one editor window."""

    name: str
    client: str
    started_ms: int
    last_ms: int
    events: int
    roots: tuple[str, ...]  # URIs


@dataclass(frozen=True, slots=True)
class Contents:
    """What is recorded of which documents and in which sessions."""

    documents: tuple[tuple[str, int], ...]  # each URI, with how many samples are of it
    sessions: tuple[Session, ...]  # newest first
