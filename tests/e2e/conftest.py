"""Whole Echoes for tests: a profile of their own, an editor, the real server and daemon.

The engine is the fake worker, or the real one on real weights (marker `model`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from echo_core import wire
from echo_core.errors import DaemonError
from echo_daemon.models.catalogue import load_catalogue
from echo_daemon.models.choice import write_choice
from echo_runtime.clock import SystemClock
from echo_runtime.connect import Greeted, connect_once
from echo_runtime.lock import holder_pid
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_testing import fake_engine
from echo_testing.editor import Editor

R = TypeVar("R")
FAKE_MODEL = "smollm2-135m"  # a file of the right size and no content stands for it
REAL_MODEL = "qwen2.5-coder-0.5b"


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
        greeted.peer.on(wire.STATUS_CHANGED, lambda _: None)
        try:
            return await greeted.peer.request(method, params, result, timeout_ms=60_000)
        finally:
            greeted.peer.close()

    async def status(self) -> wire.DaemonStatus:
        """What `echoctl status` asks for."""
        return await self.ask(wire.DAEMON_STATUS, wire.Nothing(), wire.DaemonStatus)

    async def until_ready(self) -> None:
        """The editor's server has reached a daemon that can answer."""
        while (await self.editor.status()).kind != "Normal":
            pass

    async def record(self) -> None:
        """Switch recording on."""
        choice = wire.ConsentChoice(record=True, by="test")
        state = await self.ask(wire.CONSENT_SET, choice, wire.ConsentState)
        assert state.record, state.reason

    def daemon_pid(self) -> int:
        """The process that holds the profile's lock."""
        pid = holder_pid(self.profile.lock_path)
        assert pid is not None
        return pid


async def stop(house: House) -> None:
    """End what runs in the profile, whatever state it is in."""
    if house.editor.is_running:
        await house.editor.stop()
    pid = holder_pid(house.profile.lock_path)
    if pid is None:
        return
    daemon = psutil.Process(pid)
    children = daemon.children(recursive=True)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    gone, left = psutil.wait_procs([daemon, *children], timeout=20)
    for process in left:
        process.kill()
    assert not left, "the daemon or its engine outlived SIGTERM"
    del gone


@pytest.fixture(name="fake_house")
async def make_fake_house(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., House]]:
    """`fake_house(book, *engine options)`: an Echo whose engine completes from `book`."""
    made: list[House] = []

    def build(book: str, *options: str) -> House:
        home = tmp_path_factory.mktemp("h")
        profile = Profile.locate({"ECHO_HOME": str(home)})
        profile.prepare()
        profile.mark_throw_away()
        (home / "book").write_text(book, encoding="utf-8")
        entry = load_catalogue().find(FAKE_MODEL)
        assert entry is not None
        with (profile.models_dir / entry.file).open("wb") as file:
            file.truncate(entry.bytes)  # sparse: it takes no room
        write_choice(profile.choice_path, FAKE_MODEL)
        command = [
            sys.executable, fake_engine.__file__, "--text", str(home / "book"), *options
        ]  # fmt: skip
        listed = ", ".join(f'"{word}"' for word in command)
        profile.config_file.write_text(
            f'[store]\nkey = "file"\n[engine]\ncommand = [{listed}]\n', encoding="utf-8"
        )
        made.append(House(profile, Editor(), SystemClock()))
        return made[-1]

    yield build
    for house in made:
        await stop(house)


@pytest.fixture(name="real_house")
async def make_real_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """An Echo on the real 0.5B, whose file is on the shelf that ECHO_MODELS names."""
    shelf = os.environ.get("ECHO_MODELS", "")
    entry = load_catalogue().find(REAL_MODEL)
    assert entry is not None
    if not shelf or not (Path(shelf) / entry.file).is_file():
        pytest.skip(f"the weights of {REAL_MODEL} are not in the folder that ECHO_MODELS names")
    home = tmp_path_factory.mktemp("h")
    profile = Profile.locate({"ECHO_HOME": str(home), "ECHO_MODELS": shelf})
    profile.prepare()
    profile.mark_throw_away()
    profile.config_file.write_text('[store]\nkey = "file"\n', encoding="utf-8")
    write_choice(profile.choice_path, REAL_MODEL)
    house = House(profile, Editor(), SystemClock())
    yield house
    await stop(house)
