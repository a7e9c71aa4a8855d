"""A profile, a scripted daemon and an editor over the real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from echo_runtime.clock import SystemClock
from echo_runtime.logs import Level, Log
from echo_runtime.profile import Profile
from echo_testing import leftovers
from echo_testing.editor import Editor
from echo_testing.lsp_bench import Bench
from echo_testing.scripted_daemon import ScriptedDaemon


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    """A throw-away profile; a daemon that a server started for it ends with it.

    One that is still starting when its test ends finds the lock free again, and would stay.
    """
    made = Profile.locate({"ECHO_HOME": str(tmp_path / "h")})
    made.prepare()
    made.config_file.write_text('[log]\nlevel = "debug"\n')
    yield made
    assert made.home is not None
    assert leftovers.end(leftovers.daemons(made.home)) == []


@pytest.fixture
async def bench(profile: Profile) -> AsyncIterator[Bench]:
    """A server that is stopped properly at the end, and read to its end."""
    log = Log(profile.state_dir, "daemon", SystemClock(), Level.DEBUG)
    made = Bench(profile, ScriptedDaemon(profile, log), Editor())
    yield made
    if made.editor.is_running:
        assert await made.editor.stop() == 0
    made.daemon.release()
