"""The turn of the flywheel, stage by stage; each says what it did in a line or two.

Left out: how a developer works (`people`), what a trainer's commands do (`trainer`), options and
the end (`__main__`).

Rules
 - A stage that does not come to what the next one needs ends the turn with a sentence.
 - What the gate refuses is not published. With `despite_gate` it is given out here all the same,
   under a name that says so, to see how people would have fared; the turn counts as refused.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from bench.flywheel import drawing
from bench.flywheel.people import Developer
from bench.flywheel.programs import StageError
from bench.flywheel.projects import Amount, projects
from bench.flywheel.trainer import Trainer
from echo_core.clock import Clock
from echo_core.release.metadata import Kind
from echo_core.showing.figures import Figures
from echo_trainer.home import Home
from echo_trainer.runs.folders import RunFolder, Runs

T = TypeVar("T")
RELEASE: Final = "flywheel-r1"
REFUSED: Final = "refused-r1"
FORM: Final = Kind.ADAPTER
SEND_ROUNDS_MAX: Final = 50  # of a hundred samples each
# Three developers are no crowd: what only one of them writes would be taken out of all samples.
CONTRIBUTORS_MIN: Final = 1
HELD_OUT_PERSONS: Final = 333  # thousandths: one of three


@dataclass(frozen=True, slots=True)
class Plan:
    """What a turn is made of."""

    model: str
    developers: int
    amount: Amount  # of each
    seed: int
    threads: int  # of each engine; 0: all share out what there is
    training: tuple[str, ...]  # settings of [training], as NAME=VALUE
    gate: tuple[str, ...]  # settings of [gate], likewise
    despite_gate: bool = False


@dataclass(slots=True)
class Told:
    """What the stages came to, for the table and the last line."""

    before: list[Figures] = field(default_factory=list)
    after: list[Figures] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    passed: bool | None = None
    reasons: tuple[str, ...] = ()


class Turn:
    """One turn, in one folder."""

    def __init__(self, folder: Path, plan: Plan, clock: Clock) -> None:
        self._folder = folder
        self._plan = plan
        self._clock = clock
        self._trainer = Trainer(folder / "trainer", plan.threads)
        self._people: list[Developer] = []
        self._candidates: dict[str, int] = {}  # of practice, by developer
        self.told = Told()

    async def run(self) -> Told:
        """All stages.

        Raises:
            EchoError: a stage failed, or did not come to what the next one needs.
        """
        async with AsyncExitStack() as running:
            intake, releases = await self._set_up(running)
            try:
                await self._settle(intake, releases)
                await self._before()
                await self._practise()
                await self._judge()
                await self._send()
                version = await self._curate()
                run = await self._train(version)
                if not await self._gate(run) and not self._plan.despite_gate:
                    return self.told
                await self._publish(run)
                await self._update_and_replay()
            finally:
                for each in self._people:
                    await each.leave()
        return self.told

    @contextmanager
    def _stage(self, name: str, doing: str) -> Iterator[list[str]]:
        """Times a stage, and prints what it added to the list."""
        say(f"{name}: {doing}")
        began_ms = self._clock.steady_ms()
        said: list[str] = []
        yield said
        seconds = (self._clock.steady_ms() - began_ms) / 1000
        self.told.seconds[name] = round(seconds, 1)
        for line in said[:-1]:
            say(f"    {line}")
        say(f"    {said[-1] if said else 'done'} ({seconds:,.0f} s)")

    # --- people ----------------------------------------------------------------------------------

    async def _set_up(self, running: AsyncExitStack) -> tuple[str, str]:
        trainer = self._trainer
        with self._stage("set up", "a trainer with keys, an intake, a release repository") as said:
            await trainer.run("keys", "create")
            await trainer.hold_ceremony()
            intake = await running.enter_async_context(trainer.intake())
            releases = await running.enter_async_context(trainer.releases())
            said.append(f"intake at {intake}, releases at {releases}, both on this machine only")
        return intake, releases

    async def _settle(self, intake: str, releases: str) -> None:
        plan = self._plan
        with self._stage("settle", f"{plan.developers} developers, {plan.model}") as said:
            token = (await self._trainer.run("tokens", "create")).strip()
            root_key = _found(
                r"sharing\.root_key\): ([0-9a-f]+)", await self._trainer.run("keys", "show")
            )
            settings = (
                f'[sharing]\nintake = "{intake}"\nroot_key = "{root_key}"\ntoken = "{token}"\n'
                f'[updates]\nrepository = "{releases}"\nroot = "{self._trainer.root}"\n'
            )
            threads = plan.threads or max(1, (os.cpu_count() or 1) // plan.developers)
            for project in projects(
                self._folder / "projects", plan.developers, plan.amount, plan.seed
            ):
                home = self._folder / project.name
                self._people.append(Developer(project, home, plan.model, threads, self._clock))
            await self._all(lambda each: each.settle(settings))
            for each in self._people:
                said.append(
                    f"{each.name}: {len(each.project.practice)} files to practise,"
                    f" {len(each.project.held_out)} held out; recording is on"
                )

    async def _before(self) -> None:
        with self._stage(
            "before", "the held-out files are written with the model as it is"
        ) as said:
            await self._replay(self.told.before, said)

    async def _replay(self, into: list[Figures], said: list[str], release: str = "") -> None:
        """Every developer writes the held-out files; the gate of proposals begins anew for it."""

        async def replay(each: Developer) -> list[Figures]:
            await each.forget_habits()
            if release:
                await each.update(release)
            async with each.working() as session:
                return await each.write(session, each.project.held_out)

        for each, found in zip(self._people, await self._all(replay), strict=True):
            into.extend(found)
            said.append(f"{each.name}: {drawing.in_words(found)}")
        works = [work for each in self._people for work in each.project.held_out]
        self.told.files = [work.path.name for work in works]

    async def _practise(self) -> None:
        async def practise(each: Developer) -> tuple[list[Figures], int]:
            await each.ctl("consent", "contribute", "on")
            async with each.working() as session:
                found = await each.write(session, each.project.practice)
                return found, (await session.metrics()).samples - session.before.samples

        with self._stage("practise", "everybody contributes from now on, and works") as said:
            for each, done in zip(self._people, await self._all(practise), strict=True):
                self._count("candidates", done[1])
                self._candidates[each.name] = done[1]
                said.append(f"{each.name}: {drawing.in_words(done[0])}, {done[1]} candidates")

    async def _judge(self) -> None:
        async def judge(each: Developer) -> str:
            """The newest first; those of before are not to be contributed, and would cost time."""
            limit = ("--limit", str(max(1, self._candidates[each.name])))
            return (await each.ctl("distill", "--now", *limit)).split("\n")[0]

        with self._stage("judge", "each candidate is cut and checked on its own machine") as said:
            for each, line in zip(self._people, await self._all(judge), strict=True):
                self._count("judged", int(_found(r"([\d,]+) judged", line).replace(",", "")))
                self._count("kept", int(_found(r"([\d,]+) kept", line).replace(",", "")))
                said.append(f"{each.name}: {line}")

    async def _send(self) -> None:
        with self._stage("contribute", "what was kept is sealed and sent to the intake") as said:
            for each in self._people:
                sent = -1
                for _ in range(SEND_ROUNDS_MAX):
                    printed = await each.ctl("outbox", "send", "--now")
                    waiting, now = (
                        int(_found(rf"{word}: (\d+)", printed)) for word in ("waiting", "sent")
                    )
                    if waiting == 0 and now == sent:
                        break
                    sent = now
                else:
                    raise StageError(f"the outbox of {each.name} does not empty:\n{printed}")
                self._count("sent", sent)
                said.append(f"{each.name}: {sent} samples sent")
        if not self.told.counts["sent"]:
            raise StageError("Nobody kept anything that may be sent: practise more files.")

    # --- the trainer -----------------------------------------------------------------------------

    async def _curate(self) -> str:
        with self._stage("curate", "bundles are opened, a dataset version is made") as said:
            seed = self._trainer.seed_that_holds_out_one(HELD_OUT_PERSONS)
            version = (
                await self._trainer.run(
                    "curate",
                    *_sets(
                        (
                            f"seed={seed}",
                            f"contributors_min={CONTRIBUTORS_MIN}",
                            f"heldout_persons={HELD_OUT_PERSONS}",
                        )
                    ),
                )
            ).strip()
            parts = self._trainer.parts(version)
            for name, count in parts.items():
                self._count(f"samples_{name}", count)
            said.append(
                f"version {version}: "
                + ", ".join(f"{count} to {_PARTS[name]}" for name, count in parts.items())
            )
        return version

    async def _train(self, version: str) -> RunFolder:
        with self._stage("train", "a LoRA over the very file that clients hold") as said:
            what = ("--dataset", version, "--base", self._plan.model)
            command = ("train", *what, *_sets(self._plan.training))
            name = (await self._trainer.run(*command)).strip().rpartition("\n")[2]
            run = Runs.of(Home(self._trainer.home)).named(name)
            made = run.read_run()
            self.told.figures.update(made.figures)
            said.append(
                f"{made.examples['train']} samples, {made.examples['void']} of them silence;"
                f" {made.steps} steps, {made.tokens:,} tokens"
            )
            for name, value in sorted(made.figures.items()):
                said.append(f"{name.replace('_', ' ')}: {value:.3f}")
        with self._stage("export", "an adapter as clients load it") as said:
            await self._trainer.run("export", run.name, "--form", FORM.value)
            shipped = run.read_shipped(FORM)
            said.append(
                f"{shipped.bytes / 1e6:,.1f} MB, writes {shipped.figures['tokens_per_s']:.1f}"
                f" tokens/s, the base alone {shipped.figures['base_tokens_per_s']:.1f}"
            )
        return run

    async def _gate(self, run: RunFolder) -> bool:
        with self._stage("gate", "the very file that would be shipped is judged") as said:
            command = ("gate", run.name, "--form", FORM.value, *_sets(self._plan.gate))
            await self._trainer.run(*command, codes=(0, 1))
            verdict = run.read_verdict(FORM)
            self.told.passed, self.told.reasons = verdict.passed, verdict.reasons
            said.extend(f"note: {note}" for note in verdict.notes)
            said.extend(f"because: {reason}" for reason in verdict.reasons)
            said.append("passed" if verdict.passed else "REFUSED")
        return verdict.passed

    async def _publish(self, run: RunFolder) -> None:
        if self.told.passed:
            with self._stage("publish", "signed, and given to everybody") as said:
                form = ("--form", FORM.value)
                await self._trainer.release("publish", "--run", run.name, *form, "--name", RELEASE)
                await self._trainer.release("promote", RELEASE)
                await self._trainer.release("verify")
                said.append(f"{RELEASE}, by The Update Framework")
            return
        with self._stage("despite the gate", "ONLY HERE: as if it had passed") as said:
            self._trainer.publish_refused(run, FORM, REFUSED)
            said.append("given out in this simulation; a real repository refuses it")

    async def _update_and_replay(self) -> None:
        with self._stage("after", "clients update; the same files with the same keys") as said:
            await self._replay(self.told.after, said, RELEASE if self.told.passed else REFUSED)

    async def _all(self, work: Callable[[Developer], Coroutine[Any, Any, T]]) -> list[T]:
        """What all developers do at the same time, in their order; none goes on if one fails."""
        tasks = [asyncio.ensure_future(work(each)) for each in self._people]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _count(self, name: str, count: int) -> None:
        self.told.counts[name] = self.told.counts.get(name, 0) + count


_PARTS: Final = {
    "train": "learn from",
    "later": "ask about later days",
    "elsewhere": "ask about somebody who is not learned from",
}


def say(words: str) -> None:
    """One line, now."""
    print(words, flush=True)


def _sets(sets: Sequence[str]) -> list[str]:
    """As options."""
    return [part for each in sets for part in ("--set", each)]


def _found(pattern: str, text: str) -> str:
    """What a command said.

    Raises:
        StageError: it said something else.
    """
    found = re.search(pattern, text)
    if found is None:
        raise StageError(f"a command did not say what was expected:\n{text}")
    return found[1]
