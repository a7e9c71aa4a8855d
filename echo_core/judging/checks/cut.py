"""How the target came to be cut where it is: by the only end there is, a teacher, or the rule.

Left out: where units end (`echo_daemon.structure`), who chooses among the ends.

Rules
 - A target without an end within a person's glance is dropped.
 - The rule's cut, where a teacher would have had a choice, is worth a little less.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from echo_core.judging.checks.boundary import Place
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "cut"
VERSION: Final = 2

BY_RULE: Final = 0.9  # the teacher agrees with the rule more often than not (docs/verification.md)
_UNKNOWN: Final = {"no_model": Cause.NO_MODEL, "not_asked": Cause.NOT_ASKED}


class By(StrEnum):
    """Who decided."""

    TEACHER = "teacher"
    NO_MODEL = "no_model"  # the rule, because no model could be asked
    NOT_ASKED = "not_asked"  # the rule, because another check dropped the sample


def judge(options: int, by: By, place: Place) -> Verdict:
    """`options`: how many places there were to choose from; `place`: what the cursor stood in."""
    facts = (("places", options), ("place", place.value))
    if not options:
        return Verdict(NAME, VERSION, Finding.DROPPED, Cause.NO_UNIT, quality=0.0, facts=facts)
    if options == 1 or by is By.TEACHER:
        return Verdict(NAME, VERSION, Finding.PASSED, facts=facts)
    cause = _UNKNOWN[by.value]
    return Verdict(NAME, VERSION, Finding.UNCHECKED, cause, quality=BY_RULE, facts=facts)
