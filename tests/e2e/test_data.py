"""`echoctl data` and `echoctl consent` against a real daemon that an editor writes to."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from echo_core.records import wire
from echo_testing.house import House

DOC = "file:///w/a.py"
CANARY = "xyzzy_canary_plugh"


async def echoctl(house: House, *arguments: str) -> tuple[int, str]:
    """What it printed, and its exit code."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "echo_daemon.ctl.main",
        "--profile",
        str(house.profile.data_dir.parent),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, output.decode()


async def recorded(house: House) -> int:
    """Events in the store, after all that the editor sent has reached the daemon."""
    await house.editor.complete(DOC, 0)  # goes the same way, behind it
    return (await house.ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)).events


async def test_what_was_recorded_can_be_taken_back(fake_house: Callable[..., House]) -> None:
    house = fake_house("pass\n")
    await house.editor.start(house.profile)
    await house.until_ready()
    await house.record()
    house.editor.open(DOC, f"# {CANARY}\n")
    house.editor.edit(DOC, (0, 0, f"{CANARY} = 1\n"))
    events = await recorded(house)
    assert events >= 2
    code, said = await echoctl(house, "data", "size")
    assert code == 0, said
    assert "texts" in said
    assert "on disk: " in said

    code, said = await echoctl(house, "data", "forget")
    assert (code, "either --last or --workspace" in said) == (2, True)
    code, said = await echoctl(house, "data", "forget", "--last", "soon")
    assert (code, "such as 10m" in said) == (2, True)
    code, said = await echoctl(house, "data", "forget", "--last", "10m")
    assert (code, said) == (0, f"forgotten: {events} events, 0 samples, 1 documents\n")

    code, said = await echoctl(house, "consent", "record", "off", "--workspace", "/w")
    assert code == 0, said
    assert "recording: on" in said
    assert "off in: /w" in said
    house.editor.edit(DOC, (0, 0, "more"))
    assert await recorded(house) == 0

    code, said = await echoctl(house, "data", "erase")
    assert (code, "say --all" in said) == (2, True)
    code, said = await echoctl(house, "data", "erase", "--all")
    assert code == 0, said
    left = {file.name for file in house.profile.data_dir.iterdir()}
    assert not left & {"store.db", "store.db-wal", "store.db-shm", "store.key"}
    assert not (await house.status()).status.recording
    assert await house.leave() == 0


async def test_a_second_daemon_leaves_and_the_first_goes_on(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house("pass\n")
    await house.editor.start(house.profile)
    await house.until_ready()
    await house.record()
    house.editor.open(DOC, "x\n")
    events = await recorded(house)
    second = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "echo_daemon",
        env=os.environ | {"ECHO_HOME": str(house.profile.data_dir.parent)},
    )
    assert await second.wait() == 0
    house.editor.edit(DOC, (0, 0, "y"))
    assert await recorded(house) > events
    status = await house.status()
    assert (status.pid, status.store_state) == (house.daemon_pid(), "open")
    assert await house.leave() == 0
