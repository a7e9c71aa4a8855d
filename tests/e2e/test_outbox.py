"""`echoctl outbox` against a real daemon with a real intake; the erased store and its wishes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from echo_core.records import wire
from echo_core.sharing.consent import Rule, Switch
from echo_lsp.protocol_ext import DID_CHANGE_TELEMETRY, TelemetryParams
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_testing import leftovers
from echo_testing.editor import Editor
from echo_testing.house import House
from echo_testing.receiver import Receiver, receiving
from echo_testing.waiting import LONG_S


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, receiver: Receiver) -> Iterator[Path]:
    folder = tmp_path / "h"
    Profile.locate({"ECHO_HOME": str(folder)}).prepare()
    (folder / "config.toml").write_text(
        f'[store]\nkey = "file"\n[sharing]\nintake = "{receiver.url}"\n'
        f'root_key = "{receiver.side.root_public}"\n'
    )
    yield folder
    assert leftovers.end(leftovers.daemons(folder)) == []


@pytest.fixture
def echoctl(home: Path) -> Callable[..., str]:
    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "echo_daemon.ctl.main", "--profile", str(home), *arguments],
            env=os.environ | {"DO_NOT_TRACK": "0", "CI": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return run


def test_the_outbox_at_a_terminal(
    echoctl: Callable[..., str], receiver: Receiver, home: Path
) -> None:
    assert echoctl("outbox", "list") == "waiting: 0, sent: 0\npaused: nothing\n"
    echoctl("consent", "record", "on")
    assert "contributing: on" in echoctl("consent", "contribute", "on")
    assert "say --now" in echoctl("outbox", "send", code=2)
    assert "waiting: 0" in echoctl("outbox", "send", "--now")
    folder = str(home / "p")
    assert f"paused: {folder}" in echoctl("outbox", "pause", "--workspace", folder)
    assert "paused: everything" in echoctl("outbox", "pause")
    assert echoctl("outbox", "resume") == f"paused: {folder}\n"
    assert echoctl("outbox", "resume", "--workspace", folder) == "paused: nothing\n"
    assert "say one of" in echoctl("outbox", "drop", code=2)
    assert echoctl("outbox", "drop", "--all") == "dropped: 0\n"
    assert echoctl("outbox", "drop", "--file", "a.py") == "dropped: 0\n"
    assert echoctl("outbox", "drop", "--last", "2h") == "dropped: 0\n"
    assert "Nothing of that name waits" in echoctl("outbox", "show", code=2)
    # Nothing was judged and kept, so nothing was sent, and nothing is to be taken back.
    echoctl("consent", "contribute", "off")
    echoctl("data", "erase", "--all")
    assert "contributing: off" in echoctl("consent", "show")
    assert receiver.connections == 0


async def test_an_editor_without_telemetry_stops_all_that_leaves(
    home: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    house = House(Profile.locate({"ECHO_HOME": str(home)}), Editor(), SystemClock())
    await house.editor.start(house.profile, options={"telemetry": False})
    for switch in Switch:
        choice = wire.SwitchChoice(switch, on=True, by="a test")
        await house.ask(wire.CONSENT_SWITCH, choice, wire.Consents)

    async def until_off(*off: Switch) -> None:
        async with asyncio.timeout(LONG_S):
            while True:
                shown = await house.ask(wire.CONSENT_SHOW, wire.Nothing(), wire.Consents)
                if {one.switch for one in shown.switches if one.rule == Rule.EDITOR} == set(off):
                    return
                await house.clock.sleep_ms(50)

    leaving = set(Switch) - {Switch.RECORD}
    await until_off(*leaving)
    await house.ask(wire.OUTBOX_SEND, wire.Nothing(), wire.OutboxState)
    house.editor.notify(DID_CHANGE_TELEMETRY, TelemetryParams(allowed=True))
    await until_off()
    house.editor.notify(DID_CHANGE_TELEMETRY, TelemetryParams(allowed=False))
    await until_off(*leaving)
    await house.leave()
    await until_off(*leaving)  # what it said last holds while it is gone
    await house.ask(wire.OUTBOX_SEND, wire.Nothing(), wire.OutboxState)
    assert receiver.connections == 0
