"""One replay from end to end: a profile, the language server, its daemon, and what they counted.

Left out: what is typed (`echo_daemon.replay.typist`), what is printed (`echo_daemon.ctl`).

Rules
 - Without `profile_dir` everything happens in a throw-away profile that is removed at the end:
   recording is switched on there and nowhere else, its key is a file beside the store, so that
   nothing is left in the user's keyring.
 - A profile that was named is the user's: recording stays as it was chosen there, and a daemon
   that ran before goes on running.
 - The daemon is started by the language server, as in an editor; the session only waits for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import DaemonError, EchoError, InputError, StoreError
from echo_core.records import wire
from echo_core.text.document import Encoding
from echo_daemon.models.choice import clear_choice
from echo_daemon.models.shelf import Shelf
from echo_daemon.replay import answers
from echo_daemon.replay.editor import Editor
from echo_engine.catalogue import load_catalogue
from echo_runtime.connect import connect_once
from echo_runtime.lock import holder_pid, let_go
from echo_runtime.logs import Log, silence_foreign
from echo_runtime.profile import HOME_VARIABLE, MODELS_VARIABLE, Profile
from echo_runtime.rpc import Peer

CLIENT: Final = "echoctl-replay"
UP_MS_MAX: Final = 90_000  # the language server gives its daemon 60 s, and must come up before
LOAD_MS_MAX: Final = 180_000  # a model of 1 GB from a cold disk
ASK_MS_MAX: Final = 30_000  # a flush behind 100,000 events that are still to be read
END_MS_MAX: Final = 120_000  # until everything that was typed has reached the daemon
NO_METRICS: Final = wire.Metrics(0, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0)
LOOK_MS: Final = 50  # between two looks at something that ends by itself


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller chose. `model` empty: the one that the user's profile has chosen, if any.

    With `recorded` the answers of that trace are given in its place (`echo_daemon.replay.answers`).
    """

    model: str = ""
    no_model: bool = False
    profile_dir: Path | None = None
    keep: bool = False
    encoding: Encoding = Encoding.UTF16
    recorded: Path | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A running replay: an editor, and a connection of our own to its daemon."""

    profile: Profile
    editor: Editor
    peer: Peer
    recording: bool
    throw_away: bool
    model: wire.EngineDescription | None
    before: wire.Metrics

    async def ask_last(self) -> wire.LastCompletion:
        """The figures of the newest completion of this daemon."""
        return await self.peer.request(
            wire.COMPLETION_LAST, wire.Nothing(), wire.LastCompletion, timeout_ms=ASK_MS_MAX
        )

    async def metrics(self) -> wire.Metrics:
        """The counters of the whole store; all that was received is durable before."""
        if not self.recording:
            return NO_METRICS
        nothing = wire.Nothing()
        await self.peer.request(wire.DAEMON_FLUSH, nothing, wire.Flushed, timeout_ms=ASK_MS_MAX)
        return await self.peer.request(wire.METRICS, nothing, wire.Metrics, timeout_ms=ASK_MS_MAX)

    async def finish(self, clock: Clock) -> wire.Metrics:
        """Close the editor, wait until the daemon has read all that it sent, and count.

        Raises:
            DaemonError: the daemon still holds the editor's connection after `END_MS_MAX`.
        """
        fronts = await _count_fronts(self.peer)
        await self.editor.stop()
        deadline_ms = clock.steady_ms() + END_MS_MAX
        while await _count_fronts(self.peer) >= fronts:
            if clock.steady_ms() > deadline_ms:
                raise DaemonError("the daemon did not come to the end: see `echoctl logs`")
            await clock.sleep_ms(LOOK_MS)
        return await self.metrics()


def model_shelf(profile: Profile) -> Shelf:
    """The shelf and the choice of `profile`."""
    return Shelf(profile.models_dir, profile.choice_path, load_catalogue())


@asynccontextmanager
async def open_session(
    options: Options, clock: Clock, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Session]:
    """A replay's surroundings, put up before and taken down after.

    Raises:
        EchoError: a process did not come up, or a model is not there; nothing was left running.
    """
    silence_foreign()
    environ = os.environ if environ is None else environ
    user = Profile.locate(environ)
    home = options.profile_dir
    throw_away = home is None
    if home is None:
        home = Path(tempfile.mkdtemp(prefix="echo-replay-"))
    variables = {HOME_VARIABLE: str(home.absolute()), MODELS_VARIABLE: str(user.models_dir)}
    profile = Profile.locate({**environ, **variables})
    try:
        profile.prepare()
        _choose(options, user, profile, throw_away=throw_away)
        if throw_away:
            profile.mark_throw_away()
            profile.config_file.write_text(_settings(options), encoding="utf-8")
        log = Log(profile.state_dir, "echoctl", clock)
        ran_before = holder_pid(profile.lock_path) is not None
        others = await _fronts_of_running(profile, clock, log) if ran_before else 0
        editor = Editor(encoding=options.encoding)
        try:
            await editor.start({**environ, **profile.environ()})
            peer = await _reach(profile, clock, log)
            peer.on(wire.STATUS_CHANGED, _nothing)
            try:
                await _wait_for_editor(peer, others, clock)
                yield await _begin(peer, profile, editor, throw_away=throw_away)
            finally:
                peer.close()
        finally:
            await editor.stop()
            if not ran_before:
                await stop_daemon(profile, clock, log)
            log.close()
    finally:
        if throw_away and not options.keep:
            shutil.rmtree(home, ignore_errors=True)


def _nothing(_: wire.Status) -> None:
    """What the daemon tells its fronts is for the editor; here nobody looks."""


def _settings(options: Options) -> str:
    """Of a throw-away profile, as TOML."""
    lines = ["[store]", 'key = "file"']
    if options.recorded is not None:
        command = [sys.executable, "-P", "-m", answers.__name__, str(options.recorded.absolute())]
        lines += ["[engine]", f"command = {json.dumps(command)}"]
    return "\n".join([*lines, ""])


def _choose(options: Options, user: Profile, profile: Profile, *, throw_away: bool) -> None:
    shelf = model_shelf(profile)
    if options.no_model:
        clear_choice(profile.choice_path)
    elif options.model:
        shelf.use(options.model)
    elif throw_away:
        chosen = model_shelf(user).chosen()
        if chosen is not None:
            shelf.use(chosen.name)
        elif options.recorded is not None:
            raise InputError(
                "a recorded replay stands in for a model, and none is chosen: "
                "see `echoctl models use`"
            )


async def _reach(profile: Profile, clock: Clock, log: Log) -> Peer:
    """A connection to the daemon that the language server starts.

    Raises:
        DaemonError: there is none after `UP_MS_MAX`.
    """
    deadline_ms = clock.steady_ms() + UP_MS_MAX
    while True:
        try:
            greeted = await connect_once(profile, CLIENT, clock, log, start=False)
        except DaemonError as error:
            if clock.steady_ms() > deadline_ms:
                raise DaemonError(
                    "the language server did not bring up its daemon: see `echoctl logs`"
                ) from error
            await clock.sleep_ms(LOOK_MS)
            continue
        return greeted.peer


async def _count_fronts(peer: Peer) -> int:
    status = await peer.request(
        wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus, timeout_ms=ASK_MS_MAX
    )
    return status.fronts


async def _fronts_of_running(profile: Profile, clock: Clock, log: Log) -> int:
    """How many are connected to a daemon that runs already, ourselves left out."""
    greeted = await connect_once(profile, CLIENT, clock, log, start=False)
    try:
        return await _count_fronts(greeted.peer) - 1
    finally:
        greeted.peer.close()


async def _wait_for_editor(peer: Peer, others: int, clock: Clock) -> None:
    """Until the language server is connected too: what it hears before is not recorded.

    Raises:
        DaemonError: it is not, after `UP_MS_MAX`.
    """
    deadline_ms = clock.steady_ms() + UP_MS_MAX
    while await _count_fronts(peer) < others + 2:
        if clock.steady_ms() > deadline_ms:
            raise DaemonError("the language server does not reach its daemon: see `echoctl logs`")
        await clock.sleep_ms(LOOK_MS)


async def _begin(peer: Peer, profile: Profile, editor: Editor, *, throw_away: bool) -> Session:
    if throw_away:
        choice = wire.ConsentChoice(record=True, by=CLIENT)
        await peer.request(wire.CONSENT_SET, choice, wire.ConsentState, timeout_ms=ASK_MS_MAX)
    nothing = wire.Nothing()
    consent = await peer.request(
        wire.CONSENT_GET, nothing, wire.ConsentState, timeout_ms=ASK_MS_MAX
    )
    if throw_away and not consent.record:
        raise StoreError(f"the replay cannot be recorded: {consent.reason}")
    model = None
    if model_shelf(profile).chosen() is not None:
        # Loads it: a replay that types faster than a model loads would only hear that it loads.
        model = await peer.request(
            wire.ENGINE_DESCRIBE, nothing, wire.EngineDescription, timeout_ms=LOAD_MS_MAX
        )
    before = NO_METRICS  # a store that never recorded has no file to count in
    if consent.record:
        before = await peer.request(wire.METRICS, nothing, wire.Metrics, timeout_ms=ASK_MS_MAX)
    return Session(profile, editor, peer, consent.record, throw_away, model, before)


async def stop_daemon(profile: Profile, clock: Clock, log: Log) -> None:
    """Ask the daemon of `profile` to stop and wait until it is gone, so that its folder can go.

    Raises:
        DaemonError: it did not stop; the message names its process.
    """
    pid = holder_pid(profile.lock_path)
    if pid is None:
        return
    try:
        greeted = await connect_once(profile, CLIENT, clock, log, start=False)
        nothing = wire.Nothing()
        with contextlib.suppress(EchoError):  # it may go before it has answered
            await greeted.peer.request(
                wire.DAEMON_STOP, nothing, wire.Nothing, timeout_ms=ASK_MS_MAX
            )
        greeted.peer.close()
    except EchoError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)  # it listens to nobody: the one that holds our lock
    if not await let_go(profile.lock_path, pid, clock, ASK_MS_MAX):
        raise DaemonError(f"the daemon of the replay (process {pid}) did not stop: end it")
