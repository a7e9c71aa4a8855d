"""Where commit states are cut: in real code, in recorded sessions, in a repository's history.

`python -m bench.truncate [--corpus FOLDER]... [--packages] [--cases N] [--teacher NAMES]
[--asked N] [--repository FOLDER] [--trace FILE]...`

Left out: where units end by somebody else's account (`bench.judges`), the code (`bench.holes`).

Rules
 - `exact_prefix`: of all cases, what is left is the beginning of what was kept, character for
   character.
 - `ends_at_unit`: of the cases that are cut and that a judge can read, those whose cut is an end
   by the judge. What has no unit, and what is kept whole, is counted beside it.
 - A teacher is asked with the cuts that it would be offered, in cases that leave a choice; the
   figures compare its choice with the first unit, which is what is taken without it.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import judges, report, stage
from bench.corpus import Source, from_packages
from bench.holes import READ, Hole, folders, holes, of_history, of_trace, read
from bench.record import shared_traces
from echo_core.errors import EngineError
from echo_core.judging.checks.case import Case
from echo_core.judging.truncation import Cut, every_cut, first_unit, offered, refine
from echo_core.judging.units import UnitKind
from echo_core.showing.metrics import percentile
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.structure.parsing import TreeSitterParsing
from echo_daemon.teaching.local import LocalTeacher
from echo_runtime.clock import SystemClock

CASES: Final = 4000
MINED_MAX: Final = 1500  # of traces, and of history
ASKED: Final = 60
TELL_EVERY: Final = 20


@dataclass(slots=True)
class Tally:
    """What was counted of some cases."""

    cases: int = 0
    exact: int = 0
    no_unit: int = 0
    judged: int = 0
    at_unit: int = 0
    whole: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    chars_before: list[int] = field(default_factory=list)
    chars_after: list[int] = field(default_factory=list)
    lines_before: list[int] = field(default_factory=list)
    lines_after: list[int] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """For the detail."""
        lengths = {
            name: [percentile(values, share) for share in (50, 95)]
            for name, values in (
                ("chars_before_p50_p95", self.chars_before),
                ("chars_after_p50_p95", self.chars_after),
                ("lines_before_p50_p95", self.lines_before),
                ("lines_after_p50_p95", self.lines_after),
                ("ms_p50_p95", self.ms),
            )
        }
        return {
            "cases": self.cases,
            "no_unit": share(self.no_unit, self.cases),
            "judged": self.judged,
            "ends_at_unit": share(self.at_unit, self.judged),
            "kept_whole": share(self.whole, self.cases - self.no_unit),
            "kinds": dict(self.kinds.most_common()),
            "wrong": dict(self.wrong.most_common()),
            **lengths,
        }


def share(part: int, whole: int) -> float | None:
    """None of nothing."""
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Asked:
    """A case that leaves a choice."""

    hole: Hole
    first: Cut
    cuts: tuple[Cut, ...]


class Truncation:
    """Cuts holes and counts."""

    def __init__(self) -> None:
        self._parsing = TreeSitterParsing()
        self.all = Tally()
        self.by: dict[str, Tally] = defaultdict(Tally)
        self.open: list[Asked] = []

    def take(self, hole: Hole) -> None:
        """One case."""
        began = time.perf_counter()
        source = hole.source
        ends = self._parsing.unit_ends(source.language, hole.prefix, hole.target, hole.suffix)
        cuts = every_cut(hole.target, hole.suffix, ends)
        chosen = first_unit(cuts)
        took_ms = (time.perf_counter() - began) * 1000
        tallies = (self.all, self.by[hole.way], self.by[source.language])
        for tally in tallies:
            tally.ms.append(took_ms)
            _count(tally, hole, chosen)
        if chosen is not None and len(offered(cuts)) > 1:
            self.open.append(Asked(hole, chosen, offered(cuts)))


def _count(tally: Tally, hole: Hole, chosen: Cut | None) -> None:
    tally.cases += 1
    text = "" if chosen is None else refine(hole.target, chosen).text
    # By the file itself: a mined window is its own file.
    kept = hole.source.text[hole.start : hole.start + len(text)]
    tally.exact += hole.target.startswith(text) and kept == text
    if chosen is None:
        tally.no_unit += 1
        return
    tally.kinds[chosen.kind.value] += 1
    tally.whole += text.strip() == hole.target.strip()
    for before, after, value in (
        (tally.chars_before, tally.chars_after, len),
        (tally.lines_before, tally.lines_after, _lines),
    ):
        before.append(value(hole.target))
        after.append(value(text))
    said = _judged(hole, chosen, text)
    if said is not None:
        tally.judged += 1
        tally.at_unit += said
        tally.wrong[chosen.kind.value] += not said


def _lines(text: str) -> int:
    return 1 + text.strip().count("\n")


def _judged(hole: Hole, chosen: Cut, text: str) -> bool | None:
    if chosen.kind is UnitKind.WHOLE and hole.way != "typing":
        return None  # nothing was cut
    judge = judges.judge(hole.source.language, hole.source.text)
    if judge is None:
        return None
    at = hole.start + len(text.rstrip())
    if chosen.kind is UnitKind.WHOLE and hole.way == "typing":
        # Whoever was still typing has left a whole only if the file can be read with it.
        typed = hole.source.text[: hole.start] + text + hole.source.text[hole.rest :]
        judge = judges.judge(hole.source.language, typed)
        return judge is not None and judge.ends(hole.start, at, UnitKind.FRAGMENT)
    return judge.ends(hole.start, at, chosen.kind)


async def teach(name: str, threads: int, cases: Sequence[Asked]) -> dict[str, object]:
    """How a model on the shelf chooses in `cases`."""
    clock = SystemClock()
    engine = stage.alone(name, threads).engine(clock)
    teacher = LocalTeacher(engine, RapidMatcher().distance)
    counted: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    ms: list[float] = []
    tokens: list[int] = []
    try:
        for number, asked in enumerate(cases):
            if number % TELL_EVERY == 0:
                stage.say(f"{name}: {number} of {len(cases)}")
            hole = asked.hole
            case = Case(
                hole.source.language, hole.source.path, hole.prefix, hole.target, hole.suffix
            )
            try:
                choice = await teacher.choose(case, [cut.at for cut in asked.cuts])
            except EngineError:
                counted["failed"] += 1
                continue
            chosen = asked.cuts[choice.index]
            counted[_compared(chosen, asked.first)] += 1
            kinds[chosen.kind.value] += 1
            ms.append(choice.ms)
            tokens.append(choice.tokens)
    finally:
        await engine.close()
    answered = counted["same"] + counted["shorter"] + counted["longer"]
    return {
        "asked": len(cases),
        "agreement": share(counted["same"], answered),
        "shorter": share(counted["shorter"], answered),
        "longer": share(counted["longer"], answered),
        "failed": counted["failed"],
        "places_p50": percentile([len(asked.cuts) for asked in cases], 50),
        "kinds": dict(kinds.most_common()),
        "ms_p50_p95": [percentile(ms, 50), percentile(ms, 95)],
        "tokens_p50_p95": [percentile(tokens, 50), percentile(tokens, 95)],
    }


def _compared(chosen: Cut, first: Cut) -> str:
    if chosen.at == first.at:
        return "same"
    return "shorter" if chosen.at < first.at else "longer"


def spread(cases: Sequence[Asked], count: int) -> list[Asked]:
    """`count` cases, evenly over all."""
    step = max(1, len(cases) // max(1, count))
    return list(cases[::step])[:count]


async def mined(traces: Iterable[Path], repository: Path | None) -> list[Hole]:
    """What mining made of recorded sessions and of a history."""
    found: list[Hole] = []
    for trace in traces:
        found += list(of_trace(trace))[:MINED_MAX]
    if repository is not None:
        taken: list[Hole] = []
        async with aclosing(of_history(repository)) as holes_of_history:
            async for hole in holes_of_history:
                taken.append(hole)
                if len(taken) >= MINED_MAX:
                    break
        found += taken
    return found


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    corpus: tuple[Path, ...]
    packages: bool
    cases: int
    seed: int
    teachers: tuple[str, ...]
    asked: int
    threads: int
    traces: tuple[Path, ...]
    repository: Path | None


async def measure(options: Options) -> report.Report:
    """All of it."""
    truncation = Truncation()
    sources: list[Source] = []
    for folder in options.corpus or folders():
        stage.say(f"reading {folder.name}")
        sources += read(folder, options.seed)
    if options.packages:
        found, missing = from_packages()
        sources += [source for source in found if source.language in READ]
        for sentence in missing:
            stage.say(sentence)
    by_language: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_language[source.language].append(source)
    each = options.cases // max(1, len(by_language))
    for language, files in sorted(by_language.items()):
        stage.say(f"{language}: {len(files)} files")
        for hole in holes(files, each, options.seed):
            truncation.take(hole)
    for hole in await mined(options.traces, options.repository):
        truncation.take(hole)
    chosen = spread(truncation.open, options.asked)
    taught = {name: await teach(name, options.threads, chosen) for name in options.teachers}
    tally = truncation.all
    return report.Report(
        bench="truncate",
        when=report.when(SystemClock().wall_ms()),
        machine=report.machine(),
        model=", ".join(options.teachers) or "none",
        values={
            "exact_prefix": share(tally.exact, tally.cases),
            "ends_at_unit": share(tally.at_unit, tally.judged),
        },
        detail={
            "all": tally.told(),
            **{name: one.told() for name, one in sorted(truncation.by.items())},
            "teachers": taught,
        },
    )


def main() -> None:
    """The command line."""
    parser = stage.plain_parser(__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, action="append", help="a folder of code")
    parser.add_argument("--packages", action="store_true", help="the code of bench.corpus too")
    parser.add_argument("--cases", type=int, default=CASES, help="holes that are cut into code")
    parser.add_argument("--teacher", default="none", help="names of models, or none")
    parser.add_argument("--asked", type=int, default=ASKED, help="cases that a teacher is asked")
    parser.add_argument("--trace", type=Path, action="append", help="a trace; may be repeated")
    parser.add_argument("--repository", type=Path, help="whose history is mined too")
    said = parser.parse_args()
    names = tuple(name for name in said.teacher.split(",") if name not in ("", "none"))
    options = Options(
        corpus=tuple(said.corpus or ()),
        packages=said.packages,
        cases=said.cases,
        seed=said.seed,
        teachers=names,
        asked=said.asked,
        threads=said.threads,
        traces=tuple(said.trace or shared_traces()),
        repository=said.repository,
    )
    stage.run(measure(options))


if __name__ == "__main__":
    main()
