"""How hard a target is for the model that serves completions; nothing is dropped for it.

A model that would have written the target anyway learns nothing from it, and one that cannot have
known it learns to guess. What lies between is the middle zone. Which share of which zone is trained
on is decided centrally: here it is only said.

Left out: the model, and how likeness is measured (`echo_daemon.teaching`).

Rules
 - Both numbers have to agree before a target is called wild: another way to write the same is
   unlike in its text, and a rare name is improbable.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "difficulty"
VERSION: Final = 1

EASY_SIMILARITY: Final = 0.99  # it is what the model wrote, but for blanks
WILD_SIMILARITY: Final = 0.3  # fewer characters in common than any two lines of code have
WILD_PERPLEXITY: Final = 20.0  # of so many tokens each had to be picked


class Zone(StrEnum):
    """Where a target stands."""

    EASY = "easy"
    MIDDLE = "middle"
    WILD = "wild"


def zone(perplexity: float, similarity: float) -> Zone:
    """Of a target with this perplexity, that is so like what the model itself writes."""
    if similarity >= EASY_SIMILARITY:
        return Zone.EASY
    if similarity < WILD_SIMILARITY and perplexity > WILD_PERPLEXITY:
        return Zone.WILD
    return Zone.MIDDLE


def judge(case: Case, perplexity: float | None, similarity: float | None) -> Verdict:
    """The zone as a fact.

    Args:
        case: with the target as it is cut.
        perplexity: of the target; of its end, where it is silence.
        similarity: of the target and what the model wrote, 0 to 1; None where it was not asked.
    """
    facts: tuple[tuple[str, str | int | float], ...] = (("chars", len(case.target)),)
    if perplexity is None or similarity is None:
        return Verdict(NAME, VERSION, Finding.UNCHECKED, Cause.NO_MODEL, facts=facts)
    facts = (
        *facts,
        ("zone", zone(perplexity, similarity).value),
        ("perplexity", round(perplexity, 3)),
        ("similarity", round(similarity, 4)),
    )
    return Verdict(NAME, VERSION, Finding.PASSED, facts=facts)
