"""Finding the daemon, starting it where none runs, and staying connected to it.

Left out: what is said after Hello; the daemon itself (it is only ever started as a process).

Rules
 - One attempt at a time, each bounded; between attempts the wait grows and starts small again
   after a connection that held.
 - The daemon is started apart from us: its own session, no terminal, our folder as its working
   directory. With `-P`, because `python -m` would else import from the working directory, and
   an editor's working directory is the user's workspace, which may not be trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import DaemonError, EchoError
from echo_core.records import wire
from echo_runtime import endpoint
from echo_runtime.logs import Label, Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Handler, Peer

DAEMON_COMMAND: Final = (sys.executable, "-P", "-m", "echo_daemon")
START_MS_MAX: Final = 60_000  # a cold Python takes 2 s on a busy laptop, 20 on a starved machine
AGAIN_MS_MIN: Final = 500  # between two daemons that find the lock taken; it doubles
HELLO_MS_MAX: Final = 20_000
LOOK_MS_MIN: Final = 10  # how long to wait before looking for the address again; it grows
LOOK_MS_MAX: Final = 200
RETRY_MS_MIN: Final = 100
RETRY_MS_MAX: Final = 30_000  # nobody waits for a daemon that failed nine times
HELD_MS_MIN: Final = 1_000  # a connection that lived so long was no failure


@dataclass(frozen=True, slots=True)
class Greeted:
    """A connection over which Hello and Welcome were exchanged."""

    peer: Peer
    welcome: wire.Welcome


def start_daemon(
    profile: Profile, command: tuple[str, ...] = DAEMON_COMMAND
) -> subprocess.Popen[bytes]:
    """Start a daemon for `profile`; one too many finds the lock taken and leaves by itself.

    Raises:
        DaemonError: the program cannot be started.
    """
    environ = {**os.environ, **profile.environ()}
    if paths := environ.get("PYTHONPATH"):
        # The working directory changes, and "." in there would mean another folder.
        environ["PYTHONPATH"] = os.pathsep.join(
            str(Path(each).absolute()) for each in paths.split(os.pathsep) if each
        )
    try:
        return subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            env=environ,
            cwd=profile.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise DaemonError(
            f"Echo's daemon cannot be started ({error.strerror}): install Echo again."
        ) from error


class Connector:
    """One way to reach the daemon of a profile; `greet` may be called again and again."""

    def __init__(
        self,
        profile: Profile,
        hello: wire.Hello,
        clock: Clock,
        log: Log,
        *,
        start: bool = True,
        command: tuple[str, ...] = DAEMON_COMMAND,
        transport: endpoint.Transport | None = None,
    ) -> None:
        self._profile = profile
        self.hello = hello
        self._clock = clock
        self._log = log
        self._start = start
        self._command = command
        self._transport = transport
        self._started: subprocess.Popen[bytes] | None = None

    async def greet(self, handlers: Mapping[str, Handler] | None = None) -> Greeted:
        """Connect, starting the daemon where none listens, and say Hello.

        Raises:
            DaemonError: there is no daemon, it did not come up in time, or it refuses us.
            EchoError: the profile's folders cannot be used.
        """
        self._profile.prepare()
        stream = await endpoint.connect(self._profile, self._transport)
        if stream is None and not self._start:
            raise DaemonError("Echo's daemon does not run: an editor with Echo starts it.")
        if stream is None:
            stream = await self._start_and_wait()
        peer = Peer(stream.reader, stream.writer, self._log)
        for method, handler in (handlers or {}).items():
            peer.on(method, handler)
        peer.start()
        try:
            welcome = await peer.request(
                wire.HELLO,
                replace(self.hello, token=stream.token),
                wire.Welcome,
                timeout_ms=HELLO_MS_MAX,
            )
            if welcome.protocol != wire.PROTOCOL_VERSION:
                raise DaemonError(endpoint.version_sentence(theirs=welcome.protocol))
        except BaseException:
            peer.close()
            raise
        return Greeted(peer, welcome)

    async def _start_and_wait(self) -> endpoint.Connected:
        """Start it unless the one started before is still coming up; wait until it listens.

        One that leaves with 0 found the lock taken: by a daemon that will listen soon, or by one
        that is about to end and listens no more. So another one is started after a while.
        """
        started = self._started
        if started is None or started.poll() is not None:
            started = self._start_one()
        now_ms = self._clock.steady_ms()
        deadline_ms = now_ms + START_MS_MAX
        wait_ms, again_ms = float(LOOK_MS_MIN), float(AGAIN_MS_MIN)
        again_at_ms = now_ms + again_ms
        while (now_ms := self._clock.steady_ms()) < deadline_ms and not started.poll():
            if started.poll() == 0 and now_ms >= again_at_ms:
                started = self._start_one()
                again_ms *= 2
                again_at_ms = now_ms + again_ms
            await self._clock.sleep_ms(wait_ms)
            wait_ms = min(wait_ms * 1.5, LOOK_MS_MAX)
            stream = await endpoint.connect(self._profile, self._transport)
            if stream is not None:
                return stream
        code = started.poll()
        self._log.warning("daemon.not_up", exit_code=-1 if code is None else code)
        raise DaemonError("Echo's daemon did not come up: `echoctl logs` says why.")

    def _start_one(self) -> subprocess.Popen[bytes]:
        self._started = start_daemon(self._profile, self._command)
        self._log.info("daemon.started", pid=self._started.pid)
        return self._started


async def connect_once(
    profile: Profile,
    client: str,
    clock: Clock,
    log: Log,
    *,
    start: bool,
    transport: endpoint.Transport | None = None,
) -> Greeted:
    """A connection for a command line tool, which closes the peer when it is done.

    Raises:
        DaemonError: no daemon runs (and `start` is false), or it refuses us.
    """
    hello = wire.Hello(wire.PROTOCOL_VERSION, client, os.getpid())
    connector = Connector(profile, hello, clock, log, start=start, transport=transport)
    return await connector.greet()


class DaemonLink:
    """A connection that comes back by itself, for whoever lives longer than the daemon.

    `on_connected(greeted)` is called after each Welcome and `on_lost(sentence)` when the
    connection ends or an attempt fails; both are sync and short. `peer` is None in between.
    """

    def __init__(
        self,
        connector: Connector,
        clock: Clock,
        log: Log,
        *,
        handlers: Mapping[str, Handler],
        on_connected: Callable[[Greeted], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._connector = connector
        self._clock = clock
        self._log = log
        self._handlers = handlers
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._task: asyncio.Task[None] | None = None
        self.peer: Peer | None = None

    def start(self) -> None:
        """Begin to connect, in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._stay_connected())

    async def close(self) -> None:
        """Hang up and do not come back; the daemon goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self.peer is not None:
            self.peer.close()
            self.peer = None

    async def _stay_connected(self) -> None:
        wait_ms = RETRY_MS_MIN
        while True:
            try:
                greeted = await self._connector.greet(self._handlers)
            except EchoError as error:
                self._log.warning("link.failed", error=Label.of(error), wait_ms=wait_ms)
                self._on_lost(str(error))
            else:
                since_ms = self._clock.steady_ms()
                self.peer = greeted.peer
                self._log.info("link.connected")
                self._on_connected(greeted)
                await greeted.peer.wait_closed()
                self.peer = None
                self._log.info("link.lost")
                self._on_lost("Echo's daemon went away and is being started again.")
                if self._clock.steady_ms() - since_ms > HELD_MS_MIN:
                    wait_ms = RETRY_MS_MIN
            await self._clock.sleep_ms(wait_ms)
            wait_ms = min(wait_ms * 2, RETRY_MS_MAX)
