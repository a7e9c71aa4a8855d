"""The cheap checks of the table with the facts that they need: parsers, indexes, local names.

Left out: the checks' own judgement (`echo_core.judging.checks`), the process around them
(`worker`).

Rules
 - This is where adapters are chosen for the checks, as `echo_daemon.app` does for the daemon.
 - Every check is called behind one guard: what it raises is a crash, and its message is not kept.
 - A credential is looked for in the text as it is; what is personal, in the text whose context is
   hidden where it can be.
 - Half of what was kept is no fault of who wrote it: syntax and names are read with the other half
   behind the target.
 - What was proposed and not kept is read for safety in the target's place, each check behind its
   own guard: it drops no sample.
 - What lies wholly inside a string or a comment that was there before is prose: it has neither.
   A fault can make a parser see strings where there are none: where the cursor's own line shows
   that the target ends what it stands in, the checks are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Final, TypeAlias

from echo_core.judging.checks import (
    compromises,
    debris,
    malicious,
    names,
    personal,
    rejected,
    secrets,
    syntax,
)
from echo_core.judging.checks.boundary import Place
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.frames import left_open
from echo_core.judging.checks.particulars import Particulars
from echo_core.judging.checks.personal import Redaction as Redacted
from echo_core.judging.checks.table import TABLE, Step, crashed, judged
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.judgement import Redaction
from echo_core.judging.redactions import Mark, in_original, placed
from echo_core.judging.truncation import every_cut, first_unit, offered
from echo_core.places import below, path_of
from echo_daemon.checking.workspaces import Workspaces
from echo_daemon.distilling.api import Cut, Cuts, Found, Matter
from echo_daemon.permission.licence import licences_of
from echo_daemon.scan import credsweeper
from echo_daemon.structure.embedded import HOSTS
from echo_daemon.structure.grammars import SOURCES
from echo_daemon.structure.parsing import TreeSitterParsing
from echo_daemon.structure.prose import TreeSitterProse
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_runtime.clock import SystemClock

Judge: TypeAlias = Callable[[Case], Verdict]
_BEGUN: Final = re.compile(r"(?:[bfruBFRU]{1,3}|L|u8|[@$])?#*(\"\"\"|\'\'\'|[\"'`])")
_COMMENTS: Final = ("//", "/*", "# ", "<!--")
_LINE_COMMENT: Final = re.compile(r"(?:^|\s)(?://|#)")
_COMMENTED: Final = re.compile(r"\s*(?://|\*\s|#\s)")
_TRIPLE: Final = re.compile(r"\"\"\"|\'\'\'")
_QUOTES: Final = {  # of one line; an apostrophe within a word is none
    '"': re.compile(r'(?<!\\)"'),
    "'": re.compile(r"(?<![\w\\])(?:[bfruBFRU]{1,2})?'|(?<!\\)'(?!\w)"),
}
_ENDS_ANY: Final = ('"', "'''", "`", "*/")
LICENCES_KNOWN_MAX: Final = 1_000  # folders whose licence is remembered


class Judges:
    """All that the worker asks. Used by one thread."""

    def __init__(self) -> None:
        clock = SystemClock()
        self._parsing = TreeSitterParsing()
        self._prose = TreeSitterProse()
        self._structure = TreeSitterStructure(clock)
        self._scan = credsweeper.CredSweeperScan()
        self._workspaces = Workspaces(clock)
        self._licences: dict[str, str] = {}
        self.absent = frozenset() if credsweeper.installed() else frozenset({credsweeper.NAME})

    def prepare(self, matter: Matter) -> bool:
        """Learn a little more of the workspace that the document lies in; whether there is more."""
        return self._workspaces.prepare(matter.doc, matter.roots)

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

    def check(self, matter: Matter, cut: int, wanted: Sequence[str]) -> Found:
        """What the checks called `wanted` say of the target, cut there."""
        path = below(matter.doc, matter.roots)
        case = Case(matter.language, path, matter.prefix, matter.target[:cut], matter.suffix)
        spans = self._spans(case)
        person = _Person(spans, self._workspaces, matter)
        judges = self._judges(matter, matter.target[cut:], person)
        if self._is_prose(matter, case, spans):
            judges |= {check.NAME: partial(_prose, check) for check in (syntax, names)}
        judges[rejected.NAME] = lambda kept: self._rejected(matter, kept, person)
        verdicts = checked(TABLE, wanted, judges, case)
        return Found(verdicts, person.redactions, self._licence(matter))

    def _judges(self, matter: Matter, rest: str, person: _Person) -> dict[str, Judge]:
        """By their names. `rest`: what was cut off behind the target."""

        def whole(case: Case) -> Case:
            return replace(case, suffix=rest + case.suffix)

        known = self._workspaces.known(matter.doc, matter.roots, matter.language)
        return {
            secrets.NAME: secrets.judge,
            malicious.NAME: malicious.judge,
            personal.NAME: person.judge,
            debris.NAME: lambda case: debris.judge(case, self._particulars(case)),
            syntax.NAME: lambda case: syntax.judge(whole(case), *self._parsing.around(whole(case))),
            names.NAME: lambda case: names.judge(
                whole(case), self._parsing.names(whole(case)), known
            ),
            compromises.NAME: lambda case: compromises.judge(case, self._particulars(case)),
            credsweeper.NAME: self._scan.judge,
        }

    def _rejected(self, matter: Matter, kept: Case, person: _Person) -> Verdict:
        text = rejected.text_of(matter.proposed, matter.target, len(kept.target))
        safety: dict[str, Judge] = {
            secrets.NAME: secrets.judge,
            malicious.NAME: malicious.judge,
            credsweeper.NAME: self._scan.judge,
            personal.NAME: lambda case: person.instead(kept, case.target, self._spans),
        }
        case = replace(kept, target=text)
        return rejected.judge(text, checked(TABLE, tuple(safety), safety, case) if text else ())

    def _particulars(self, case: Case) -> Particulars:
        return self._parsing.particulars(case.language, case.prefix, case.target, case.suffix)

    def _spans(self, case: Case) -> personal.Spans | None:
        """Comments and strings, also one that the window ends in the middle of."""
        found = self._prose.prose(case.language, case.whole + left_open(case))
        last = len(case.whole)
        return None if found is None else tuple((start, min(end, last)) for start, end in found)

    def _is_prose(self, matter: Matter, case: Case, spans: personal.Spans | None) -> bool:
        """Whether the target lies wholly inside of a string or comment that was there before."""
        around = [one for one in spans or () if one[0] < case.start and case.end < one[1]]
        inside = any(goes_on(case.whole[start:end], case.target) for start, end in around)
        if not inside or ends_on_line(case):
            return False
        return self._place(matter) in (Place.STRING, Place.COMMENT)

    def _place(self, matter: Matter) -> Place:
        """What the cursor stood in, as it was asked there."""
        if matter.language not in SOURCES and matter.language not in HOSTS:
            return Place.UNKNOWN
        before = Case(matter.language, "", matter.prefix, "", matter.suffix)
        text = before.whole + left_open(before)
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


class _Person:
    """What is personal in one case: hidden in its context, judged in the rest."""

    def __init__(
        self, spans: personal.Spans | None, workspaces: Workspaces, matter: Matter
    ) -> None:
        self._spans = spans
        self._workspaces = workspaces
        self._matter = matter
        self.redactions: tuple[Redaction, ...] = ()

    def instead(
        self, case: Case, text: str, spans_of: Callable[[Case], personal.Spans | None]
    ) -> Verdict:
        """What is said of `text` in the target's place, where the context hides what it hides."""
        local = self._workspaces.people(self._matter.doc, self._matter.roots)
        other = replace(personal.redact(case, self._spans, local).case, target=text)
        return personal.judge(other, spans_of(other), local)

    def judge(self, case: Case) -> Verdict:
        """The verdict, with its spans in the text as it is."""
        local = self._workspaces.people(self._matter.doc, self._matter.roots)
        redacted = personal.redact(case, self._spans, local)
        before, behind = _marks(redacted)
        found_before = placed(case.prefix, redacted.case.prefix, before)
        found_behind = placed(case.suffix, redacted.case.suffix, behind)
        moved = tuple(
            Redaction(one.start + case.end, one.end + case.end, one.kind) for one in found_behind
        )
        self.redactions = (*found_before, *moved)
        marks = (*before, *(_shifted(mark, redacted.case.end) for mark in behind))
        verdict = personal.judge(redacted.case, redacted.prose, local)
        return replace(
            verdict,
            spans=tuple(
                (
                    in_original(start, marks, self.redactions),
                    in_original(end, marks, self.redactions),
                )
                for start, end in verdict.spans
            ),
        )


def goes_on(text: str, target: str) -> bool:
    """Whether a string or comment ends where it did: `target` ends none, and leaves none open.

    `text`: all of it, with the target. One that began above the window has no mark.
    """
    if text.startswith(_COMMENTS):
        return "*/" not in target
    begun = _BEGUN.match(text)
    if begun is None:
        closed = "\n" in text or text.endswith(('"', "'"))  # else a piece of a line, unclosed
        return closed and not any(mark in target for mark in _ENDS_ANY)
    mark = begun[1]
    if len(mark) == 1 and mark != "`" and not text.rstrip("#").endswith(mark):
        return False  # a string of one line, and nothing closes it
    return mark not in target


def ends_on_line(case: Case) -> bool:
    """Whether the target ends the line's comment or string, by what the line shows of it.

    A string of one line: its mark stands before the cursor without a second one, and the target
    holds that or a line's end, or nothing closes the string behind it.
    """
    line = case.prefix.rpartition("\n")[2]
    ends = "\n" in case.target
    if ends and _LINE_COMMENT.search(line):
        return True
    if _COMMENTED.match(line):
        return False  # quotation marks of prose
    bare = _TRIPLE.sub("", line)
    rest = case.suffix.partition("\n")[0]
    return any(
        len(quote.findall(bare)) % 2 and (ends or mark in case.target or mark not in rest)
        for mark, quote in _QUOTES.items()
    )


def _marks(redacted: Redacted) -> tuple[list[Mark], list[Mark]]:
    """The placeholders in the prefix, and those in the suffix, each from its own beginning."""
    start, end = redacted.case.start, redacted.case.end
    marks = [
        Mark(first, last, kind.placeholder.strip("<>").lower())
        for first, last, kind in redacted.replaced
    ]
    behind = [_shifted(mark, -end) for mark in marks if mark.start >= end]
    return [mark for mark in marks if mark.end <= start], behind


def _shifted(mark: Mark, by: int) -> Mark:
    return Mark(mark.start + by, mark.end + by, mark.kind)


def _prose(check: ModuleType, case: Case) -> Verdict:
    """What a check of code says of prose."""
    del case
    return Verdict(check.NAME, check.VERSION, Finding.PASSED, facts=(("prose", 1),))


def checked(
    table: Sequence[Step], wanted: Sequence[str], judges: Mapping[str, Judge], case: Case
) -> tuple[Verdict, ...]:
    """The verdicts of the checks called `wanted`, in the table's order, each behind the guard."""
    return tuple(
        guarded(step, judges[step.name], case)
        for step in table
        if step.name in wanted and step.name in judges
    )


def guarded(step: Step, judge: Judge, case: Case) -> Verdict:
    """What a check says; a crash, or an unknown that nobody tolerates, drops the sample."""
    try:
        return judged(step, judge(case))
    except Exception as error:  # noqa: BLE001 - whatever it is, the sample is not trusted
        return crashed(step, type(error).__name__)
