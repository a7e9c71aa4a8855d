"""Who must not get in: other users at either end of the socket, and links in its place."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from echo_core.errors import DaemonError, InputError
from echo_runtime import endpoint
from echo_runtime.clock import SystemClock
from echo_runtime.lock import ProfileLock
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.rpc import Peer
from echo_testing.waiting import LONG_S

STRANGER: Final = 65534  # "nobody"
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@pytest.fixture(name="profile")
def open_profile() -> Iterator[Profile]:
    """A profile that everybody may reach: what refuses a stranger is the kernel's word alone."""
    home = Path(tempfile.mkdtemp())
    profile = Profile.locate({"ECHO_HOME": str(home)})
    profile.prepare()
    yield profile
    shutil.rmtree(home)


def let_in(profile: Profile) -> None:
    """Take away what the folders' modes would refuse."""
    assert profile.home is not None
    profile.home.chmod(0o755)
    profile.runtime_dir.chmod(0o777)


def as_stranger(act: Callable[[], bool]) -> int:
    """A process of another user that does `act`: exit code 0 where it says yes."""
    child = os.fork()
    if child:
        return child
    code = 2
    try:
        os.setgroups([])
        os.setgid(STRANGER)
        os.setuid(STRANGER)
        code = 0 if act() else 1
    finally:
        os._exit(code)


async def ended(child: int) -> int:
    """Its exit code."""
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    return os.waitstatus_to_exitcode(status)


@as_root
async def test_another_user_is_not_let_in_whatever_the_modes_say(profile: Profile) -> None:
    log = Log(profile.state_dir, "t", SystemClock())
    lock = ProfileLock.acquire(profile.lock_path)
    assert lock is not None
    peers: list[Peer] = []
    listener = await endpoint.listen(profile, peers.append, log, lock)
    let_in(profile)
    profile.socket_path.chmod(0o666)
    address = os.fspath(profile.socket_path)

    def is_hung_up_on() -> bool:
        with socket.socket(socket.AF_UNIX) as ours:
            ours.settimeout(LONG_S)
            ours.connect(address)
            return ours.recv(1) == b""

    assert await ended(as_stranger(is_hung_up_on)) == 0
    assert peers == []
    log.close()
    assert "endpoint.foreign_user" in next(profile.state_dir.glob("*.log")).read_text()
    listener.close()
    lock.release()


@as_root
async def test_a_daemon_of_another_user_is_not_talked_to(profile: Profile) -> None:
    let_in(profile)
    address = os.fspath(profile.socket_path)
    ready, told = os.pipe()

    def listens_and_hears_nothing() -> bool:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            Path(address).chmod(0o666)
            listening.listen()
            listening.settimeout(LONG_S)
            os.write(told, b"!")
            theirs, _ = listening.accept()
            with theirs:
                return theirs.recv(1) == b""

    child = as_stranger(listens_and_hears_nothing)
    assert await asyncio.to_thread(os.read, ready, 1) == b"!"
    with pytest.raises(DaemonError, match="another user listens"):
        await endpoint.connect(profile)
    assert await ended(child) == 0
    os.close(ready)
    os.close(told)


@as_root
def test_a_runtime_folder_of_another_user_is_refused(profile: Profile) -> None:
    os.chown(profile.runtime_dir, STRANGER, STRANGER)
    with pytest.raises(InputError, match="not a folder of this user"):
        profile.prepare()
    profile.runtime_dir.rmdir()
    profile.runtime_dir.symlink_to(profile.data_dir)
    os.chown(profile.runtime_dir, STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(InputError, match="link made by another user"):
        profile.prepare()


def test_a_link_in_the_place_of_the_runtime_folder_is_refused(profile: Profile) -> None:
    profile.runtime_dir.rmdir()
    profile.runtime_dir.symlink_to(profile.data_dir)
    with pytest.raises(InputError, match="open to other users"):
        profile.prepare()


async def test_a_link_in_the_place_of_the_socket_leads_nowhere(profile: Profile) -> None:
    log = Log(profile.state_dir, "t", SystemClock())
    target = profile.data_dir / "precious"
    target.write_text("kept")
    profile.socket_path.symlink_to(target)
    assert await endpoint.connect(profile) is None
    lock = ProfileLock.acquire(profile.lock_path)
    assert lock is not None
    listener = await endpoint.listen(profile, lambda _: None, log, lock)
    assert profile.socket_path.is_socket()
    assert not profile.socket_path.is_symlink()
    assert target.read_text() == "kept"
    listener.close()
    lock.release()
