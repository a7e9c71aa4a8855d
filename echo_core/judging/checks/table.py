"""The checks in their order: what each asks, what it costs, and which unknowns it may leave.

    gap ended → candidate → cut → checked → asked → standing → kept or dropped

Left out: running them (`echo_daemon.distilling`), the facts that they need.

Rules
 - Every cheap check looks at every sample, so that a person who asks why sees all that is wrong.
   A model is asked only about what no cheap check dropped.
 - A verdict `UNCHECKED` lets a sample pass where its cause is tolerated here; any other drops it,
   as does a crash.
 - The versions here are what a stored judgement is compared with: a check whose version differs
   judges again, and no other does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from echo_core.judging.checks import (
    boundary,
    compromises,
    cut,
    debris,
    difficulty,
    malicious,
    names,
    personal,
    rejected,
    secrets,
    standing,
    syntax,
)
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict


class Cost(StrEnum):
    """What a check takes."""

    CHEAP = "cheap"  # milliseconds of a processor, in a process of its own
    MODEL = "model"  # a prompt: seconds
    LOOKS = "looks"  # what became of the place; nothing is read


@dataclass(frozen=True, slots=True)
class Step:
    """One check in the table."""

    name: str
    version: int
    cost: Cost
    asks: str  # the question, for people
    tolerates: frozenset[Cause] = frozenset()  # causes with which it may be UNCHECKED


# The scanner is a foreign program behind an adapter, `echo_daemon.scan`, which judges itself.
SCAN: Final = "scan"
SCAN_VERSION: Final = 1
# No grammar reads every language; what reads none of it is still checked for all else.
_UNREAD: Final = frozenset({Cause.LANGUAGE_UNKNOWN})
_ABSENT: Final = frozenset({Cause.NOT_CONFIGURED})
_UNASKED: Final = frozenset({Cause.NO_MODEL, Cause.NOT_ASKED})

TABLE: Final[tuple[Step, ...]] = (
    Step(cut.NAME, cut.VERSION, Cost.CHEAP, "Where does the first logical unit end?", _UNASKED),
    Step(secrets.NAME, secrets.VERSION, Cost.CHEAP, "Is there a credential anywhere in it?"),
    Step(malicious.NAME, malicious.VERSION, Cost.CHEAP, "Does it harm whoever runs it?"),
    Step(SCAN, SCAN_VERSION, Cost.CHEAP, "Does the installed scanner see a credential?", _ABSENT),
    Step(personal.NAME, personal.VERSION, Cost.CHEAP, "Does it say who somebody is?"),
    Step(
        rejected.NAME,
        rejected.VERSION,
        Cost.CHEAP,
        "May others see what was proposed and not kept?",
    ),
    Step(debris.NAME, debris.VERSION, Cost.CHEAP, "Is it writing that is meant to stay?", _UNREAD),
    Step(
        syntax.NAME, syntax.VERSION, Cost.CHEAP, "Does the file parse as well as before?", _UNREAD
    ),
    Step(names.NAME, names.VERSION, Cost.CHEAP, "Is every name made somewhere?", _UNREAD),
    Step(compromises.NAME, compromises.VERSION, Cost.CHEAP, "Does it put the work off?", _UNREAD),
    Step(boundary.NAME, boundary.VERSION, Cost.MODEL, "Was silence wanted there?", _UNASKED),
    Step(
        difficulty.NAME,
        difficulty.VERSION,
        Cost.MODEL,
        "How hard is it for the model that serves completions?",
        _UNASKED,
    ),
    Step(standing.NAME, standing.VERSION, Cost.LOOKS, "Did it still stand later?"),
)


def judged(step: Step, verdict: Verdict) -> Verdict:
    """The verdict as it counts: an unknown that nobody tolerates drops the sample."""
    if (verdict.check, verdict.version) != (step.name, step.version):
        return crashed(step, "another check answered")
    if verdict.finding is Finding.UNCHECKED and verdict.cause not in step.tolerates:
        return replace(verdict, finding=Finding.DROPPED)
    return verdict


def crashed(step: Step, kind: str) -> Verdict:
    """What is said of a sample whose check failed; `kind`: of failure, without its message."""
    facts = (("failure", kind),)
    return Verdict(step.name, step.version, Finding.DROPPED, Cause.CRASHED, (), 0.0, facts)


def in_order(table: Iterable[Step], verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Verdicts in the table's order; of one check the last counts, and of no other any."""
    by_name = {verdict.check: verdict for verdict in verdicts}
    return tuple(by_name[step.name] for step in table if step.name in by_name)


def versions(table: Iterable[Step], without: Iterable[str] = ()) -> str:
    """What a judgement was made with; `without` names checks that are not installed."""
    absent = frozenset(without)
    words = (f"{step.name}={'-' if step.name in absent else step.version}" for step in table)
    return " ".join(words)
