"""What keeps the store from recording: it pauses with one notification, completion goes on, and
recording resumes by itself; nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from echo_core.errors import StoreBusyError
from echo_core.records.wire import ConsentChoice
from echo_daemon.store import database
from echo_daemon.store.key_watch import ASK_AGAIN_MS
from echo_daemon.store.keys import KeyPolicy
from echo_daemon.store.recorder import TRY_AGAIN_MS_MAX
from echo_testing import small_disk
from echo_testing.lodge import Lodge

DOC = "file:///a.py"
ON = ConsentChoice(record=True, by="a test")


def told(lodge: Lodge) -> list[str]:
    """What the window was told since last time; many ticks tell it once."""
    for _ in range(3):
        lodge.hub.tick()
    messages = [status.message for status in lodge.link.statuses]
    lodge.link.statuses.clear()
    return messages


async def test_a_key_that_is_taken_away_at_run_time(lodge: Lodge) -> None:
    away = lodge.paths.key.rename(lodge.paths.folder / "elsewhere")
    lodge.type(DOC, "second ")
    with pytest.raises(StoreBusyError, match="key file was taken away"):
        await lodge.archive.flush()
    (message,) = told(lodge)
    assert "put it back" in message
    assert await lodge.completes()
    lodge.paths.key.write_text("ab" * 32)
    lodge.paths.key.chmod(0o600)
    with pytest.raises(StoreBusyError, match="another key"):
        await lodge.archive.flush()
    away.replace(lodge.paths.key)
    await lodge.archive.flush()
    assert told(lodge)[-1] == ""
    seen = await lodge.recorded()
    assert seen.index("first") < seen.index("second")


class Vault(KeyringBackend):
    """A keyring in memory under the name of one that never asks a person."""

    priority = 5  # type: ignore[assignment]
    held: dict[tuple[str, str], str] = {}  # noqa: RUF012 - of all, as a system's

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


Vault.__module__, Vault.__qualname__ = "keyring.backends.Windows", "WinVaultKeyring"


async def test_a_key_that_is_taken_out_of_the_keyring_at_run_time(tmp_path: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Vault())
    lodge = Lodge(tmp_path, KeyPolicy.KEYRING)
    try:
        await lodge.hub.choose(ON)
        assert lodge.store.key_source == "keyring Windows"
        lodge.open(DOC, "text\n")
        await lodge.archive.flush()
        lodge.hub.tick()
        lodge.link.statuses.clear()
        taken = dict(Vault.held)
        Vault.held.clear()
        lodge.clock.pass_ms(ASK_AGAIN_MS)
        await lodge.hub.tend()
        lodge.type(DOC, "second ")
        with pytest.raises(StoreBusyError, match="does not hold the store's key any more"):
            await lodge.archive.flush()
        assert len(told(lodge)) == 1
        assert await lodge.completes()
        Vault.held.update(taken)
        await lodge.hub.tend()
        await lodge.archive.flush()
        assert told(lodge)[-1] == ""
        assert "second" in await lodge.recorded()
    finally:
        await lodge.hub.close()
        keyring.set_keyring(before)
        Vault.held.clear()


async def test_a_key_that_is_missing_at_the_start(lodge: Lodge) -> None:
    await lodge.store.close()
    away = lodge.paths.key.rename(lodge.paths.folder / "elsewhere")
    await lodge.store.open()
    lodge.hub.recording.restart()
    assert [("key" in message) for message in told(lodge)] == [True]
    await lodge.hub.tend()
    assert told(lodge) == []
    assert await lodge.completes()
    away.rename(lodge.paths.key)
    await lodge.hub.tend()  # not yet: it waits longer after each failure
    assert not lodge.hub.status().recording
    lodge.clock.pass_ms(TRY_AGAIN_MS_MAX)
    await lodge.hub.tend()
    assert told(lodge) == [""]
    lodge.type(DOC, "second ")
    seen = await lodge.recorded()
    assert seen.count("Opened") == 2
    assert "second" in seen


async def test_a_store_that_is_taken_away_at_run_time(lodge: Lodge) -> None:
    shutil.move(lodge.paths.folder, lodge.paths.folder.with_name("away"))
    lodge.type(DOC, "second ")
    with pytest.raises(StoreBusyError, match="taken away"):
        await lodge.archive.flush()
    assert len(told(lodge)) == 1
    assert await lodge.completes()
    await lodge.hub.tend()  # the choice went with the folder
    assert (lodge.hub.status().recording, lodge.hub.status().message) == (False, "")
    assert not lodge.paths.folder.exists()
    await lodge.hub.choose(ON)
    seen = await lodge.recorded()
    assert "first" in seen
    assert seen.count("Opened") == 1


async def test_a_store_that_is_damaged_at_run_time_and_moved_away(lodge: Lodge) -> None:
    def look_away(connection: database.Connection, rows: object) -> Iterator[None]:
        """What is in memory would hide for a while what became of the file."""
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("PRAGMA shrink_memory")
        yield

    assert lodge.store._log is not None
    await lodge.store._log.work(look_away)
    size = lodge.store.size_bytes()
    with lodge.paths.database.open("r+b") as file:
        file.write(os.urandom(size))
    lodge.type(DOC, "x" * 100_000)
    with pytest.raises(StoreBusyError):
        await lodge.archive.flush()
    assert len(told(lodge)) == 1
    assert await lodge.completes()
    lodge.paths.database.rename(lodge.paths.folder / "damaged.db")
    for suffix in ("-wal", "-shm"):
        lodge.paths.database.with_name(f"store.db{suffix}").unlink(missing_ok=True)
    with pytest.raises(StoreBusyError):
        await lodge.archive.flush()
    await lodge.hub.tend()
    assert told(lodge)[-1] == ""
    lodge.type(DOC, "second ")
    assert "second" in await lodge.recorded()


@pytest.mark.parametrize("what", ["damaged", "newer"])
async def test_a_store_that_cannot_be_opened_until_it_is_another(lodge: Lodge, what: str) -> None:
    await lodge.store.close()
    good = lodge.paths.database.read_bytes()
    if what == "damaged":
        lodge.paths.database.write_bytes(os.urandom(len(good)))
    else:
        key = bytes.fromhex(lodge.paths.key.read_text())
        connection = database.open_for_writing(lodge.paths.database, key)
        connection.execute("INSERT INTO migrations VALUES ('m999_of_tomorrow', 0)")
        connection.close()
    bad = lodge.paths.database.read_bytes()
    await lodge.store.open()
    lodge.hub.recording.restart()
    assert len(told(lodge)) == 1
    assert await lodge.completes()
    for _ in range(3):
        lodge.clock.pass_ms(TRY_AGAIN_MS_MAX)
        await lodge.hub.tend()
    assert told(lodge) == []
    assert lodge.paths.database.read_bytes() == bad
    lodge.paths.database.write_bytes(good)
    lodge.clock.pass_ms(TRY_AGAIN_MS_MAX)
    await lodge.hub.tend()
    assert told(lodge) == [""]
    assert "first" in await lodge.recorded()


async def test_a_clock_that_goes_back(lodge: Lodge) -> None:
    lodge.clock.pass_ms(-500 * 60_000)
    lodge.type(DOC, "second ")
    lodge.hub.tick()
    seen = await lodge.recorded()
    queries = lodge.store.reading()
    times = [event.at_ms for row in queries.sessions() for event in queries.events(row.session)]
    queries.close()
    assert "second" in seen
    assert times == sorted(times)


SCRIPT = """
import asyncio, json, os, subprocess, sys
from pathlib import Path
from echo_core.errors import StoreError
from echo_core.records.wire import CompletionAsk, ConsentChoice
from echo_testing.lodge import Lodge

folder, what = Path(sys.argv[1]), sys.argv[2]
DOC = "file:///a.py"

def remount(how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)

async def flush(lodge):
    try:
        await lodge.archive.flush()
    except StoreError as error:
        return str(error)
    return ""

async def main():
    lodge = Lodge(folder)
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    lodge.open(DOC, "text\\n")
    lodge.type(DOC, "first ")
    said = [await flush(lodge)]
    lodge.hub.tick()
    lodge.link.statuses.clear()
    if what == "full":
        with (folder / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        lodge.type(DOC, os.urandom(200_000).hex())
    else:
        await lodge.store.close()
        remount("ro")
        await lodge.store.open()
        lodge.hub.recording.restart()
    said.append(await flush(lodge) or lodge.hub.status().message)
    for number in range(20):
        lodge.type(DOC, f"while{number} ")
        lodge.hub.tick()
    ask = CompletionAsk(DOC, lodge.versions[DOC], 0, "invoked")
    answer = await lodge.front.complete(ask)
    notified = [status.message for status in lodge.link.statuses]
    if what == "full":
        (folder / "filler").unlink()
    else:
        remount("rw")
        lodge.clock.pass_ms(1e9)
        await lodge.hub.tend()
    said.append(await flush(lodge))
    lodge.hub.tick()
    seen = await lodge.recorded()
    print(json.dumps({
        "said": said,
        "notified": notified,
        "after": [status.message for status in lodge.link.statuses][len(notified):],
        "answered": bool(answer.reason),
        "kept": all(f"while{number} " in seen for number in range(20)) and "first" in seen,
    }))
    await lodge.hub.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("what", ["full", "read-only"])
def test_a_disk_that_really_is(tmp_path: Path, what: str) -> None:
    """A file system of our own, in a user namespace, that fills up or turns read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    program = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), what]
    done = small_disk.with_disk(
        folder, "3m", program, os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    word = "full" if what == "full" else "writable"
    assert [word in sentence for sentence in found["said"]] == [False, True, False]
    assert found["notified"] == [found["said"][1]]
    assert found["after"] == [""]
    assert found["answered"]
    assert found["kept"]
