"""Everything that distilling asks, scripted: checks that look for words, a teacher, a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from echo_core.experience.looks import Look
from echo_core.experience.sample import Sample
from echo_core.judging.checks import cut as cut_check
from echo_core.judging.checks import standing
from echo_core.judging.checks.boundary import Place
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.table import Cost, Step, crashed, judged
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.exhibit import Due, Exhibit, Judged, Stamp, Standing
from echo_core.judging.judgement import Asked, Judgement
from echo_daemon.distilling.api import Around, Ask, Cut, Cuts, ExaminerDiedError, Found, Matter
from echo_testing.samples import a_sample

WORDS, SECRETS, SILENCE = "words", "secrets", "silence"


def a_table(words: int = 1) -> tuple[Step, ...]:
    """A small table: the cut, two cheap checks, one that a model is asked, standing."""
    unasked = frozenset({Cause.NO_MODEL, Cause.NOT_ASKED})
    return (
        Step(cut_check.NAME, cut_check.VERSION, Cost.CHEAP, "Where is the end?", unasked),
        Step(WORDS, words, Cost.CHEAP, "Is a word unknown?", frozenset({Cause.LANGUAGE_UNKNOWN})),
        Step(SECRETS, 1, Cost.CHEAP, "Is there a secret?"),
        Step(SILENCE, 1, Cost.MODEL, "Was silence wanted?", unasked),
        Step(standing.NAME, standing.VERSION, Cost.LOOKS, "Did it still stand later?"),
    )


@dataclass
class ScriptedExaminer:
    """Cuts at line ends; drops what holds `bad` or `secret`; dies of `deadly`."""

    table: tuple[Step, ...]
    asked: list[tuple[str, int, tuple[str, ...]]] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    dies: int = 0  # how many times more
    rested: int = 0
    glance_chars: int = 1_000
    before_each: Callable[[], None] = lambda: None

    async def absent(self) -> frozenset[str]:
        return self.missing

    async def cuts(self, matter: Matter) -> Cuts:
        await asyncio.sleep(0)
        self._live(matter)
        lines = matter.target.split("\n")
        ends = [len("\n".join(lines[: number + 1])) for number in range(len(lines))]
        kind = "comment" if matter.target.startswith("#") else "statement"
        cuts = tuple(Cut(at, kind) for at in ends if self._fits(matter.target[:at]))
        return Cuts(cuts, 0, Place.COMMENT if matter.prefix.endswith("#") else Place.CODE)

    async def check(self, matter: Matter, cut: int, names: Sequence[str]) -> Found:
        await asyncio.sleep(0)
        self._live(matter)
        self.asked.append((matter.target[:cut], cut, tuple(names)))
        case = Case("python", "a.py", matter.prefix, matter.target[:cut], matter.suffix)
        steps = [step for step in self.table if step.name in names]
        return Found(tuple(self._verdict(step, case) for step in steps), (), "MIT")

    async def rest(self) -> None:
        self.rested += 1

    def _fits(self, text: str) -> bool:
        return 0 < len(text.strip()) <= self.glance_chars

    def _live(self, matter: Matter) -> None:
        self.before_each()
        if "deadly" in matter.prefix + matter.target or self.dies:
            self.dies = max(0, self.dies - 1)
            raise ExaminerDiedError

    def _verdict(self, step: Step, case: Case) -> Verdict:
        if "crash" in case.target:
            return crashed(step, "ValueError")
        passed = Verdict(step.name, step.version, Finding.PASSED)
        if step.name == WORDS and "bad" in case.target:
            at = case.whole.index("bad")
            spans = ((at, at + 3),)
            facts = (("names", 1),)
            return replace(
                passed, finding=Finding.DROPPED, cause=Cause.NAME_UNKNOWN, spans=spans, facts=facts
            )
        if step.name == WORDS and "?" in case.target:
            return judged(
                step, replace(passed, finding=Finding.UNCHECKED, cause=Cause.LANGUAGE_UNKNOWN)
            )
        if step.name == SECRETS and "secret" in case.whole:
            return replace(passed, finding=Finding.DROPPED, cause=Cause.CREDENTIAL_FORM)
        return passed


@dataclass
class ScriptedTeacher:
    """Chooses the last place, finds silence right in front of `quiet`; counts what it is asked."""

    questions: list[str] = field(default_factory=list)
    raising: list[BaseException] = field(default_factory=list)  # one a question, the first first
    around: list[Around] = field(default_factory=list)  # what it was told about silence

    async def choose(self, case: Case, cuts: Sequence[int]) -> tuple[int, Asked]:
        self._take(cut_check.NAME)
        answers = tuple((str(at), -float(number)) for number, at in enumerate(reversed(cuts)))
        return len(cuts) - 1, Asked(cut_check.NAME, "cut/1", "m", tuple(reversed(answers)))

    async def silence(self, case: Case, around: Around, ask: bool) -> tuple[Verdict, Asked | None]:
        self.around.append(around)
        if not ask or around.place is Place.COMMENT:
            finding = Finding.PASSED if around.place is Place.COMMENT else Finding.UNCHECKED
            cause = None if around.place is Place.COMMENT else Cause.NO_MODEL
            return Verdict(SILENCE, 1, finding, cause, (), 0.8 if cause else 1.0), None
        self._take(SILENCE)
        quiet = case.prefix.endswith("quiet") or not case.prefix.strip()
        asked = Asked(SILENCE, "silence/1", "m", (("yes", -0.1 if quiet else -3.0),))
        if quiet == (not case.target):
            return Verdict(SILENCE, 1, Finding.PASSED), asked
        cause = Cause.CODE_WHERE_SILENCE if quiet else Cause.SILENCE_WHERE_CODE
        return Verdict(SILENCE, 1, Finding.DROPPED, cause), asked

    @property
    def asking(self) -> dict[str, Ask]:
        """For a pipeline."""
        return {SILENCE: self.silence}

    def _take(self, question: str) -> None:
        self.questions.append(question)
        if self.raising:
            raise self.raising.pop(0)


def an_exhibit(
    sample: Sample | None = None,
    before: Judgement | None = None,
    looks: tuple[Look, ...] = (),
    number: int = 1,
) -> Exhibit:
    """A sample as a store shows it."""
    sample = sample or a_sample()
    stamp = Stamp(sample.target.encode("utf-8", "surrogatepass"), str(len(looks)))
    return Exhibit(number, sample, looks, before, stamp)


@dataclass
class ListedSamples:
    """A store of samples in memory."""

    samples: dict[int, Sample]
    recording: bool = True
    opening: bool = False
    private: set[str] = field(default_factory=set)
    rows: dict[int, Judged] = field(default_factory=dict)
    writes: list[int] = field(default_factory=list)
    raising: list[Exception] = field(default_factory=list)

    def why_not(self, doc: str, roots: Sequence[str]) -> str | None:
        return "It is private." if doc in self.private else None

    async def due(self, query: Due) -> list[int]:
        if self.raising:
            raise self.raising.pop(0)
        found = (number for number in self.samples if number < query.before)
        due = [number for number in found if self._is_due(number, query)]
        return sorted(due, reverse=True)[: query.limit]

    async def due_count(self, query: Due) -> int:
        return sum(self._is_due(number, query) for number in self.samples)

    async def exhibit(self, number: int) -> Exhibit | None:
        if number not in self.samples:
            return None
        row = self.rows.get(number)
        before = None if row is None else row.judgement
        return an_exhibit(self.samples[number], before, number=number)

    async def roots(self) -> tuple[str, ...]:
        return ("file:///w",)

    async def standings(self) -> list[Standing]:
        return []

    def judged(self, judged: Judged) -> None:
        self.rows[judged.number] = judged
        self.writes.append(judged.number)

    async def flush(self) -> int:
        return 0

    def _is_due(self, number: int, query: Due) -> bool:
        row = self.rows.get(number)
        if row is None or row.versions != query.versions:
            return True
        return query.askable and row.judgement.is_unasked
