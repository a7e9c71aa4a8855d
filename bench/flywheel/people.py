"""A simulated developer: a profile, its daemon and language server, and `echoctl` at a terminal.

What a developer does
 - Works in files through the real language server (`echo_daemon.replay`): at each pause a
   completion is asked for and waited for; it is taken, whole or its first line, where it agrees
   with what is typed next, and typed over where it does not. Nothing is taken to be edited later.
 - Decides about recording and contributing, and asks for updates, with `echoctl`.

Left out: what is typed (`projects`), what it comes to (`tally`).

Rules
 - The daemon is started by the first command, as in real life, and runs until `leave`.
 - A variable of the surroundings that speaks for whoever runs this (CI, DO_NOT_TRACK) does not
   speak for somebody who is made up.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.flywheel.programs import ECHOCTL, NotUpError, StageError, ran, search_path
from bench.flywheel.projects import Project, Work
from bench.flywheel.tally import difference
from echo_core.clock import Clock
from echo_core.records import wire
from echo_core.showing.figures import Figures
from echo_daemon.replay.session import (
    END_MS_MAX,
    LOOK_MS,
    Options,
    Session,
    open_session,
    stop_daemon,
)
from echo_daemon.replay.typist import Typist
from echo_runtime.logs import Log
from echo_runtime.profile import Profile

STARTS_MAX: Final = 3  # of a daemon, on a machine so busy that it takes longer than anybody waits
LIVE: Final = "live"  # in `wire.Metrics.gaps`: gaps that have not ended
GATE_FILE: Final = "gate.json"  # of the profile's data (`echo_daemon.completion.gate_file`)
NOT_THEIRS: Final = ("CI", "DO_NOT_TRACK")
# Figures must not depend on how busy the machine is: an answer is waited for, however long. Judging
# is asked for by hand, else it would begin whenever a machine is slow; what would follow a proposal
# is not written ahead, since nobody here waits to read; an engine that nobody asks gives its memory
# back before a model is trained beside it.
SETTINGS: Final = """\
[store]
key = "file"
[completion]
deadline_ms = 60000
look_ahead = false
[distill]
enabled = false
[engine]
idle_minutes = 2
threads = {threads}
"""


@dataclass(frozen=True, slots=True)
class Developer:
    """One of them."""

    project: Project
    home: Path
    model: str
    threads: int  # 0: as many as Echo chooses
    clock: Clock

    @property
    def name(self) -> str:
        """As the project is called."""
        return self.project.name

    @property
    def environ(self) -> dict[str, str]:
        """What their programs are started with."""
        kept = {name: value for name, value in os.environ.items() if name not in NOT_THEIRS}
        models = str(Profile.locate(os.environ).models_dir)
        return kept | search_path() | {
            "ECHO_HOME": str(self.home),
            "ECHO_MODELS": models,
            "NO_COLOR": "1",
            "COLUMNS": "160",
        }  # fmt: skip

    async def settle(self, more: str) -> None:
        """Make the profile, choose the model, record; `more`: further settings, as TOML.

        Raises:
            StageError: a command failed.
        """
        profile = Profile.locate(self.environ)
        profile.prepare()
        profile.mark_throw_away()
        profile.config_file.write_text(
            SETTINGS.format(threads=self.threads) + more, encoding="utf-8"
        )
        await self.ctl("models", "use", self.model)
        await self.ctl("consent", "record", "on")

    async def leave(self) -> None:
        """Stop the daemon, if one runs.

        Raises:
            DaemonError: it does not stop; the message names its process.
        """
        profile = Profile.locate(self.environ)
        log = Log(profile.state_dir, "flywheel", self.clock)
        try:
            await stop_daemon(profile, self.clock, log)
        finally:
            log.close()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Session]:
        """An editor is open inside of this; the daemon runs on when it is closed."""
        options = Options(profile_dir=self.home)
        async with open_session(options, self.clock, self.environ) as session:
            yield session

    async def forget_habits(self) -> None:
        """Start the daemon anew without what its gate has learned of this person.

        Else a replay would differ from the one before by more than the weights.
        """
        await self.leave()
        (Profile.locate(self.environ).data_dir / GATE_FILE).unlink(missing_ok=True)
        await self.ctl("consent", "show")  # starts it, and waits longer than a language server

    async def update(self, release: str) -> str:
        """Ask the repository, and go on with `release`; what `echoctl` says of it.

        Raises:
            StageError: something else is in use afterwards.
        """
        printed = await self.ctl("models", "releases", "--check")
        if not re.search(rf"^release +{re.escape(release)}(,|$)", printed, re.MULTILINE):
            raise StageError(f"{self.name} does not get {release}:\n{printed}")
        return printed

    async def write(self, session: Session, works: Sequence[Work]) -> list[Figures]:
        """Work in these files, one after the other; what the daemon counted of each."""
        counts = []
        before = await session.metrics()
        for work in works:
            sent = session.editor.counts.edits
            await Typist(session.editor, self.clock).play(work.lines)
            edits = before.edits + session.editor.counts.edits - sent
            after = await self._recorded(session, edits)
            counts.append(difference(before, after))
            before = after
        return counts

    async def _recorded(self, session: Session, edits: int) -> wire.Metrics:
        """The daemon's counters once it has recorded so many edits, and no gap lives on.

        Raises:
            StageError: it does not come to that.
        """
        deadline_ms = self.clock.steady_ms() + END_MS_MAX
        while True:
            found = await session.metrics()
            if found.edits >= edits and not found.gaps.get(LIVE):
                return found
            if self.clock.steady_ms() > deadline_ms:
                raise StageError(
                    f"the daemon of {self.name} recorded {found.edits} of {edits} edits:"
                    f" logs in {session.profile.state_dir}"
                )
            await self.clock.sleep_ms(LOOK_MS)

    async def ctl(self, *arguments: str) -> str:
        """An `echoctl` command; what it printed.

        Raises:
            StageError: it failed.
        """
        logs = self.home / "state"
        for _ in range(STARTS_MAX):
            with suppress(NotUpError):
                return (await ran(ECHOCTL, arguments, self.environ, logs)).out
        return (await ran(ECHOCTL, arguments, self.environ, logs)).out
