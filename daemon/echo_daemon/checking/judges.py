"""The cheap checks of the table with the facts that they need: parsers, indexes, local names.

Left out: the checks' own judgement (`echo_core.checks`), the process around them (`worker`).

Rules
 - This is where adapters are chosen for the checks, as `echo_daemon.app` does for the daemon.
 - Every check is called behind one guard: what it raises is a crash, and its message is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from echo_core.checks import compromises, debris, malicious, secrets, syntax
from echo_core.checks.boundary import Place
from echo_core.checks.case import Case
from echo_core.checks.particulars import Particulars
from echo_core.checks.table import TABLE, Step, crashed, judged
from echo_core.checks.verdict import Verdict
from echo_core.places import below, path_of
from echo_core.truncation import every_cut, first_unit, offered
from echo_daemon.distilling.api import Cut, Cuts, Found, Matter
from echo_daemon.permission.licence import licences_of
from echo_daemon.structure.embedded import HOSTS
from echo_daemon.structure.faults import FaultFinder
from echo_daemon.structure.grammars import SOURCES
from echo_daemon.structure.parsing import TreeSitterParsing
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_runtime.clock import SystemClock

Judge: TypeAlias = Callable[[Case], Verdict]
LICENCES_KNOWN_MAX: Final = 1_000  # folders whose licence is remembered


class Judges:
    """All that the worker asks. Used by one thread."""

    def __init__(self) -> None:
        self._parsing = TreeSitterParsing()
        self._structure = TreeSitterStructure(SystemClock())
        self._faults = FaultFinder()
        self._licences: dict[str, str] = {}
        self.absent: frozenset[str] = frozenset()

    def cuts(self, matter: Matter) -> Cuts:
        """Where the target may be cut, and where the rule would."""
        ends = self._parsing.unit_ends(matter.language, matter.prefix, matter.target, matter.suffix)
        every = every_cut(matter.target, matter.suffix, ends)
        options = offered(every)
        first = first_unit(every)
        place = self._place(matter)
        if first is None:
            return Cuts((), 0, place)
        cuts = tuple(Cut(one.at, one.kind) for one in options)
        return Cuts(cuts, options.index(first), place)

    def check(self, matter: Matter, cut: int, names: Sequence[str]) -> Found:
        """What the checks called `names` say of the target, cut there."""
        path = below(matter.doc, matter.roots)
        case = Case(matter.language, path, matter.prefix, matter.target[:cut], matter.suffix)
        judges = self._judges(matter.target[cut:])
        return Found(checked(TABLE, names, judges, case), (), self._licence(matter))

    def _judges(self, rest: str) -> Mapping[str, Judge]:
        """By their names. `rest`: what was cut off behind the target."""

        def syntax_of(case: Case) -> Verdict:
            # Half of what was kept is no fault of who wrote it: it is read with its other half.
            whole = replace(case, suffix=rest + case.suffix)
            return syntax.judge(whole, *self._faults.around(whole))

        return {
            secrets.NAME: secrets.judge,
            malicious.NAME: malicious.judge,
            debris.NAME: lambda case: debris.judge(case, self._particulars(case)),
            compromises.NAME: lambda case: compromises.judge(case, self._particulars(case)),
            syntax.NAME: syntax_of,
        }

    def _particulars(self, case: Case) -> Particulars:
        return self._parsing.particulars(case.language, case.prefix, case.target, case.suffix)

    def _place(self, matter: Matter) -> Place:
        """What the cursor stood in, as it was asked there."""
        if matter.language not in SOURCES and matter.language not in HOSTS:
            return Place.UNKNOWN
        text = matter.prefix + matter.suffix
        advice = self._structure.advise(matter.language, text, len(matter.prefix))
        if advice.comment:
            return Place.COMMENT
        return Place.STRING if advice.string else Place.CODE

    def _licence(self, matter: Matter) -> str:
        path = path_of(matter.doc)
        folder = path.rpartition("/")[0]
        if folder not in self._licences:
            if len(self._licences) >= LICENCES_KNOWN_MAX:
                self._licences.clear()
            self._licences[folder] = " AND ".join(sorted(licences_of(path))) if path else ""
        return self._licences[folder]


def checked(
    table: Sequence[Step], names: Sequence[str], judges: Mapping[str, Judge], case: Case
) -> tuple[Verdict, ...]:
    """The verdicts of the checks called `names`, in the table's order, each behind the guard."""
    return tuple(
        guarded(step, judges[step.name], case)
        for step in table
        if step.name in names and step.name in judges
    )


def guarded(step: Step, judge: Judge, case: Case) -> Verdict:
    """What a check says; a crash, or an unknown that nobody tolerates, drops the sample."""
    try:
        return judged(step, judge(case))
    except Exception as error:  # noqa: BLE001 - whatever it is, the sample is not trusted
        return crashed(step, type(error).__name__)
