"""The round of updates, and what people ask of it.

A round looks at the repository, chooses (`echo_core.release.choice`), fetches, waits until nobody
types, has the engine try the release and put it in place, and notes what happened. It begins again
after a release failed, for the next best.

Rules
 - One round at a time; the engine is changed by one at a time, and never while a file is fetched.
 - The notes are written after the engine was changed: a daemon that dies in between tries again.
 - They are written before the first choice, too: whoever draws a bucket keeps it, though the daemon
   be killed. With another at each start a rollout would grow beyond its part.
 - What is blocked is not kept to be gone back to.
 - Going back asks no network and no trial.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from echo_core.errors import EchoError
from echo_core.release import naming
from echo_core.release.channel import Channel
from echo_core.release.choice import BASE, Choice, Client, Refusal, choose
from echo_core.release.guards import Guard, tripped
from echo_core.release.metadata import Kind, Manifest
from echo_core.release.notes import Notes
from echo_core.release.trust import ReleaseError
from echo_daemon.updates.api import Base, Others, Saying, UpdateOptions
from echo_daemon.updates.trial import JOBS
from echo_engine.api import EngineState, Fault, ModelFile, SwapError

FIRST_MS: Final = 30_000  # an editor that starts has better use for the line
QUIET_MS: Final = 3_000.0  # nobody has typed for so long: a trial takes a core for seconds
QUIET_WAIT_MS_MAX: Final = 600_000  # somebody who never stops typing gets it all the same
_LOOK_MS: Final = 250
KEEP_MS: Final = 300_000.0  # counters that are lost with a daemon are of no more than this
ROUNDS_MAX: Final = 8  # in one: each has refused a release more


class Updates:
    """Releases for one profile's engine."""

    def __init__(self, others: Others, options: UpdateOptions) -> None:
        """Reads the notes; asks nobody anything."""
        self._others = others
        self._folder = others.folder
        self._options = options
        self._clock = others.clock
        self.notes: Notes = self._folder.read()
        self.refused: Mapping[str, Refusal] = {}
        self.blocked: Mapping[str, str] = {}  # by the channel, and why
        self._had: set[str] = set()  # releases that were in use, or kept, since the daemon started
        self.problem = others.hindrance
        self.checked_ms = 0  # wall time of the newest answer
        self.is_empty = False  # the channel has never named a release
        self._round = asyncio.Lock()
        self._waited_for = 0  # rounds that a person waits for: none of them waits for quiet
        self._changing = asyncio.Lock()
        self._leaving: asyncio.Task[None] | None = None
        self._restarts = 0
        self._kept_ms = self._clock.steady_ms()
        self._is_kept = False  # by this daemon
        self._stopped = False

    # --- what is in use --------------------------------------------------------------------------

    def overlay(self, base: Base) -> ModelFile:
        """What to load where `base` is chosen."""
        current = self.notes.current
        if current is not None and not self._fits(base, current):
            self.notes = self.notes.taken(None)
        return self._file(base, self.notes.current, self.notes.arm)

    def _fits(self, base: Base, manifest: Manifest) -> bool:
        return manifest.base_sha256 == base.sha256 and self._folder.has(manifest)

    def _file(self, base: Base, manifest: Manifest | None, arm: str) -> ModelFile:
        release = manifest.release if manifest is not None else ""
        name = naming.written(naming.Named(base.name, release, arm))
        if manifest is None:
            return ModelFile(name, base.path)
        path = self._folder.path(manifest)
        if manifest.kind is Kind.MERGED:
            return ModelFile(name, path)
        return ModelFile(name, base.path, path)

    # --- counting --------------------------------------------------------------------------------

    def answered(self, model: str, latency_ms: float) -> None:
        """An answer that `model` wrote came after so long."""
        if model == self._others.engine().model:
            self.notes = replace(self.notes, now=self.notes.now.answered(latency_ms))

    def judged(self, model: str, *, wanted: bool) -> None:
        """A proposal of `model` was taken, or dismissed."""
        if model == self._others.engine().model:
            self.notes = replace(self.notes, now=self.notes.now.judged(wanted=wanted))

    def tick(self) -> None:
        """About once a second: whether what is in use may stay."""
        engine = self._others.engine()
        for _ in range(self._restarts, engine.restarts):
            now_ms = float(self._clock.wall_ms())
            self.notes = replace(self.notes, now=self.notes.now.crashed(now_ms))
        self._restarts = engine.restarts
        if self._clock.steady_ms() - self._kept_ms > KEEP_MS:
            self._keep()
        guard = self._tripped(engine.state)
        if guard is not None and (self._leaving is None or self._leaving.done()):
            self._leaving = asyncio.ensure_future(self.give_up(guard))

    def _tripped(self, state: EngineState) -> Guard | None:
        release = self.notes.release
        if not release:
            return None
        if state is EngineState.FAILED:
            return Guard.LOADING
        guard = tripped(self.notes.now, self.notes.then)
        # Whoever pins a release wants it, be it slow.
        return guard if guard is Guard.CRASHES or self.notes.pinned != release else None

    # --- rounds ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look at what is here, then a round now and then, for ever."""
        await self._examine()
        await self._clock.sleep_ms(FIRST_MS)
        while True:
            await self.check()
            await self._clock.sleep_ms(self._options.every_ms)

    async def _examine(self) -> None:
        """Whether the release in use is what was signed, as the disk has it today."""
        current = self.notes.current
        if current is None or await asyncio.to_thread(self._folder.is_right, current):
            return
        await self.give_up(Guard.DAMAGED)

    async def check(self, *, by_hand: bool = False) -> None:
        """One round; never raises for what is outside. `by_hand`: a person waits for it."""
        self._waited_for += by_hand
        try:
            async with self._round:
                self.problem = self._others.hindrance
                try:
                    await self._check(by_hand=by_hand)
                except EchoError as error:
                    self.problem = str(error)
        finally:
            self._waited_for -= by_hand

    async def _check(self, *, by_hand: bool) -> None:
        repository, base = self._others.repository, self._others.base()
        if repository is None:
            return
        if base is None:
            self.problem = "No model is chosen, and a release needs one: `echoctl models pull`."
            return
        if not self._is_kept:
            self._keep()
        said = await asyncio.to_thread(repository.look, self._options.channel)
        self.checked_ms = self._clock.wall_ms()
        self.is_empty = said.channel == Channel(self._options.channel)
        self.blocked = {each.release: each.reason for each in said.channel.blocked}
        for _ in range(ROUNDS_MAX):
            choice = choose(self._client(base), said.channel, said.offers)
            self._refuse(choice.refused)
            if not await self._follow(base, said, choice, by_hand=by_hand):
                break
        before = self.notes.before
        if before is not None and before.release in self.blocked:
            self.notes = replace(self.notes, before=None)
            self._noted("dropped", before.release, Refusal.BLOCKED)

    def _refuse(self, refused: Mapping[str, Refusal]) -> None:
        """Note what is not taken, and what was here and is blocked since."""
        here = (self.notes.current, self.notes.before)
        self._had.update(each.release for each in here if each is not None)
        left = dict.fromkeys(sorted(self._had & self.blocked.keys()), Refusal.BLOCKED)
        refused = {**left, **refused}
        for release, refusal in refused.items():
            if release not in self.refused:
                self._others.tell("refused", release, refusal)
        self.refused = refused

    def _client(self, base: Base) -> Client:
        before = self.notes.before
        return Client(
            identity=self.notes.identity,
            base_sha256=base.sha256,
            engine=self._options.engine,
            bytes_max=self._options.bytes_max,
            current=self.notes.release,
            before=before.release if before is not None else BASE,
            pinned=self.notes.pinned,
            failed=frozenset(self.notes.failed),
        )

    async def _follow(self, base: Base, said: Saying, choice: Choice, *, by_hand: bool) -> bool:
        """Do what was chosen; whether to choose again."""
        if choice.goal == self.notes.release:
            if choice.arm != self.notes.arm:
                await self._rename(base, choice.arm)
            return False
        if choice.goal == BASE:
            await self._go(base, None, choice.arm, tried=True)
            return False
        manifest = said.offers[choice.goal].manifest
        if manifest is None:  # it was refused: the choice would have been another
            return False
        if not self._folder.has(manifest) and not await self._fetch(manifest, by_hand=by_hand):
            return False
        was_here = self.notes.before is not None and self.notes.before == manifest
        if not (by_hand or was_here):
            await self._quiet()
        return not await self._go(base, manifest, choice.arm, tried=was_here)

    async def _fetch(self, manifest: Manifest, *, by_hand: bool) -> bool:
        if not (by_hand or self._options.on_metered) and await self._others.is_metered():
            self.problem = (
                f"The network is metered: {manifest.release} waits for another, or for"
                " `echoctl models releases --check`."
            )
            return False
        into = self._folder.path(manifest)
        repository = self._others.repository
        if repository is None:
            return False
        fetching = asyncio.to_thread(
            repository.fetch, manifest.release, into, lambda: not self._stopped
        )
        try:
            await fetching
        except ReleaseError as error:
            self.problem = f"{manifest.release} was not taken: {error.distrust.sentence}."
            self._others.tell("not_fetched", manifest.release, error.distrust)
            return False
        return True

    async def _quiet(self) -> None:
        waited_ms = 0
        while (
            self._others.quiet_ms() < QUIET_MS
            and waited_ms < QUIET_WAIT_MS_MAX
            and not self._waited_for
        ):
            await self._clock.sleep_ms(_LOOK_MS)
            waited_ms += _LOOK_MS

    # --- changing the engine ---------------------------------------------------------------------

    async def _go(self, base: Base, manifest: Manifest | None, arm: str, *, tried: bool) -> bool:
        """Put a release in place, or none; whether it is in use."""
        async with self._changing:
            file = self._file(base, manifest, arm)
            try:
                await self._others.engine().swap(file, () if tried else JOBS)
            except SwapError as error:
                return await self._not_taken(file, manifest, error)
            self.notes = self.notes.taken(manifest, arm)
            self._noted("taken" if manifest is not None else "base", self.notes.release, "")
            return True

    async def _not_taken(
        self, file: ModelFile, manifest: Manifest | None, error: SwapError
    ) -> bool:
        if error.fault is Fault.CHANGED:
            raise error
        if manifest is None:  # away from a release there is always a way
            await self._others.engine().use(file)
            self.notes = self.notes.taken(None)
            self._noted("base", "", error.fault)
            return True
        guard = Guard.TRIAL if error.fault is Fault.TRIAL else Guard.LOADING
        self.notes = self.notes.but(manifest.release, guard)
        self._folder.drop(manifest)
        self.problem = f"{manifest.release} was not taken: {error}"
        self._noted("failed", manifest.release, guard)
        return False

    async def _rename(self, base: Base, arm: str) -> None:
        async with self._changing:
            await self._others.engine().swap(self._file(base, self.notes.current, arm), ())
            self.notes = replace(self.notes, arm=arm)
            self._keep()

    async def give_up(self, guard: Guard) -> None:
        """Leave what is in use for what was before it, and do not take it again."""
        async with self._changing:
            base, release = self._others.base(), self.notes.release
            if not release:
                return
            left, notes = self.notes.current, self.notes.given_up(guard)
            before = notes.current
            if before is not None and (
                base is None or before.release in notes.failed or not self._fits(base, before)
            ):
                notes = replace(notes, current=None)
            if base is not None:
                file = self._file(base, notes.current, "")
                try:
                    await self._others.engine().swap(file, ())
                except SwapError:
                    await self._others.engine().use(file)
            self.notes = notes
            if left is not None and guard is Guard.DAMAGED:
                self._folder.drop(left)
            self.problem = f"{release} was given up: {guard.sentence}."
            self._noted("given_up", release, guard)

    def _noted(self, what: str, release: str, why: str) -> None:
        self._others.tell(what, release, why)
        kept = (self.notes.current, self.notes.before)
        self._folder.keep_only(each for each in kept if each is not None)
        self._keep()

    def _keep(self) -> None:
        self._kept_ms = self._clock.steady_ms()
        try:
            self._folder.write(self.notes)
            self._is_kept = True
        except EchoError as error:
            self.problem = str(error)

    # --- what people ask -------------------------------------------------------------------------

    async def pin(self, release: str) -> None:
        """Stay with a release, or (empty) with the model as it was pulled."""
        failed = {name: why for name, why in self.notes.failed.items() if name != release}
        self.notes = replace(self.notes, pinned=release, failed=failed)
        self._keep()
        base, before = self._others.base(), self.notes.before
        if release == self.notes.release or base is None:
            return
        if release == BASE:
            await self._go(base, None, "", tried=True)
        elif before is not None and before.release == release and self._fits(base, before):
            await self._go(base, before, "", tried=True)
        else:
            await self.check(by_hand=True)

    async def unpin(self) -> None:
        """Follow the channel again, and forget what failed here."""
        self.notes = replace(self.notes, pinned=None, failed={})
        self._keep()
        await self.check(by_hand=True)

    async def go_back(self) -> None:
        """A person does not want what is in use."""
        if self.notes.pinned == self.notes.release:
            self.notes = replace(self.notes, pinned=None)
        await self.give_up(Guard.PERSON)

    async def close(self) -> None:
        """End what is under way; counters are kept."""
        self._stopped = True
        if self._leaving is not None:
            self._leaving.cancel()
        self._keep()
