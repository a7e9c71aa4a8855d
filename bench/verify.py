"""What the checks find of planted faults, and what they refuse of good code.

`python -m bench.verify [--seed N] [--share X] [--corpus DIR] [--misses FILE] [--teacher NAME]`

Real code in many languages is cut as samples are; into each cut a fault is planted, and its class's
check is asked about both. What is counted: faults that were dropped for the right cause, and good
code that was dropped.

With a teacher it is asked about void conflicts besides (`bench.voids`).

Left out: the rest of the pipeline.

Rules
 - A fault counts as found where a check drops the case for a cause of its class.
 - Good code counts as refused where the same check drops it, whatever for.
 - What was missed or refused is shown by its place in the corpus alone; `--misses` writes the
   corpus's own text, to be read by eye.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import corpus, report, stage, voids
from bench.trials import CLEAN_ONLY, LOOKALIKES, PLAN, SEVEN, VOID, Trial, Workshop
from echo_core.judging.checks import boundary, malicious, names, personal, secrets, syntax
from echo_core.judging.checks.boundary import Place
from echo_core.judging.checks.persons.names import LocalNames
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.showing.metrics import percentile
from echo_daemon.checking.judges import Judges
from echo_daemon.distilling.api import Matter
from echo_daemon.distilling.asking import Asking
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.structure.faults import FaultFinder
from echo_daemon.structure.names import NameFinder
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_daemon.teaching.local import LocalTeacher
from echo_runtime.clock import SystemClock

# The figures of the report, and the classes that they are made of.
VOIDS: Final = 12  # places of each language: about ten minutes with a model of 0.5B
TELL_EVERY: Final = 12
_FOLDER: Final = "file:///corpus"
RECALLS: Final = {
    "syntax_recall": "syntax",
    "names_recall": "names",
    "secrets_recall": "secret",
    "personal_recall": "personal",
}
FALSES: Final = {"syntax_false": "syntax", "names_false": "names"}


@dataclass(slots=True)
class Count:
    """What became of the cases of one kind."""

    cases: int = 0
    dropped: int = 0

    @property
    def share(self) -> float | None:
        """How many of them were dropped; None where there were none."""
        return self.dropped / self.cases if self.cases else None


@dataclass(slots=True)
class Tally:
    """All counts: by class, kind and language."""

    faulty: dict[tuple[str, str, str], Count] = field(default_factory=lambda: defaultdict(Count))
    clean: dict[tuple[str, str, str], Count] = field(default_factory=lambda: defaultdict(Count))
    cost_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[tuple[str, Trial]] = field(default_factory=list)

    def share(self, group: str, *, faulty: bool) -> float | None:
        """Of all cases of a class, those that were dropped."""
        counts = (self.faulty if faulty else self.clean).items()
        whole = Count()
        for (of, _, _), count in counts:
            if of == group:
                whole.cases += count.cases
                whole.dropped += count.dropped
        return whole.share


class Examiner:
    """Runs the check of a class."""

    def __init__(self, workshop: Workshop) -> None:
        self._clock = SystemClock()
        self._judges = Judges()  # syntax as it is judged: what stands in a comment is prose
        self._names = NameFinder(FaultFinder())
        self._structure = TreeSitterStructure(self._clock)
        self._workshop = workshop
        self._checks: Mapping[str, Callable[[Trial], tuple[Verdict, ...]]] = {
            "syntax": self._syntax,
            "names": self._named,
            VOID: self._void,
        }

    def look(self, trial: Trial, tally: Tally) -> None:
        """Judge one case and count what became of it."""
        begun = self._clock.steady_ms()
        verdicts = self._checks.get(trial.group, self._safety)(trial)
        tally.cost_ms[trial.group].append(self._clock.steady_ms() - begun)
        dropped = [one for one in verdicts if one.finding is Finding.DROPPED]
        key = (trial.group, trial.kind.partition(":")[2], trial.case.language)
        if trial.expects:
            found = any(one.cause in trial.expects for one in dropped)
            tally.faulty[key].cases += 1
            tally.faulty[key].dropped += found
            if not found:
                tally.wrong.append(("missed", trial))
        else:
            tally.clean[key].cases += 1
            tally.clean[key].dropped += bool(dropped)
            if dropped:
                tally.wrong.append(("refused", trial))

    def _syntax(self, trial: Trial) -> tuple[Verdict, ...]:
        case = trial.case
        texts = (case.prefix, case.target, case.suffix)
        matter = Matter(f"{_FOLDER}/{case.path}", (_FOLDER,), case.language, *texts)
        return self._judges.check(matter, len(case.target), (syntax.NAME,)).verdicts

    def _named(self, trial: Trial) -> tuple[Verdict, ...]:
        found = self._names.names(trial.case)
        return (names.judge(trial.case, found, self._workshop.names_of(trial)),)

    def _void(self, trial: Trial) -> tuple[Verdict, ...]:
        case = trial.case
        advice = self._structure.advise(case.language, case.before, case.start)
        place = Place.COMMENT if advice.comment else Place.CODE
        return (boundary.judge(case, place, None),)

    def _safety(self, trial: Trial) -> tuple[Verdict, ...]:
        if trial.group == "secret":
            return (secrets.judge(trial.case),)
        if trial.group == "malicious":
            return (malicious.judge(trial.case),)
        person = personal.judge(trial.case, None, LocalNames())
        if trial.group == "personal":
            return (person,)
        return (secrets.judge(trial.case), malicious.judge(trial.case), person)


def measured(sources: list[corpus.Source], seed: int, share: float) -> Tally:
    """All trials of one corpus, judged."""
    workshop = Workshop(sources, seed)
    _say(f"reading the names of {len(sources)} files")
    workshop.index(sources)
    examiner = Examiner(workshop)
    tally = Tally()
    for language in workshop.languages:
        _say(language)
        for group, count in PLAN.items():
            wanted = max(1, round(count * share))
            if language in CLEAN_ONLY:
                if group in FALSES.values():
                    for trial in workshop.clean(group, language, wanted):
                        examiner.look(trial, tally)
                continue
            for pair in workshop.pairs(group, language, wanted):
                for trial in pair:
                    examiner.look(trial, tally)
        if language not in CLEAN_ONLY:
            for lookalike, _ in workshop.pairs("clean", language, round(LOOKALIKES * share)):
                examiner.look(lookalike, tally)
    return tally


def figures(tally: Tally) -> dict[str, float | None]:
    """The figures that have budgets."""
    recalls = {name: tally.share(group, faulty=True) for name, group in RECALLS.items()}
    return recalls | {name: tally.share(group, faulty=False) for name, group in FALSES.items()}


def detail(tally: Tally) -> dict[str, object]:
    """Everything that is needed to judge the figures."""
    return {
        "faulty": sum(count.cases for count in tally.faulty.values()),
        "clean": sum(count.cases for count in tally.clean.values()),
        "recall": _tables(tally.faulty),
        "refused": _tables(tally.clean),
        "ms_p50": {group: percentile(spent, 50) for group, spent in tally.cost_ms.items()},
        "ms_p95": {group: percentile(spent, 95) for group, spent in tally.cost_ms.items()},
    }


def _tables(counts: Mapping[tuple[str, str, str], Count]) -> dict[str, object]:
    """class -> by kind and by language -> [cases, share that was dropped]."""
    found: dict[str, dict[str, dict[str, Count]]] = defaultdict(
        lambda: {"kind": defaultdict(Count), "language": defaultdict(Count)}
    )
    for (group, kind, language), count in sorted(counts.items()):
        for table, name in (("kind", kind), ("language", language)):
            found[group][table][name].cases += count.cases
            found[group][table][name].dropped += count.dropped
    return {
        group: {
            table: {name: [count.cases, count.share] for name, count in rows.items()}
            for table, rows in tables.items()
        }
        for group, tables in found.items()
    }


async def conflicts(
    model: str, sources: list[corpus.Source], seed: int, count: int
) -> Mapping[str, object]:
    """Void conflicts as `model` sees them."""
    clock = SystemClock()
    engine = stage.alone(model, 0).engine(clock)
    try:
        await engine.warm()
        asked = voids.Voids(Asking(LocalTeacher(engine, RapidMatcher().distance)))
        places = voids.spots(sources, SEVEN, count, seed)
        for number, spot in enumerate(places):
            if number % TELL_EVERY == 0:
                _say(f"void conflicts: place {number} of {len(places)}")
            await asked.look(spot)
        return asked.told()
    finally:
        await engine.close()


def by_eye(tally: Tally) -> str:
    """What was judged wrongly, to be read."""
    lines = []
    for how, trial in tally.wrong:
        case = trial.case
        lines.append(f"=== {how} {trial.kind} {case.language} {trial.package}/{case.path}")
        lines.append(f"{case.prefix[-300:]}«{case.target}»{case.suffix[:200]}")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, and print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of the cases of a full run")
    parser.add_argument("--corpus", type=Path, help="a folder of code instead of the packages")
    parser.add_argument("--misses", type=Path, help="a file for what was judged wrongly")
    parser.add_argument("--teacher", default="", help="a model to ask about void conflicts")
    parser.add_argument("--voids", type=int, default=VOIDS, help="places of each language")
    options = parser.parse_args()
    missing: list[str] = []
    if options.corpus:
        sources = corpus.from_folder(options.corpus)
    else:
        sources, missing = corpus.from_packages()
    for sentence in missing:
        _say(sentence)
    if not sources:
        raise SystemExit("there is no code to take cases from: name a folder with --corpus")
    clock = SystemClock()
    tally = measured(sources, options.seed, options.share)
    if options.misses:
        options.misses.write_text(by_eye(tally), encoding="utf-8")
    told = detail(tally) | {
        "seed": options.seed,
        "corpus": "folder" if options.corpus else corpus.LIST.name,
        "packages_missing": len(missing),
        "files": len(sources),
    }
    if options.teacher:
        told["void_by_model"] = asyncio.run(
            conflicts(options.teacher, sources, options.seed, options.voids)
        )
    whole = report.Report(
        "verify",
        report.when(clock.wall_ms()),
        report.machine(),
        options.teacher or "none",
        figures(tally),
        told,
    )
    print(whole.as_line())


if __name__ == "__main__":
    main()
