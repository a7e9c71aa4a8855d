"""What echoctl's commands work with: the profile, and the daemon.

Left out: what the commands do (one module a group), how things look (`show`).

Rules
 - Results go to standard output, asides to standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_daemon.models.inspection import Inspection
from echo_engine.catalogue import Catalogue, load_catalogue
from echo_engine.inspector import inspect
from echo_runtime.clock import SystemClock
from echo_runtime.connect import connect_once
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer

R = TypeVar("R")
ANSWER_MS_MAX = 60_000  # loading a large model from a cold disk


@dataclass(slots=True)
class Around:
    """What `ctl.main` puts into `ctx.obj`."""

    profile: Profile
    clock: SystemClock = field(default_factory=SystemClock)
    catalogue: Catalogue = field(default_factory=load_catalogue)

    @property
    def models_dir(self) -> Path:
        """The shelf's folder."""
        return self.profile.models_dir

    @property
    def choice_file(self) -> Path:
        """Where the chosen model's name is kept."""
        return self.profile.choice_path

    @property
    def log(self) -> Log:
        """echoctl's own log."""
        return Log(self.profile.state_dir, "echoctl", self.clock)

    def inspect(self, path: Path) -> Inspection:
        """Ask llama.cpp about a file, in a process of its own."""
        found = asyncio.run(inspect(path))
        return Inspection(**asdict(found))  # the two adapters do not know each other

    def notify_model_changed(self) -> None:
        """Tell a running daemon to load the chosen model; nothing where none runs."""
        with contextlib.suppress(DaemonError):
            self.ask(wire.ENGINE_RELOAD, wire.Nothing(), wire.Nothing, start=False)

    def ask(
        self,
        method: str,
        params: object,
        result: type[R],
        *,
        start: bool = True,
        timeout_ms: int = ANSWER_MS_MAX,
    ) -> R:
        """One request to the daemon, which is started where none runs and `start` is true.

        Raises:
            EchoError: no daemon, or what it answered.
        """

        async def work(peer: Peer) -> R:
            return await peer.request(method, params, result, timeout_ms=timeout_ms)

        return self.with_daemon(work, start=start)

    def with_daemon(self, work: Callable[[Peer], Awaitable[R]], *, start: bool = True) -> R:
        """Do `work` over one connection."""

        async def connected() -> R:
            greeted = await connect_once(self.profile, "echoctl", self.clock, self.log, start=start)
            greeted.peer.on(wire.STATUS_CHANGED, _unheard)
            try:
                return await work(greeted.peer)
            finally:
                greeted.peer.close()

        return asyncio.run(connected())


def _unheard(_: wire.Status) -> None:
    """What the daemon tells its fronts is for editors."""


def around(context: click.Context) -> Around:
    """The surroundings of a command."""
    found = context.find_object(Around)
    if found is None:
        found = Around(Profile.locate(os.environ))
    return found
