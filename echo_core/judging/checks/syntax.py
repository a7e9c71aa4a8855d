"""Syntax: with the target in place, the file parses no worse than without it.

Left out: parsing (`echo_daemon.structure.faults`), and which part of the window is read
(`frames`).

Rules
 - `before` holds what is wrong with the best that can stand in the target's place: nothing, or
   what completes the text around it. `after` holds what the target brought beyond that.
 - What was wrong before (a macro, a statement that somebody is still writing) is no fault of the
   target.
 - Judge a cut target with what was cut off behind it, at the start of the case's suffix: half of
   what was kept is no fault of who wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "syntax"
VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class Faults:
    """What a parser complains of in one text. Offsets are code points of it."""

    unread: Cause | None = None  # why there was no parsing at all
    errors: tuple[tuple[int, int], ...] = ()  # the first of them; empty where something is missing
    count: int = 0  # of all
    cover: int = 0  # code points in all of them together

    @property
    def cost(self) -> tuple[int, int]:
        """How bad it is, the fewest faults first."""
        return self.count, self.cover


def judge(case: Case, before: Faults, after: Faults) -> Verdict:
    """Whether the target broke what it was put into; nothing breaks nothing."""
    if not case.target.strip():
        return Verdict(NAME, VERSION, Finding.PASSED)
    unread = after.unread or before.unread
    if unread is not None:
        return Verdict(NAME, VERSION, Finding.UNCHECKED, unread)
    if not after.count:
        return Verdict(NAME, VERSION, Finding.PASSED)
    facts = (
        ("faults_before", before.count),
        ("faults_after", after.count),
        ("chars_before", before.cover),
        ("chars_after", after.cover),
    )
    spans = ((case.start, case.end),)
    return Verdict(NAME, VERSION, Finding.DROPPED, Cause.SYNTAX_WORSE, spans, 0.0, facts)
