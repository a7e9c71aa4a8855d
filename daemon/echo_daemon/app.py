"""The composition root: which adapters make up a daemon, and its life from lock to last flush.

Nothing else names a concrete store, engine or transport.

Rules
 - One daemon for a profile: whoever does not get the lock leaves quietly, with exit code 0.
 - On SIGTERM, SIGINT and `echoctl stop` it ends in order: no new fronts, fronts closed, engine
   ended, log flushed, lock let go.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from importlib.metadata import version

from echo_core.errors import EchoError
from echo_core.experience.fold import Fold
from echo_core.judging.checks.table import TABLE
from echo_core.sharing.consent import Switch
from echo_daemon.archive import StoreArchive
from echo_daemon.arrivals import Arrivals
from echo_daemon.checking.client import CheckingProcess
from echo_daemon.completion.completer import Completer
from echo_daemon.completion.gate_file import GateFile
from echo_daemon.completion.values import CompletionOptions
from echo_daemon.departures import Departures
from echo_daemon.distilling.api import Conditions
from echo_daemon.distilling.asking import Asking
from echo_daemon.distilling.desk import Desk
from echo_daemon.distilling.distiller import Distiller
from echo_daemon.distilling.distiller import Options as DistillOptions
from echo_daemon.distilling.pipeline import Pipeline
from echo_daemon.git.program import GitProgram
from echo_daemon.git.repository import Repository
from echo_daemon.hub import Hub
from echo_daemon.inspecting.api import Inspecting
from echo_daemon.inspector.inspector import Inspector
from echo_daemon.inspector.services import Services
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.outside import Outside
from echo_daemon.mining.strays import Strays
from echo_daemon.models.shelf import ModelFile, Shelf
from echo_daemon.permission.policy import read_policy
from echo_daemon.power import on_battery
from echo_daemon.rpc.connection import Connection
from echo_daemon.store.keeping import Keep
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import Store, StorePaths, StoreSettings
from echo_daemon.structure.treesitter import TreeSitterStructure
from echo_daemon.tutoring import Tutoring
from echo_daemon.updates.api import Base
from echo_daemon.viewing import Parts, pages
from echo_daemon.watch.paths import WatchedPaths
from echo_engine.api import EngineOptions, EngineState
from echo_engine.api import ModelFile as EngineModel
from echo_engine.catalogue import load_catalogue
from echo_engine.client import EngineClient
from echo_runtime import endpoint
from echo_runtime.clock import SystemClock
from echo_runtime.lock import ProfileLock
from echo_runtime.logs import Label, Level, Log, watch_loop
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer
from echo_runtime.settings import Settings
from echo_runtime.settings_file import load_settings

TICK_MS = 1_000  # how late a status change or a break by time may be told
TEND_MS = 5_000  # how late recording resumes after its cause is gone
RETAIN_FIRST_MS = 60_000  # an editor that starts has better use for the disk
RETAIN_EVERY_MS = 6 * 3_600_000  # a run may read the whole log: 0.12 s for 320,000 events


async def serve(profile: Profile) -> None:
    """Be the daemon of `profile` until told to stop.

    Raises:
        EchoError: the profile, its settings or its address cannot be used.
    """
    profile.prepare()
    settings = load_settings(profile.config_file)
    clock = SystemClock()
    log = Log(profile.state_dir, "daemon", clock, Level[settings.log.level.upper()])
    lock = ProfileLock.acquire(profile.lock_path)
    if lock is None:
        log.info("daemon.already_running")
        return
    with lock:
        watch_loop(asyncio.get_running_loop(), log)
        await Daemon(profile, settings, clock, log).run(lock)


class Daemon:
    """One daemon, assembled."""

    def __init__(self, profile: Profile, settings: Settings, clock: SystemClock, log: Log) -> None:
        self._profile = profile
        self._clock = clock
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._shelf = Shelf(profile.models_dir, profile.choice_path, load_catalogue())
        self._arrivals = Arrivals(
            profile,
            settings.updates,
            clock,
            log,
            engine=lambda: self._engine,
            base=self._base,
            quiet_ms=lambda: self._hub.quiet_ms,
        )
        self._engine = _engine(settings, clock, self._chosen())
        self._store = _store(
            profile,
            settings,
            clock,
            paused=lambda: self._log.warning("store.paused"),
            resumed=self._resume,
        )
        self._archive = StoreArchive(self._store, self._decided)
        self._hub = self._make_hub(settings)
        self._departures = Departures(
            self._store, clock, settings.sharing, self._hub.choose, profile
        )
        self._examiner = CheckingProcess()
        self._tutoring = self._make_tutoring(settings)
        self._distiller = self._make_distiller(settings)
        judging = Desk(TABLE, self._archive, self._distiller)
        parts = Parts(
            self._hub,
            self._archive,
            self._store,
            self._departures,
            judging,
            self._shelf,
            self._arrivals.releasing.state,
            clock,
        )
        self.pages = pages(parts, profile, settings)
        self._inspector = self._make_inspector(self.pages)
        self._desks = self._departures.desks(
            judging, self._arrivals.releasing, self.pages, self._inspector.link
        )

    def _make_hub(self, settings: Settings) -> Hub:
        fold = Fold(RapidMatcher())
        outside = Outside(
            WatchedPaths,
            Repository.around,
            GitProgram(),
            kept=fold.kept,
            clock=self._clock,
            rules_changed=self._rules_changed,
            strays=Strays(fold.kept, self._archive.last_text, RapidMatcher()),
        )
        for file in self._profile.policy_files:
            outside.watch_rules(file)
        return Hub(
            fold=fold,
            outside=outside,
            version=version("echo-completion"),
            engine=self._engine,
            completer=self._completer(settings),
            archive=self._archive,
            clock=self._clock,
            choose_model=self._choose_model,
            stop=self._stopping.set,
        )

    def _make_tutoring(self, settings: Settings) -> Tutoring:
        made = Tutoring(
            self._engine,
            settings.teacher,
            lambda: self._departures.leave.decide(Switch.TEACHER_ENDPOINT).allowed,
            self._clock,
            os.environ,
        )
        if not made.usable:
            self._log.warning("teacher.endpoint_unusable")
        return made

    def _make_distiller(self, settings: Settings) -> Distiller:
        asking = Asking(self._tutoring.teacher)
        return Distiller(
            self._archive,
            self._examiner,
            Pipeline(TABLE, self._examiner, asking.choose, asking.steps, self._check_failed),
            Conditions(lambda: self._hub.quiet_ms, on_battery, self._is_askable),
            self._clock,
            options=_distilling(settings),
            failed=self._check_failed,
        )

    def _make_inspector(self, viewed: Inspecting) -> Inspector:
        services = Services(
            viewed,
            self._hub,
            self._departures.consenting,
            self._departures.outgoing,
            lambda: self._departures.erase(self._hub.erase),
        )
        return Inspector(services, self._clock, self._log)

    async def run(self, lock: ProfileLock) -> None:
        """Listen, serve, and end in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        connections: set[Connection] = set()
        token = ""

        def on_peer(peer: Peer) -> None:
            connection = Connection(peer, self._hub, self._desks, token)
            connections.add(connection)
            peer.start()
            closing = asyncio.ensure_future(_when_closed(peer, connection.closed))
            closing.add_done_callback(lambda _: connections.discard(connection))

        listener = await endpoint.listen(self._profile, on_peer, self._log, lock)
        token = listener.token
        self._log.info("daemon.up", version=Label(version("echo-completion")))
        # A keyring may ask its user for a password: nobody's completion waits for that.
        opening = asyncio.ensure_future(self._open_store())
        ticking = asyncio.ensure_future(self._tick())
        tending = asyncio.ensure_future(self._tend())
        retaining = asyncio.ensure_future(self._retain())
        distilling = asyncio.ensure_future(self._distiller.run())
        sharing = asyncio.ensure_future(self._departures.office.run())
        learning = asyncio.ensure_future(self._learn())
        updating = asyncio.ensure_future(self._arrivals.updates.run())
        try:
            await self._stopping.wait()
        finally:
            listener.close()
            opening.cancel()
            ticking.cancel()
            tending.cancel()
            retaining.cancel()
            distilling.cancel()
            sharing.cancel()
            learning.cancel()
            updating.cancel()
            await self._close()
            self._log.info("daemon.down")
            self._log.close()

    async def _close(self) -> None:
        await self._arrivals.updates.close()
        await self._inspector.close()
        await self._examiner.rest()
        await self._tutoring.close()
        try:
            await self._hub.close()
        except EchoError as error:
            self._log.error("daemon.close_failed", error=Label.of(error))

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep_ms(TICK_MS)
            self._hub.tick()
            self._arrivals.updates.tick()

    async def _tend(self) -> None:
        while True:
            await self._clock.sleep_ms(TEND_MS)
            await self._hub.tend()

    async def _retain(self) -> None:
        await self._clock.sleep_ms(RETAIN_FIRST_MS)
        while True:
            try:
                await self._store.retain()
            except EchoError as error:
                self._log.warning("store.retain_failed", error=Label.of(error))
            await self._clock.sleep_ms(RETAIN_EVERY_MS)

    async def _open_store(self) -> None:
        state = await self._store.open()
        self._log.info("store.opened", state=state)
        await self._hub.begin_recording()

    async def _learn(self) -> None:
        await self._tutoring.learn(self._archive.roots)

    def _is_askable(self) -> bool:
        return self._engine.state not in (EngineState.NO_MODEL, EngineState.FAILED)

    def _check_failed(self, step: str, kind: str) -> None:
        self._log.warning("distil.check_failed", step=Label(step), kind=Label(kind))

    def _decided(self) -> None:
        self._loop.call_soon_threadsafe(self._hub.recording.decide_again)

    def _rules_changed(self) -> None:
        self._begin(self._hub.rules_changed())

    def _resume(self) -> None:
        self._log.info("store.resumed")
        self._begin(self._hub.begin_recording())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _chosen(self) -> EngineModel | None:
        try:
            model = self._shelf.chosen()
        except EchoError as error:
            self._log.warning("model.choice_unreadable", error=Label.of(error))
            return None
        return self._arrivals.updates.overlay(_as_base(model)) if model else None

    def _base(self) -> Base | None:
        try:
            model = self._shelf.chosen()
        except EchoError:
            return None
        return _as_base(model) if model else None

    def _completer(self, settings: Settings) -> Completer:
        made = Completer(
            self._engine,
            CompletionOptions.of(settings.completion),
            self._clock,
            TreeSitterStructure(self._clock),
            gate_file=GateFile(self._profile.data_dir / "gate.json"),
        )
        made.watch = self._arrivals.updates
        return made

    async def _choose_model(self) -> None:
        await self._engine.use(self._chosen())
        self._hub.tick()


async def _when_closed(peer: Peer, then: Callable[[], None]) -> None:
    await peer.wait_closed()
    then()


def _engine(settings: Settings, clock: SystemClock, model: EngineModel | None) -> EngineClient:
    about = settings.engine
    options = EngineOptions(
        threads=about.threads,
        gpu_layers=about.gpu_layers,
        context_tokens=about.context_tokens,
        idle_minutes=float(about.idle_minutes),
    )
    if about.command:
        return EngineClient(clock, options, model, about.command)
    return EngineClient(clock, options, model)


def _as_base(model: ModelFile) -> Base:
    return Base(model.name, model.path, model.sha256)


def _store(
    profile: Profile,
    settings: Settings,
    clock: SystemClock,
    *,
    paused: Callable[[], None],
    resumed: Callable[[], None],
) -> Store:
    return Store(
        StorePaths(profile.data_dir),
        clock,
        os.environ,
        StoreSettings(
            KeyPolicy(settings.store.key),
            profile.is_throw_away,
            keep=Keep(settings.store.keep_days, settings.store.keep_bytes),
        ),
        policy=lambda: read_policy(profile.policy_files),
        on_paused=lambda _sentence: paused(),
        on_resumed=lambda _stale: resumed(),
    )


def _distilling(settings: Settings) -> DistillOptions:
    about = settings.distill
    return DistillOptions(about.enabled, about.on_battery, 1000.0 * about.idle_seconds)
