"""One holder at a time, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from echo_core.errors import DaemonError
from echo_runtime.lock import ProfileLock, holder_pid

HOLD = """
import sys, pathlib
from echo_runtime.lock import ProfileLock
lock = ProfileLock.acquire(pathlib.Path(sys.argv[1]))
print(lock is not None, flush=True)
sys.stdin.read()
"""


def test_the_second_gets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder_pid(path) is None
    with ProfileLock.acquire(path) or pytest.fail("not acquired"):
        assert ProfileLock.acquire(path) is None
        assert holder_pid(path) == os.getpid()
    assert holder_pid(path) is None
    again = ProfileLock.acquire(path)
    assert again is not None
    again.release()
    again.release()


def test_a_killed_holder_leaves_the_lock_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"True\n"
        assert ProfileLock.acquire(path) is None
        assert holder_pid(path) == child.pid
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert holder_pid(path) is None
    lock = ProfileLock.acquire(path)
    assert lock is not None
    lock.release()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(DaemonError):
        ProfileLock.acquire(tmp_path / "lock")
    assert not (tmp_path / "victim").exists()
