"""One sample through the table of checks (`echo_core.judging.checks.table`): from candidate to
judgement.

    cuts ─▶ the rule's cut ─▶ cheap checks ─▶ the teacher's cut ─▶ cheap checks again, where it
    is another ─▶ what a model is asked ─▶ standing ─▶ quality

What a commit holds there goes this way first, where it is the better text
(`echo_core.judging.checks.later`); where a cheap check drops it, what stood at the break does.

Left out: which sample and when (`distiller`), what the checks do.

Rules
 - A stored verdict of the same version stays, unless the target is cut elsewhere now. Of a
   commit's text none does: nothing says that the commit is still the same.
 - No model is asked about what a cheap check dropped.
 - A sample of silence is kept only where a model was asked.
 - Whatever fails in an unexpected way drops the sample: `CRASHED`, with the failure's name.
 - Nothing is written. What a model answered about a sample is remembered until another one is
   judged, so that typing in between costs no answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar, cast

from echo_core.errors import EngineError
from echo_core.experience.sample import Sample
from echo_core.gaps.life import Break
from echo_core.judging.checks import cut, quality, standing
from echo_core.judging.checks.boundary import Life, Place
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.later import Later, later
from echo_core.judging.checks.table import Cost, Step, crashed, in_order, judged
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.judging.exhibit import Exhibit, Stamp
from echo_core.judging.judgement import Asked, Judgement, Redaction
from echo_core.places import below
from echo_daemon.distilling.api import (
    Around,
    Ask,
    Choose,
    Cut,
    Cuts,
    Examiner,
    ExaminerDiedError,
    Found,
    Matter,
)
from echo_engine.background import Preempted

R = TypeVar("R")
EXAMINER_TRIES: Final = 2  # somebody may have killed it the first time
# These say nothing of the sample: asked for again whenever it is looked at again.
_AGAIN: Final = frozenset({Cause.NOT_ASKED, Cause.NOT_CONFIGURED, Cause.CRASHED})
_SILENT_UNIT: Final = "comment"  # while a comment is written, silence is the right answer
_PLACE: Final = "place"
_NOTHING: Final = Cut(0, "")


@dataclass(slots=True)
class _Work:
    """One sample on its way."""

    matter: Matter
    exhibit: Exhibit
    ask: bool
    last: bool
    later: Later = Later.NONE
    at: Cut = _NOTHING
    place: Place = Place.UNKNOWN
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    redactions: tuple[Redaction, ...] = ()
    licence: str = ""

    @property
    def before(self) -> Judgement | None:
        """What was found of this text the last time."""
        found = self.exhibit.judgement
        if found is None or Later.TAKEN in (self.later, found.later):
            return None
        return found

    @property
    def is_dropped(self) -> bool:
        return any(one.finding is Finding.DROPPED for one in self.verdicts.values())

    def case(self, length: int) -> Case:
        """The sample with a target of this length."""
        matter = self.matter
        path = below(matter.doc, matter.roots)
        return Case(matter.language, path, matter.prefix, matter.target[:length], matter.suffix)

    @property
    def around(self) -> Around:
        """What is known besides the texts."""
        sample = self.exhibit.sample
        life = Life(sample.break_reason, sample.grown_chars, sample.undone, sample.deleted)
        return Around(self.place, life, self.matter.target)

    def cut(self, at: Cut) -> None:
        """Cut the target there; a comment is cut to nothing."""
        self.at = Cut(0, at.unit) if at.unit == _SILENT_UNIT else at

    def say(self, verdict: Verdict) -> None:
        self.verdicts[verdict.check] = verdict

    def holds(self, step: Step) -> Verdict | None:
        """What `step` found before, where that still counts as long as the cut is the same."""
        found = None if self.before is None else self.before.verdict(step.name)
        if found is None or found.version != step.version or found.cause in _AGAIN:
            return None
        return None if self.ask and found.cause is Cause.NO_MODEL else found

    def tell(self, question: str, asked: Asked | None) -> None:
        """Keep what a model answered, where one was asked."""
        if asked is not None:
            self.asked[question] = asked

    def asked_before(self, question: str) -> Asked | None:
        asked = () if self.before is None else self.before.asked
        return next((one for one in asked if one.question == question), None)


class Pipeline:
    """The table, with those who answer it."""

    def __init__(
        self,
        table: tuple[Step, ...],
        examiner: Examiner,
        choose: Choose,
        asking: Mapping[str, Ask],
        failed: Callable[[str, str], None] = lambda _step, _kind: None,
    ) -> None:
        """`asking`: for each step of the table that costs a model, by its name.

        `failed(step, kind)` hears of every failure, without text.
        """
        self.table = table
        self._steps = {step.name: step for step in table}
        self._cheap = [step for step in table if step.cost is Cost.CHEAP and step.name != cut.NAME]
        self._examiner = examiner
        self._choose = choose
        self._asking = asking
        self._failed = failed
        # Of the sample that is stamped so, by question, text and cut:
        self._answers: dict[tuple[str, str, int], object] = {}
        self._stamp: Stamp | None = None

    async def judge(
        self, exhibit: Exhibit, roots: tuple[str, ...], *, ask: bool, last: bool = False
    ) -> Judgement:
        """All that is found about a sample. `ask`: a model may be asked.

        `last`: a model that cannot answer drops the sample; it answered about others.

        Raises:
            Preempted: typing came first; ask again later.
            EngineError: the model cannot answer now.
        """
        if self._stamp != exhibit.stamp:
            self._answers, self._stamp = {}, exhibit.stamp
        sample = exhibit.sample
        which, text = later(sample, exhibit.looks)
        work = _Work(_matter(sample, text or sample.target, roots), exhibit, ask, last, which)
        cuts = await self._examine(work)
        if which is Later.TAKEN and work.is_dropped:
            matter = _matter(sample, sample.target, roots)
            work = _Work(matter, exhibit, ask, last, Later.DROPPED)
            cuts = await self._examine(work)
        if cuts is not None and ask and not work.is_dropped:
            await self._let_choose(work, cuts)
        for name, ask_about in self._asking.items():
            if not work.is_dropped:
                await self._ask(work, name, ask_about)
        self._look(work)
        verdicts = in_order(self.table, work.verdicts.values())
        return Judgement(
            cut=work.at.at,
            unit=work.at.unit,
            quality=round(quality.score(verdicts, work.case(work.at.at).target), 6),
            licence=work.licence,
            verdicts=verdicts,
            asked=tuple(work.asked.values()),
            redactions=work.redactions,
            later=work.later,
        )

    # --- what costs milliseconds --------------------------------------------------------------

    async def _examine(self, work: _Work) -> Cuts | None:
        """Cut the target by the rule and check it; the places, as `_cut` has them."""
        if work.before is not None:
            work.redactions, work.licence = work.before.redactions, work.before.licence
        cuts = await self._cut(work)
        await self._check(work)
        return cuts

    async def _cut(self, work: _Work) -> Cuts | None:
        """Cut the target; the places, where a teacher has yet to choose among several."""
        step = self._steps[cut.NAME]
        found = work.holds(step)
        if found is not None and work.before is not None:
            work.at = Cut(work.before.cut, work.before.unit)
            work.place = Place(str(dict(found.facts).get(_PLACE, Place.UNKNOWN)))
            work.tell(cut.NAME, work.asked_before(cut.NAME))
            work.say(found)
            return None
        cuts = await self._examined(work, step, lambda: self._examiner.cuts(work.matter))
        if cuts is None:
            return None
        work.place = cuts.place
        if cuts.place is Place.COMMENT or not work.matter.target.strip():
            work.at = Cut(0, "" if cuts.place is not Place.COMMENT else _SILENT_UNIT)
            work.say(cut.judge(1, cut.By.NOT_ASKED, cuts.place))
            return None
        by = cut.By.NOT_ASKED if work.ask else cut.By.NO_MODEL
        work.say(judged(step, cut.judge(len(cuts.options), by, cuts.place)))
        if not cuts.options:
            return None
        work.cut(cuts.options[cuts.first])
        return cuts if len(cuts.options) > 1 else None

    async def _check(self, work: _Work) -> None:
        """Let the cheap checks look at the target as it is cut, those of them that have to."""
        if cut.NAME in work.verdicts and work.verdicts[cut.NAME].finding is Finding.DROPPED:
            return
        same = work.before is not None and work.before.cut == work.at.at
        held = {step.name: work.holds(step) if same else None for step in self._cheap}
        wanted = tuple(name for name, verdict in held.items() if verdict is None)
        for verdict in held.values():
            if verdict is not None:
                work.say(verdict)
        if not wanted:
            return
        place = work.at.at
        found = await self._examined(
            work,
            self._steps[wanted[0]],
            lambda: self._examiner.check(work.matter, place, wanted),
        )
        if found is not None:
            self._take(work, found, wanted)

    def _take(self, work: _Work, found: Found, wanted: tuple[str, ...]) -> None:
        by_name = {one.check: one for one in found.verdicts}
        for name in wanted:
            step = self._steps[name]
            said = by_name.get(name)
            work.say(crashed(step, "no answer") if said is None else judged(step, said))
            if work.verdicts[name].cause is Cause.CRASHED:
                self._failed(name, str(dict(work.verdicts[name].facts).get("failure", "")))
        work.redactions, work.licence = found.redactions, found.licence

    async def _examined(
        self, work: _Work, step: Step, question: Callable[[], Awaitable[R]]
    ) -> R | None:
        for _ in range(EXAMINER_TRIES):
            try:
                return await question()
            except ExaminerDiedError:
                self._failed(step.name, ExaminerDiedError.__name__)
        work.say(crashed(step, ExaminerDiedError.__name__))
        return None

    # --- what costs a model -------------------------------------------------------------------

    async def _let_choose(self, work: _Work, cuts: Cuts) -> None:
        whole = work.case(len(work.matter.target))
        places = [option.at for option in cuts.options]
        answer = await self._guarded(work, cut.NAME, lambda: self._choose(whole, places))
        if isinstance(answer, Verdict):
            work.say(answer)
            return
        index, asked = answer
        work.tell(cut.NAME, asked)
        work.say(cut.judge(len(cuts.options), cut.By.TEACHER, cuts.place))
        first = work.at
        work.cut(cuts.options[index])
        if work.at != first:
            await self._check(work)

    async def _ask(self, work: _Work, name: str, ask_about: Ask) -> None:
        step = self._steps[name]
        same = work.before is not None and work.before.cut == work.at.at
        found = work.holds(step) if same else None
        if found is not None:
            work.say(found)
            work.tell(name, work.asked_before(name))
            return
        case, around, ask = work.case(work.at.at), work.around, work.ask
        answer = await self._guarded(work, name, lambda: ask_about(case, around, ask))
        if isinstance(answer, Verdict):
            work.say(answer)
            return
        verdict, asked = answer
        work.tell(name, asked)
        if verdict.cause is Cause.NO_MODEL and not work.at.at:
            verdict = replace(verdict, finding=Finding.DROPPED)
        work.say(judged(step, verdict))

    async def _guarded(
        self, work: _Work, name: str, question: Callable[[], Awaitable[tuple[R, Asked | None]]]
    ) -> tuple[R, Asked | None] | Verdict:
        key = (name, work.matter.target, work.at.at)
        if key in self._answers:
            return cast("tuple[R, Asked | None]", self._answers[key])
        try:
            answer = await question()
        except Preempted:
            raise
        except Exception as error:  # whatever it is, the sample is not trusted
            if isinstance(error, EngineError) and not work.last:
                raise
            kind = type(error).__name__
            self._failed(name, kind)
            return crashed(self._steps[name], kind)
        if answer[1] is not None:
            self._answers[key] = answer
        return answer

    # --- what became of it --------------------------------------------------------------------

    def _look(self, work: _Work) -> None:
        sample = work.exhibit.sample
        committed = sample.break_reason is Break.IMPORTED
        chars = len(sample.target) if work.at.at else 0
        whole = work.later is Later.TAKEN
        looks = work.exhibit.looks
        work.say(standing.judge(looks, chars, committed=committed, later=whole))


def _matter(sample: Sample, target: str, roots: tuple[str, ...]) -> Matter:
    texts = (sample.prefix, target, sample.suffix)
    proposed = sample.proposal if sample.shown else ""
    return Matter(sample.doc, roots, sample.language, *texts, proposed)
