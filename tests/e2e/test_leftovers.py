"""A daemon of this run is found while it starts and while it serves, and nobody else's ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_runtime.connect import start_daemon
from echo_runtime.lock import holder_pid
from echo_runtime.profile import Profile
from echo_testing import leftovers
from echo_testing.waiting import until


@pytest.fixture
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    made = Profile.locate({"ECHO_HOME": str(tmp_path_factory.mktemp("h"))})
    made.prepare()
    return made


async def test_a_daemon_is_found_and_ended(profile: Profile, tmp_path: Path) -> None:
    started = start_daemon(profile)
    assert profile.home is not None
    (found,) = leftovers.daemons(profile.home)
    assert (found.process.pid, found.home) == (started.pid, profile.home)
    assert found.test.endswith("test_a_daemon_is_found_and_ended")
    assert leftovers.daemons(tmp_path) == []
    await until(lambda: holder_pid(profile.lock_path) == started.pid)
    assert leftovers.end(leftovers.daemons(profile.home)) == []
    assert started.wait() is not None
    assert leftovers.daemons(profile.home) == []


async def test_a_daemon_of_another_run_is_not_ours(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setenv(leftovers.MARK, "another run")
        started = start_daemon(profile)
    try:
        assert leftovers.daemons(profile.home) == []
    finally:
        started.kill()
        started.wait()
