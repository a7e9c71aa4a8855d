"""What is to be forgotten while nothing can be written: noted, and done later."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_core.errors import StoreError
from echo_core.records.wire import ConsentChoice, Forget
from echo_daemon.store.owed import Debts, Owed
from echo_daemon.store.recorder import TRY_AGAIN_MS_MAX, StoreState
from echo_testing.lodge import Lodge

DOC = "file:///a.py"
ON = ConsentChoice(record=True, by="a test")


async def test_what_is_forgotten_while_nothing_can_be_written_goes_later(lodge: Lodge) -> None:
    lodge.clock.pass_ms(20 * 60_000)
    lodge.type(DOC, "second ")
    await lodge.archive.flush()
    away = lodge.paths.key.rename(lodge.paths.folder / "elsewhere")
    lodge.type(DOC, "third ")
    gone = await lodge.hub.forget(Forget(last_ms=600_000))
    assert (gone.events, gone.samples) == (0, 0)
    assert "key file was taken away" in gone.waits
    assert "also if Echo's daemon ends before" in gone.waits
    assert lodge.paths.owed.stat().st_mode & 0o777 == 0o600
    lodge.clock.pass_ms(60 * 60_000)  # it is what was before that moment
    lodge.type(DOC, "fourth ")
    await lodge.hub.tend()
    assert not lodge.hub.status().recording
    assert await lodge.completes()
    away.replace(lodge.paths.key)
    await lodge.archive.flush()
    assert not lodge.hub.status().recording  # what was still to be written is there
    await lodge.hub.tend()
    assert lodge.hub.status().recording
    assert not lodge.paths.owed.exists()
    lodge.open("file:///b.py", "other\n")
    lodge.type("file:///b.py", "fifth ")
    lodge.type(DOC, "sixth ")  # was concerned, and is open still
    seen = await lodge.recorded()
    words = ("first", "second", "third", "fourth", "fifth", "sixth")
    assert [word for word in words if word in seen] == ["first", "fifth"]


async def test_what_is_owed_outlives_the_daemon(lodge: Lodge, tmp_path: Path) -> None:
    lodge.open("file:///secret/a.py", "text\n")
    lodge.type("file:///secret/a.py", "hidden ")
    await lodge.archive.flush()
    away = lodge.paths.key.rename(lodge.paths.folder / "elsewhere")
    lodge.type(DOC, "second ")
    for folder in ("/secret", "/nothing"):
        assert (await lodge.hub.forget(Forget(workspace=folder))).waits
    with pytest.raises(StoreError, match="could not be written"):
        await lodge.hub.close()
    away.replace(lodge.paths.key)
    after = Lodge(tmp_path)
    await after.store.open()
    await after.hub.begin_recording()
    assert not after.hub.status().recording
    await after.hub.tend()
    assert after.hub.status().recording
    seen = await after.recorded()
    assert "first" in seen
    assert "hidden" not in seen
    assert "secret" not in seen
    await after.store.erase("a test")
    await after.hub.close()


async def test_notes_of_what_is_owed(lodge: Lodge, tmp_path: Path) -> None:
    debts = Debts(tmp_path / "notes" / "owed")
    assert not debts.add(Owed(Forget(last_ms=1), 5))  # its folder is missing
    assert debts.first == Owed(Forget(last_ms=1), 5)
    (tmp_path / "notes").mkdir()
    assert debts.add(Owed(Forget(workspace="/w"), 6))
    again = Debts(tmp_path / "notes" / "owed")
    again.load()
    again.paid()
    assert again.first == Owed(Forget(workspace="/w"), 6)
    again.drop()
    assert not again
    assert list((tmp_path / "notes").iterdir()) == []
    # A note that nobody understands keeps recording off: it says what must not be there.
    await lodge.store.close()
    lodge.paths.owed.write_text("[")
    other = Lodge(tmp_path)
    assert await other.store.open() is StoreState.FAILED
    assert "forget.jsonl" in other.store.reason
    lodge.paths.owed.unlink()
    other.clock.pass_ms(TRY_AGAIN_MS_MAX)
    await other.hub.tend()
    assert other.hub.status().recording
    await other.hub.close()
