"""Names: what the target uses is made in the file, imported, built in, or made in the workspace.

Left out: reading names out of code (`echo_daemon.structure.names`), the index of a workspace
(`echo_daemon.names_index`).

Rules
 - Only names that scope resolves: variables, functions that are called, types. What belongs to
   something else (attributes, members, keys) is for type checkers.
 - Any scope of the file will do, and a name that is used elsewhere in it counts as one that is
   made: what the window does not show, an include or another part of the file may hold.
 - Where everything may have been imported, nothing is unknown.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.verdict import Finding, Verdict

NAME: Final = "names"
VERSION: Final = 2
SPANS_MAX: Final = 20  # unknown names that are shown


@dataclass(frozen=True, slots=True)
class Use:
    """A name in the target. Offsets are code points of `Case.whole`."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Names:
    """What a parser found of names in one case."""

    unread: Cause | None = None  # why nothing was found
    used: tuple[Use, ...] = ()  # in the target, and not made there
    defined: frozenset[str] = frozenset()  # in the file, whether made or used there, and built in
    wild: bool = False  # an import that brings in names that nobody sees


def judge(case: Case, names: Names, known: AbstractSet[str]) -> Verdict:
    """Whether the target's names resolve. `known`: names that the workspace makes."""
    if names.unread is not None:
        return Verdict(NAME, VERSION, Finding.UNCHECKED, names.unread)
    unknown = [use for use in names.used if use.name not in names.defined and use.name not in known]
    facts = (("used", len(names.used)), ("unknown", len(unknown)), ("wild", int(names.wild)))
    if not unknown or names.wild:
        return Verdict(NAME, VERSION, Finding.PASSED, facts=facts)
    spans = tuple((max(use.start, case.start), min(use.end, case.end)) for use in unknown)
    return Verdict(
        NAME, VERSION, Finding.DROPPED, Cause.NAME_UNKNOWN, spans[:SPANS_MAX], 0.0, facts
    )
