"""A whole Echo for a test: a profile of its own, an editor, the real server and daemon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_core.records.reasons import Reason
from echo_runtime.clock import SystemClock
from echo_runtime.connect import Greeted, connect_once
from echo_runtime.lock import holder_pid
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_testing import leftovers
from echo_testing.editor import Editor
from echo_testing.waiting import LONG_S

R = TypeVar("R")


@dataclass
class House:
    """One profile and what runs in it."""

    profile: Profile
    editor: Editor
    clock: SystemClock

    async def greet(self) -> Greeted:
        """A connection of our own to the daemon that the editor's server started."""
        log = Log(self.profile.state_dir, "test", self.clock)
        while True:
            try:
                return await connect_once(self.profile, "test", self.clock, log, start=False)
            except DaemonError:
                await self.clock.sleep_ms(20)

    async def ask(self, method: str, params: object, result: type[R]) -> R:
        """One question to the daemon."""
        greeted = await self.greet()
        for unheard in (wire.STATUS_CHANGED, wire.DISTILL_PROGRESS):
            greeted.peer.on(unheard, lambda _: None)
        try:
            return await greeted.peer.request(method, params, result, timeout_ms=int(LONG_S * 1000))
        finally:
            greeted.peer.close()

    async def status(self) -> wire.DaemonStatus:
        """What `echoctl status` asks for."""
        return await self.ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus)

    async def arrived(self) -> None:
        """What the editor sent has reached the daemon: this goes the same way, behind it.

        A question of our own may overtake it: it comes over another connection.
        """
        while await self.editor.why() == Reason.DAEMON_AWAY:
            pass  # it had no turn in time

    async def until_ready(self) -> None:
        """The editor's server has reached a daemon that can answer."""
        while (await self.editor.status()).kind != "ready":
            pass

    async def record(self) -> None:
        """Switch recording on."""
        choice = wire.ConsentChoice(record=True, by="test")
        state = await self.ask(wire.CONSENT_SET, choice, wire.ConsentState)
        assert state.record, state.reason

    async def leave(self) -> int:
        """Close the window; what the daemon said of its state meanwhile counts as read."""
        self.editor.follow_no_status()
        return await self.editor.stop()

    def daemon_pid(self) -> int:
        """The process that holds the profile's lock."""
        pid = holder_pid(self.profile.lock_path)
        assert pid is not None
        return pid


async def stop(house: House) -> None:
    """End what runs in the profile, whatever state it is in."""
    if house.editor.is_running:
        await house.leave()
    assert house.profile.home is not None
    stubborn = leftovers.end(leftovers.daemons(house.profile.home))
    assert not stubborn, "the daemon or its engine outlived SIGTERM"
