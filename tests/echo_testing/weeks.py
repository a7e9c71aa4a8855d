"""Some weeks of somebody's work, played into a real store: for pages that show what becomes of it.

Files of this repository are written again, a few places a day, as `echoctl demo` does it, through
the daemon's own hub and front with time wound by hand. Only the engine is scripted: it writes what
the file goes on with, sometimes with a slip, sometimes nothing, and takes its drawn time.

Left out: judging (the real daemon does it afterwards).

Rules
 - The same seed gives the same work; only the days are counted back from `until_ms`.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from echo_core.records import trace
from echo_core.records.events import OutcomeKind
from echo_core.records.wire import (
    PROTOCOL_VERSION,
    CompletionAsk,
    ConsentChoice,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    Hello,
    OutcomeReport,
)
from echo_core.sharing.consent import Switch
from echo_core.text.edits import Edit
from echo_daemon.front import Front
from echo_daemon.replay.plan import Acceptance, Ask, Plan, Proposal, agree
from echo_daemon.replay.session_source import PLACES_MAX, Place, _Session, places
from echo_engine.api import Finished, Job, Piece, Started
from echo_runtime.profile import Profile
from echo_testing.licence_texts import MIT
from echo_testing.lodge import Lodge
from echo_testing.scripted_engine import ScriptedEngine

ROOT: Final = Path(__file__).resolve().parents[2]
FILES: Final = (
    "echo_core/showing/metrics.py",
    "echo_core/gaps/undo.py",
    "bench/data/orders.ts",
    "echo_core/completion/rhythm.py",
    "echo_core/judging/redactions.py",
    "echo_core/completion/gate.py",
    "echo_core/text/mirror.py",
)
EDITOR: Final = "Neovim 0.12.1"
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
PLACES: Final = 3  # of a file, a day
RUN_CHARS: Final = 240  # of what is typed next that the engine knows
MODELS: Final = ("smollm2-135m", "qwen2.5-coder-0.5b")


class Diviner(ScriptedEngine):
    """Knows what is typed next, and errs."""

    def __init__(self, seed: int) -> None:
        super().__init__(model=MODELS[0])
        self.random = random.Random(seed)
        self.lodge: Lodge | None = None

    def foresee(self, run: str) -> None:
        """What will be typed; what is written of it is drawn."""
        drawn = self.random.random()
        line = run.split("\n", maxsplit=1)[0] or run
        if drawn < 0.10:
            self.text = ""
        elif drawn < 0.35:
            self.text = line[: max(3, len(line) // 2)] + self.random.choice(("_id", "(self)", "s"))
        elif drawn < 0.85:
            self.text = line
        else:
            self.text = run[:RUN_CHARS].rstrip()
        self.logprob = -0.05 - 0.4 * self.random.random()

    async def run(self, job: Job) -> AsyncGenerator[Started | Piece | Finished, None]:
        """As the script says, after some time."""
        assert self.lodge is not None
        self.lodge.clock.now_ms += self.random.lognormvariate(5.0, 0.6)
        async for reply in super().run(job):
            yield reply


@dataclass
class Weeks:
    """Where it happens."""

    profile: Profile
    workspace: Path
    until_ms: int
    days: int
    seed: int = 7

    async def happen(self) -> None:
        """All of it, from the first choice to the last key."""
        engine = Diviner(self.seed)
        lodge = engine.lodge = Lodge(self.workspace, data_dir=self.profile.data_dir, engine=engine)
        lodge.clock.now_ms = float(self.until_ms - (self.days + 1) * DAY_MS)
        self._make_workspace()
        await lodge.hub.choose(ConsentChoice(record=True, by="echoctl"))
        yes = ConsentChoice(record=True, by="echoctl")
        lodge.store.choices.choose(yes, Switch.CONTRIBUTE)
        worked = 0
        for day in range(self.days):
            start_ms = self.until_ms - (self.days - day) * DAY_MS - 4 * HOUR_MS
            start_ms += int(engine.random.random() * 5 * HOUR_MS)
            lodge.clock.now_ms = max(lodge.clock.now_ms, float(start_ms))
            engine.model = MODELS[day * len(MODELS) // self.days]
            if day % 7 not in (2, 3):  # a weekend
                await self._work(lodge, engine, worked)
                worked += 1
            lodge.hub.tick()
        await lodge.hub.flush()
        await lodge.hub.close()

    def _make_workspace(self) -> None:
        for name in FILES:
            target = self.workspace / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
        (self.workspace / "LICENSE").write_text(MIT, encoding="utf-8")
        (self.workspace / ".git").mkdir()

    async def _work(self, lodge: Lodge, engine: Diviner, number: int) -> None:
        hello = Hello(PROTOCOL_VERSION, EDITOR, 1, roots=[self.workspace.as_uri()])
        front, _ = lodge.hub.welcome(hello, lodge.link)
        name = FILES[number % len(FILES)]
        path = self.workspace / name
        source = path.read_text(encoding="utf-8")
        chosen = _some(source, name, engine.random)
        lines = list(_Session(source, path.as_uri(), self.seed + number).lines(chosen))
        await _Typing(lodge, front, engine, lines, name).play()
        lodge.hub.leave(front)


def _some(source: str, name: str, rng: random.Random) -> list[Place]:
    """Places of a file that are written again."""
    found = places(source) if name.endswith(".py") else _blocks(source)
    return sorted(rng.sample(found, min(PLACES, len(found))), key=lambda place: place.start)


def _blocks(source: str) -> list[Place]:
    """Two lines each, of what is indented: for languages that Python cannot parse."""
    found: list[Place] = []
    at, lines = 0, source.split("\n")
    for number, line in enumerate(lines[:-2]):
        pair = f"{line}\n{lines[number + 1]}"
        inside = line.startswith("  ") and lines[number + 1].startswith("  ") and len(pair) > 50
        if inside and (not found or at - 1 >= found[-1].end):
            found.append(Place(at - 1, at + len(pair)))
        at += len(line) + 1
    return found[: PLACES_MAX * 2]


@dataclass
class _Typing:
    """One file, from its opening to its end."""

    lodge: Lodge
    front: Front
    engine: Diviner
    lines: list[trace.TraceLine]
    name: str
    version: int = 1
    text: str = ""
    began_ms: float = 0.0

    async def play(self) -> None:
        """Every line of the trace, and what is proposed and taken."""
        self.began_ms = self.lodge.clock.now_ms
        plan = Plan(self.lines)
        while (step := plan.next()) is not None:
            if isinstance(step, Ask):
                await self._ask(plan, step)
            else:
                self._send(step.line)

    def _send(self, line: trace.TraceLine) -> None:
        clock = self.lodge.clock
        clock.now_ms = max(clock.now_ms, self.began_ms + line.t_ms)
        self.lodge.hub.tick()
        match line:
            case trace.TraceOpen():
                self.text = line.text
                language = "typescript" if self.name.endswith(".ts") else "python"
                self.front.open(DocumentOpen(line.doc, language, self.version, line.text))
            case trace.TraceEdit():
                self._edit(line.doc, line.edits)
            case trace.TraceCursor():
                self.front.cursor(DocumentCursor(line.doc, line.anchor, line.head))
            case trace.TraceSave():
                self.front.save(DocumentRef(line.doc))
            case trace.TraceClose():
                self.front.close_document(DocumentRef(line.doc))
            case trace.TraceFocus():
                self.front.focus(DocumentRef(line.doc))
            case _:
                pass  # a session that is written again moves no branch and no file

    def _edit(self, doc: str, edits: tuple[Edit, ...]) -> None:
        for edit in edits:
            self.text = self.text[: edit.start] + edit.inserted + self.text[edit.end :]
        self.version += 1
        triples = [(edit.start, edit.end - edit.start, edit.inserted) for edit in edits]
        self.front.edit(DocumentEdit(doc, self.version, triples, len(self.text)))

    async def _ask(self, plan: Plan, ask: Ask) -> None:
        self.engine.foresee(plan.upcoming(RUN_CHARS))
        asked = CompletionAsk(ask.doc, self.version, ask.at, "automatic")
        answering = asyncio.ensure_future(self.front.complete(asked))
        while not answering.done():
            if waits := self.lodge.clock.sleeping:
                self.lodge.clock.pass_ms(min(waits))
            await asyncio.sleep(0)
        answer = answering.result()
        if not answer.offers:
            return
        offer = answer.offers[0]
        self.lodge.clock.now_ms += 400  # somebody reads it
        self.front.outcome(OutcomeReport(offer.id, OutcomeKind.SHOWN, 0))
        proposal = Proposal(offer.start, offer.end, offer.text)
        run = plan.upcoming(len(offer.text) + 1)
        taken = agree(proposal, ask.at, self.text[offer.start : offer.end], run)
        if taken is None or self.engine.random.random() < 0.25:
            return
        self._take(ask.doc, offer.id, taken)
        plan.accepted(taken.inserted)

    def _take(self, doc: str, proposal: str, taken: Acceptance) -> None:
        kind = OutcomeKind.ACCEPTED if taken.whole else OutcomeKind.PARTIAL
        self._edit(doc, (replace(taken.edit),))
        self.front.outcome(OutcomeReport(proposal, kind, taken.chars))
