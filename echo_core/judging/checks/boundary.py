"""Whether silence was right, and whether what was kept agrees (paper, 4.4).

    the surroundings   ask for code   cannot be told   ask for silence
    code is kept       passed         passed           conflict
    nothing is kept    conflict       not trusted      passed

Left out: parsers and models. What stands at the cursor is `Place`, how sure a model is that
silence is required is a probability, both asked of prefix and suffix alone.

Rules
 - The surroundings are judged without the target.
 - In a comment nobody is asked: silence is right there. What is kept of a comment is therefore
   nothing, and code that came to stand in one is a conflict.
 - A conflict drops the sample. Where it cannot be told, code stays, because a person wrote it,
   and an empty target goes: silence is easily had, and a wrong one teaches to say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.gaps.life import Break
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "boundary"
VERSION: Final = 2

# A model's probability that silence is required. Above the first the surroundings ask for silence,
# below the second for code; between them it cannot be told (docs/teaching.md has what each costs
# and brings).
SILENCE_MIN: Final = 0.9
CODE_MAX: Final = 0.5
# What is left of the quality where a model said nothing.
UNASKED: Final = 0.9


class Place(StrEnum):
    """What the cursor stood in, by the parser."""

    CODE = "code"
    COMMENT = "comment"
    STRING = "string"
    UNKNOWN = "unknown"  # no grammar, or a text too large for it


class Why(StrEnum):
    """How it came that nothing was kept."""

    COMMENT = "comment"  # a comment was being written
    UNDONE = "undone"  # something stood there and was undone
    DELETED = "deleted"  # something stood there, or before or behind it, and was deleted
    NAVIGATED = "navigated"  # the person went elsewhere
    RESTED = "rested"  # nothing was typed, until time ended it
    EMPTY = "empty"  # it ended empty, and no more is known


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a gap that ended, besides its text."""

    end: Break
    grown_chars: int = 0  # the most that ever stood in it
    undone: bool = False  # the last edit in it was an undo
    deleted: bool = False  # the edit that ended it only removed text


_MOVED_ON: Final = frozenset({Break.LEFT, Break.SWITCHED, Break.CLOSED})
_BY_TIME: Final = frozenset({Break.SETTLED, Break.EXPIRED})
_AT_ANCHOR: Final = frozenset({Break.PREFIX_EDITED, Break.SUFFIX_EDITED})


def why_void(target: str, place: Place, life: Life) -> Why | None:
    """How it came that the target is silence; None where it is code.

    A comment that was written counts as nothing, so that what is left is silence too.
    """
    if place is Place.COMMENT:
        return Why.COMMENT
    if target.strip():
        return None
    if life.undone:
        return Why.UNDONE
    if life.grown_chars > len(target) or (life.deleted and life.end in _AT_ANCHOR):
        return Why.DELETED
    if life.end in _MOVED_ON:
        return Why.NAVIGATED
    return Why.RESTED if life.end in _BY_TIME else Why.EMPTY


def asks_model(place: Place) -> bool:
    """Whether a model has a say; where it has none, the answer follows from the place."""
    return place is not Place.COMMENT


def judge(case: Case, place: Place, silence: float | None, why: Why | None = None) -> Verdict:
    """Whether what was kept agrees with what the surroundings ask for.

    Args:
        case: with the target as it is cut.
        place: what the cursor stood in.
        silence: how probable it is that silence is required; None where no model was asked.
        why: how it came that nothing was kept, where that is known.
    """
    empty = not case.target.strip()
    facts: tuple[tuple[str, str | int | float], ...] = (("place", place.value),)
    if silence is not None:
        facts += (("silence", round(silence, 4)),)
    if empty and why is not None:
        facts += (("why", why.value),)
    if not asks_model(place):
        silence = 1.0
    if silence is None:
        return Verdict(NAME, VERSION, Finding.UNCHECKED, Cause.NO_MODEL, (), UNASKED, facts)
    cause = _conflict(silence, empty=empty)
    if cause is None:
        return Verdict(NAME, VERSION, Finding.PASSED, facts=facts)
    span = (case.start, case.end)
    return Verdict(NAME, VERSION, Finding.DROPPED, cause, (span,), 0.0, facts)


def _conflict(silence: float, *, empty: bool) -> Cause | None:
    if not empty:
        return Cause.CODE_WHERE_SILENCE if silence >= SILENCE_MIN else None
    if silence >= SILENCE_MIN:
        return None
    return Cause.SILENCE_WHERE_CODE if silence <= CODE_MAX else Cause.SILENCE_UNSURE
