"""What context brings: lines of real commits, with what else was in hand and without it.

`python -m bench.context [--repository FOLDER] [--problems N] [--model NAME] [--seed N]`

Left out: time as a person meets it. The context of a place is read in idle time; here nothing is
read in advance, so `cold_prompt_ms` is what reading all of a prompt costs.

Rules
 - The daemon's own front, completer and engine; each task in a front that has seen nothing else:
   the other places are gone to, then this one, then the line is typed up to the cursor.
 - The same tasks with context and without, each pair one after the other. Asked by hand, so that
   no gate decides.
 - Judged on the rest of the line, without white space at its end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import history, report, stage
from bench.history import Task
from bench.infill import TELL_EVERY, Answer, Score, gain
from echo_core.clock import Clock
from echo_core.completion.window import Window
from echo_core.experience.looks import Look
from echo_core.experience.mining import Mined
from echo_core.records.events import Event, Opened
from echo_core.records.wire import (
    PROTOCOL_VERSION,
    CompletionAsk,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    Hello,
)
from echo_core.showing.metrics import percentile
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.values import CompletionOptions
from echo_daemon.front import Front
from echo_daemon.mining.miner import Who
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_engine.api import EngineOptions, Finished, Job, Piece, Started
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_trainer.gate.asking import DEADLINE_MS

PROBLEMS: Final = 40
CONTEXT_TOKENS: Final = 800  # the outline, and three chunks
KEYS: Final = 10  # tasks after which one more key is typed, to see what it costs to read
SIDES: Final = ("with", "without")
PARTS: Final = ("all", "ring", "outline")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    repository: Path
    problems: int
    context_tokens: int
    parts: str
    model: str
    seed: int
    threads: int


class Watched(EngineClient):
    """The engine, with a note of what each prompt cost; it reads nothing in advance."""

    started = Started(0, 0, 0.0)
    jobs = 0

    async def run(self, job: Job) -> AsyncGenerator[Started | Piece | Finished, None]:
        """As the engine."""
        self.jobs += 1
        async with aclosing(super().run(job)) as said:
            async for one in said:
                if isinstance(one, Started):
                    self.started = one
                yield one

    def prepare(self, window: Window) -> None:
        """Nothing: what a cold prompt costs is measured."""


class Blank:
    """A recorder that keeps nothing."""

    recording = False

    def admits(self, doc: str, who: Who) -> bool:  # noqa: ARG002 - to none
        """Nothing is kept of any document."""
        return False

    def begin(self, session: str, who: Who, at_ms: int) -> None:
        """Nothing."""

    def together(self) -> AbstractContextManager[object]:
        """Nothing is kept together."""
        return nullcontext()

    def append(self, session: str, event: Event) -> bool:
        """Nothing."""
        del session, event
        return False

    def checkpoint(self, session: str, standing: Sequence[Opened], *, quiet: bool) -> bool:
        """Nothing."""
        del session, standing, quiet
        return False

    def gaps_ended(self, mined: Sequence[Mined]) -> None:
        """Nothing."""

    def looked(self, look: Look) -> None:
        """Nothing."""


class Still(SystemClock):
    """A clock that stands: no parse takes too long, so that the machine decides nothing."""

    def steady_ms(self) -> float:
        """Always the same."""
        return 0.0


class NoOutline(TreeSitterStructure):
    """Syntax as always, but no outline."""

    def outline(self, *_document: object) -> str:
        """None."""
        return ""


@dataclass(slots=True)
class Side:
    """What one side reached, and what its prompts cost."""

    options: CompletionOptions
    score: Score = field(default_factory=Score)
    tokens: list[float] = field(default_factory=list)
    cold_ms: list[float] = field(default_factory=list)
    key_tokens: list[float] = field(default_factory=list)

    @property
    def detail(self) -> dict[str, object]:
        """For the report."""
        return {
            **self.score.detail,
            "prompt_tokens": stage.spread(self.tokens),
            "cold_prompt_ms": stage.spread(self.cold_ms),
            "prompt_tokens_per_key": stage.spread(self.key_tokens),
        }


class Bench:
    """One engine, and what is asked of it."""

    def __init__(self, engine: Watched, clock: Clock, *, outline: bool) -> None:
        self._engine = engine
        self._clock = clock
        self._structure = (TreeSitterStructure if outline else NoOutline)(Still())

    async def ask(self, side: Side, task: Task, *, visits: bool, key: bool) -> None:
        """One task on one side, in a daemon of its own."""
        front = self._front(side.options, task)
        if visits:
            self._visit(front, task)
        doc, cursor = _doc(task.path, task), task.cursor
        begun = task.begun
        if not visits or all(visit.path != task.path for visit in task.visits):
            front.open(DocumentOpen(doc, history.language(task.path), 1, begun.text))
        front.focus(DocumentRef(doc))
        front.cursor(DocumentCursor(doc, begun.offset, begun.offset))
        typed = cursor.text[begun.offset : cursor.offset]
        front.edit(DocumentEdit(doc, 2, [(begun.offset, 0, typed)], len(cursor.text)))
        answer = await front.complete(CompletionAsk(doc, 2, cursor.offset, "invoked"))
        started = self._engine.started
        offered = answer.offers[0].text if answer.offers else ""
        side.score.note(Answer(offered, offered), cursor.target)
        side.tokens.append(float(started.tokens_prompt))
        if started.tokens_evaluated > started.tokens_prompt // 2:
            side.cold_ms.append(started.prompt_ms)
        if key:
            await self._type(front, task, side)
        front.close()

    def _front(self, options: CompletionOptions, task: Task) -> Front:
        return Front(
            Hello(PROTOCOL_VERSION, "bench", 1, roots=[f"file:///{task.repository}"]),
            completer=Completer(self._engine, options, self._clock, self._structure),
            recorder=Blank(),
            clock=self._clock,
            resync=lambda _doc: None,
            count=lambda _reason: None,
            answered=lambda _proposed, _hit: None,
        )

    def _visit(self, front: Front, task: Task) -> None:
        opened: set[str] = set()
        for visit in task.visits:
            doc = _doc(visit.path, task)
            if doc not in opened:
                front.open(DocumentOpen(doc, history.language(visit.path), 1, visit.text))
                opened.add(doc)
            front.focus(DocumentRef(doc))
            front.cursor(DocumentCursor(doc, visit.offset, visit.offset))

    async def _type(self, front: Front, task: Task, side: Side) -> None:
        """One key that was not proposed, so that the engine is asked again."""
        text, offset, jobs = task.cursor.text, task.cursor.offset, self._engine.jobs
        doc = _doc(task.path, task)
        front.edit(DocumentEdit(doc, 3, [(offset, 0, "_")], len(text) + 1))
        await front.complete(CompletionAsk(doc, 3, offset + 1, "invoked"))
        if self._engine.jobs > jobs:
            side.key_tokens.append(float(self._engine.started.tokens_evaluated))


async def measure(chosen: Options) -> report.Report:
    """Ask with context and without, task by task."""
    clock = SystemClock()
    wanted = history.tasks(chosen.repository, chosen.problems, chosen.seed)
    setting = stage.alone(chosen.model, chosen.threads)
    engine = Watched(
        clock,
        EngineOptions(threads=setting.threads, context_tokens=stage.CONTEXT_TOKENS),
        setting.model,
    )
    sides = {
        "with": Side(_options(chosen.context_tokens)),
        "without": Side(_options(0)),
    }
    bench = Bench(engine, clock, outline=chosen.parts != "ring")
    try:
        await engine.warm()
        for number, task in enumerate(wanted, start=1):
            for side in sides.values():
                visits = chosen.parts != "outline"
                await bench.ask(side, task, visits=visits, key=number <= KEYS)
            if number % TELL_EVERY == 0 or number == len(wanted):
                done = ", ".join(f"{sum(sides[name].score.matches)} {name}" for name in SIDES)
                stage.say(f"{number} of {len(wanted)}, matches: {done}")
    finally:
        await engine.close()
    return _report(chosen, sides, setting, clock)


def _options(context_tokens: int) -> CompletionOptions:
    return CompletionOptions(
        deadline_ms=int(DEADLINE_MS), look_ahead=False, context_budget_tokens=context_tokens
    )


def _doc(path: str, task: Task) -> str:
    return f"file:///{task.repository}/{path}"


def _report(
    chosen: Options, sides: dict[str, Side], setting: stage.Stage, clock: Clock
) -> report.Report:
    more = [
        here - there
        for here, there in zip(sides["with"].tokens, sides["without"].tokens, strict=True)
    ]
    pairs = list(zip(sides["with"].score.matches, sides["without"].score.matches, strict=True))
    return report.Report(
        bench="context",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=chosen.model,
        values={"context_em_gain": gain(sides["with"].score, sides["without"].score)},
        detail={
            "repository": chosen.repository.resolve().name,
            "seed": chosen.seed,
            "threads": setting.threads,
            "parts": chosen.parts,
            "budget_tokens": chosen.context_tokens,
            "context_tokens_p50": percentile(more, 50),
            **{name: sides[name].detail for name in SIDES},
            "outcomes": {
                "both": pairs.count((True, True)),
                "with_only": pairs.count((True, False)),
                "without_only": pairs.count((False, True)),
                "neither": pairs.count((False, False)),
            },
        },
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument(
        "--repository",
        type=Path,
        default=Path(__file__).parents[1],
        help="a git repository with history; without it, the one that this file is in",
    )
    options.add_argument("--problems", type=int, default=PROBLEMS)
    options.add_argument("--context-tokens", type=int, default=CONTEXT_TOKENS)
    options.add_argument("--parts", choices=PARTS, default="all", help="of the context")
    stage.run(measure(Options(**vars(options.parse_args()))))


if __name__ == "__main__":
    main()
