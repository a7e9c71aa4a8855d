"""An organisation's policy that changes while a real daemon records for a real editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from echo_core.records import wire
from echo_testing.house import House

DOC = "file:///w/a.py"


async def until(house: House, message: str, *, recording: bool) -> None:
    """Until the editor was told so, and the daemon does so."""
    while (await house.editor.status()).message != message:
        pass
    assert (await house.status()).status.recording is recording


async def events(house: House) -> int:
    """In the store, after all that the editor sent has reached the daemon."""
    await house.editor.complete(DOC, 0)
    return (await house.ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)).events


async def test_a_policy_holds_from_when_it_is_written(
    fake_house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "xdg" / "echo-completion" / "policy.toml"
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    house = fake_house("pass\n")
    await house.editor.start(house.profile)
    await house.until_ready()
    await house.record()
    house.editor.open(DOC, "text\n")
    before = await events(house)
    assert before

    policy.parent.mkdir(parents=True)  # the daemon is up, and its folder comes now
    policy.write_text('[consent]\nrecord = "forbidden"\n')
    forbids = "Recording is off: your organisation's policy forbids it."
    await until(house, forbids, recording=False)
    house.editor.edit(DOC, (0, 0, "unseen "))
    assert await events(house) == 0  # nothing is open

    policy.write_text("nonsense")
    damaged = (
        "Recording is off: your organisation's policy file cannot be understood; "
        "tell whoever looks after it."
    )
    await until(house, damaged, recording=False)

    policy.write_text('[consent]\nrecord = "allowed"\n')
    await until(house, "", recording=True)
    house.editor.edit(DOC, (0, 0, "seen "))
    after = await events(house)
    assert after > before
    found = await house.ask(wire.TRACE_EXPORT, wire.TraceQuery(), wire.TraceLines)
    lines = "\n".join(found.lines)
    assert '"seen ' in lines
    assert '"unseen ' not in lines.replace('"text":"unseen ', "")

    policy.rename(policy.with_name("elsewhere"))
    policy.with_name("elsewhere").write_text('[consent]\nrecord = "forbidden"\n')
    house.editor.edit(DOC, (0, 0, "also "))
    policy.with_name("elsewhere").replace(policy)  # as careful programs write a file
    await until(house, forbids, recording=False)
    for file in policy.parent.iterdir():
        file.unlink()
    policy.parent.rmdir()
    await until(house, "", recording=True)
