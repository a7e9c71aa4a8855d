"""Finding, starting, greeting and finding again; over both transports."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_runtime import endpoint
from echo_runtime.clock import SystemClock
from echo_runtime.connect import Connector, DaemonLink, Greeted, connect_once
from echo_runtime.endpoint import Listener, Transport
from echo_runtime.lock import ProfileLock
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer
from echo_testing.waiting import until

STATUS = wire.Status("ready", "", busy=False, recording=False)
CLOCK = SystemClock()


class Daemon:
    """A listening address that says Welcome, in this process."""

    def __init__(self, profile: Profile, log: Log, protocol: int = wire.PROTOCOL_VERSION) -> None:
        self.profile = profile
        self.log = log
        self.protocol = protocol
        self.peers: list[Peer] = []
        self.listener: Listener | None = None
        self.lock: ProfileLock | None = None

    async def open(self, transport: Transport = Transport.UNIX) -> Daemon:
        self.lock = ProfileLock.acquire(self.profile.lock_path)
        if self.lock is None:
            return self
        self.listener = await endpoint.listen(
            self.profile, self.accept, self.log, self.lock, transport
        )
        return self

    def accept(self, peer: Peer) -> None:
        self.peers.append(peer)

        def hello(message: wire.Hello) -> wire.Welcome:
            assert self.listener is not None
            endpoint.check_hello(message, self.listener.token)
            return wire.Welcome(self.protocol, "1", "s", STATUS)

        peer.on(wire.HELLO, hello)
        peer.start()

    def close(self) -> None:
        for peer in self.peers:
            peer.close()
        if self.listener and self.lock:
            self.listener.close()
            self.lock.release()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    found = Profile.locate({"ECHO_HOME": str(tmp_path / "h")})
    found.prepare()
    return found


@pytest.fixture
def log(profile: Profile) -> Log:
    return Log(profile.state_dir, "t", CLOCK)


def hello(protocol: int = wire.PROTOCOL_VERSION) -> wire.Hello:
    return wire.Hello(protocol, "test", os.getpid())


@pytest.mark.parametrize("transport", list(Transport))
async def test_hello_over_each_transport(profile: Profile, log: Log, transport: Transport) -> None:
    daemon = await Daemon(profile, log).open(transport)
    try:
        greeted = await connect_once(profile, "test", CLOCK, log, start=False, transport=transport)
        assert greeted.welcome.status == STATUS
        greeted.peer.close()
        address = profile.socket_path if transport is Transport.UNIX else profile.address_path
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
    finally:
        daemon.close()
    assert not address.exists()


async def test_a_wrong_token_is_refused(profile: Profile, log: Log) -> None:
    daemon = await Daemon(profile, log).open(Transport.LOOPBACK)
    try:
        text = profile.address_path.read_text()
        assert daemon.listener is not None
        profile.address_path.write_text(text.replace(daemon.listener.token, "guess"))
        with pytest.raises(DaemonError, match="token"):
            await connect_once(profile, "t", CLOCK, log, start=False, transport=Transport.LOOPBACK)
    finally:
        daemon.close()


async def test_two_versions_get_a_sentence(profile: Profile, log: Log) -> None:
    daemon = await Daemon(profile, log).open()
    try:
        with pytest.raises(DaemonError, match="Two versions of Echo"):
            await Connector(profile, hello(99), CLOCK, log).greet()
        daemon.protocol = 77
        with pytest.raises(DaemonError, match="77"):
            await Connector(profile, hello(), CLOCK, log).greet()
    finally:
        daemon.close()


async def test_none_runs_and_none_is_started(profile: Profile, log: Log) -> None:
    with pytest.raises(DaemonError, match="does not run"):
        await connect_once(profile, "t", CLOCK, log, start=False)


async def test_a_stale_socket_is_no_daemon_and_no_obstacle(profile: Profile, log: Log) -> None:
    first = await Daemon(profile, log).open()
    path = profile.socket_path
    path.rename(path.with_suffix(".kept"))
    first.close()
    path.with_suffix(".kept").rename(path)
    with pytest.raises(DaemonError):
        await connect_once(profile, "t", CLOCK, log, start=False)
    second = await Daemon(profile, log).open()
    try:
        greeted = await connect_once(profile, "t", CLOCK, log, start=False)
        greeted.peer.close()
    finally:
        second.close()


async def test_the_link_comes_back(profile: Profile, log: Log) -> None:
    daemon = await Daemon(profile, log).open()
    connected: asyncio.Queue[Greeted] = asyncio.Queue()
    lost: asyncio.Queue[str] = asyncio.Queue()
    link = DaemonLink(
        Connector(profile, hello(), CLOCK, log, start=False),
        CLOCK,
        log,
        handlers={},
        on_connected=connected.put_nowait,
        on_lost=lost.put_nowait,
    )
    link.start()
    try:
        await connected.get()
        assert link.peer is not None
        daemon.close()
        assert "went away" in await lost.get()
        assert link.peer is None
        daemon = await Daemon(profile, log).open()
        await connected.get()
        assert link.peer is not None
    finally:
        await link.close()
        daemon.close()
    assert link.peer is None


SCRIPT = """
import asyncio, os, sys
sys.path[:0] = os.environ["TEST_PATHS"].split(os.pathsep)
from test_connect import CLOCK, Daemon, Log, Profile

async def main():
    profile = Profile.locate(os.environ)
    if os.getcwd() != str(profile.data_dir) or os.getsid(0) != os.getpid():
        sys.exit(3)
    daemon = Daemon(profile, Log(profile.state_dir, "d", CLOCK))
    if (await daemon.open()).listener is None:
        sys.exit(0)
    while not daemon.peers:
        await asyncio.sleep(0.01)
    await daemon.peers[0].wait_closed()
    daemon.close()

asyncio.run(main())
"""


@pytest.fixture
def starting(profile: Profile, log: Log, monkeypatch: pytest.MonkeyPatch) -> Connector:
    """What starts a daemon that is a process."""
    paths = os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parent)])
    monkeypatch.setenv("TEST_PATHS", paths)
    return Connector(profile, hello(), CLOCK, log, command=(sys.executable, "-P", "-c", SCRIPT))


async def ended(connector: Connector) -> int:
    """The exit code of the last one that was started."""
    assert connector._started is not None
    return await asyncio.to_thread(connector._started.wait)


async def test_a_daemon_is_started_apart_from_us(starting: Connector) -> None:
    greeted = await starting.greet()
    assert greeted.welcome.version == "1"
    greeted.peer.close()
    assert await ended(starting) == 0


async def test_a_daemon_that_is_about_to_end_is_waited_for(
    starting: Connector, profile: Profile
) -> None:
    dying = ProfileLock.acquire(profile.lock_path)  # it listens no more
    assert dying is not None
    greeting = asyncio.create_task(starting.greet())
    await until(lambda: starting._started)
    assert await ended(starting) == 0, "it found the lock taken"
    dying.release()
    greeted = await greeting
    greeted.peer.close()
    assert await ended(starting) == 0


async def test_a_daemon_that_fails_is_not_waited_for(profile: Profile, log: Log) -> None:
    command = (sys.executable, "-P", "-c", "raise SystemExit(3)")
    connector = Connector(profile, hello(), CLOCK, log, command=command)
    with pytest.raises(DaemonError, match="did not come up"):
        await connector.greet()
    assert await ended(connector) == 3
