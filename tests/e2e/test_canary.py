"""Nothing that was planted is found anywhere: a whole way from typing to an upload, and a crash.

Planted are a credential, an author's and a colleague's name and address, a path of a home folder, a
remote and a folder's name; and in the code itself, which is the person's own, a word that may be
contributed and must stand in no file. Everything is really done: recording, judging, contributing,
one upload to a receiver that opens it, a SIGSEGV of every worker. The same search finds all of it
in a copy in the clear, so that it could fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest

from echo_core.judging.checks.causes import Cause
from echo_core.judging.judgement import State
from echo_core.records import wire
from echo_daemon.app import TICK_MS
from echo_daemon.models.choice import write_choice
from echo_engine.catalogue import load_catalogue
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_testing import fake_engine
from echo_testing.editor import Editor
from echo_testing.house import House, stop
from echo_testing.licence_texts import MIT
from echo_testing.receiver import Receiver, receiving
from echo_testing.repos import Repo
from echo_testing.waiting import LONG_S

WORD: Final = "zyxwvq_plugh_9917"  # code: it may leave, and stands in no file
CREDENTIAL: Final = "ghp_" + "Zq7Xw3Vu9Ts2Rp8On4Ml6Kj1Ih5Gf0EdCbA9"
AUTHOR: Final = "Zyxwena Quorvexity"
ADDRESS: Final = "zyxwena@quorvexity-plugh.dev"
COLLEAGUE: Final = "colleague@plugh-zyxw.dev"
HOME: Final = "/home/zyxwlogin/quorvfolder"
REMOTE: Final = "git@zyxwremote-plugh.dev:quorv/secretive.git"
FOLDER: Final = "zyxwproject_quorv"
PLANTED: Final = (CREDENTIAL, AUTHOR, ADDRESS, COLLEAGUE, HOME, REMOTE, FOLDER)
GAP: Final = "    \n"
CLEAN: Final = (
    f"# {AUTHOR} <{ADDRESS}> asked {COLLEAGUE}\n"
    f"# to keep {HOME} out of this\n"
    f"import math\n\n\ndef {WORD}(prices):\n{GAP}\n\n"
    f"def mean(prices):\n    return {WORD}(prices) / len(prices)\n"
)
SECRET: Final = f'TOKEN = "{CREDENTIAL}"\n\n\n{CLEAN}'
KEPT: Final = "return math.fsum(prices)"


@dataclass
class Place:
    """Where everything happens, and what must stay clean."""

    house: House
    receiver: Receiver
    repo: Repo
    scratch: Path  # TMPDIR of every process

    @property
    def home(self) -> Path:
        assert self.house.profile.home is not None
        return self.house.profile.home

    def files(self) -> Iterator[Path]:
        """Every file that a process of ours may have written."""
        for folder in (self.home, self.scratch, Path.cwd()):
            names = folder.glob("core*") if folder == Path.cwd() else folder.rglob("*")
            shelf = self.house.profile.models_dir  # hundreds of megabytes of a file without content
            yield from (path for path in names if path.is_file() and shelf not in path.parents)


@pytest.fixture(name="place")
async def make_place(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """A person's machine: recording and contributing are possible, and cores are allowed."""
    for name in ("CI", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    scratch = tmp_path_factory.mktemp("t")
    monkeypatch.setenv("TMPDIR", str(scratch))
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    home = tmp_path_factory.mktemp("h")
    profile = Profile.locate({"ECHO_HOME": str(home)})
    profile.prepare()
    with receiving(Receiver()) as receiver:
        _configure(profile, home, receiver)
        repo = Repo(tmp_path_factory.mktemp("r") / FOLDER)
        repo.write("LICENSE", MIT)
        repo.git("config", "user.name", AUTHOR)
        repo.git("config", "user.email", ADDRESS)
        repo.git("remote", "add", "origin", REMOTE)
        house = House(profile, Editor(), SystemClock())
        yield Place(house, receiver, repo, scratch)
        await stop(house)
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def _configure(profile: Profile, home: Path, receiver: Receiver) -> None:
    (home / "book").write_text(f"    {KEPT}\n", encoding="utf-8")
    entry = next(iter(load_catalogue().entries))
    with (profile.models_dir / entry.file).open("wb") as file:
        file.truncate(entry.bytes)
    write_choice(profile.choice_path, entry.name)
    command = (
        sys.executable,
        fake_engine.__file__,
        "--text",
        str(home / "book"),
        "--void-logprob=-20",
    )
    listed = ", ".join(f'"{word}"' for word in command)
    profile.config_file.write_text(
        f'[store]\nkey = "file"\n[engine]\ncommand = [{listed}]\n'
        "[completion]\ndeadline_ms = 60000\n[distill]\nidle_seconds = 86400\n"
        f'[sharing]\ndelay_hours = 0\nintake = "{receiver.url}"\n'
        f'root_key = "{receiver.side.root_public}"\n',
        encoding="utf-8",
    )


async def test_nothing_planted_is_found_anywhere(place: Place) -> None:
    house = place.house
    clean = place.repo.write("src/clean.py", CLEAN)
    secret = place.repo.write("src/secret.py", SECRET)
    place.repo.commit(author=COLLEAGUE)
    await house.editor.start(house.profile, root=place.repo.root.as_uri())
    await house.until_ready()
    for switch in ("record", "contribute"):
        await house.ask(
            wire.CONSENT_SWITCH, wire.SwitchChoice(switch, on=True, by="a test"), wire.Consents
        )
    for path, text in ((clean, CLEAN), (secret, SECRET)):
        await keep(house, path.as_uri(), text)
    await judged(house)
    states = await states_of(house)
    assert states["clean.py"] == {State.KEPT}
    assert states["secret.py"] == {Cause.CREDENTIAL_FORM}
    shown = await house.ask(wire.OUTBOX_SEND, wire.Nothing(), wire.OutboxState)
    assert (shown.problem, {row.state for row in shown.rows}) == ("", {"sent"})
    processes = described(house)
    await crash_workers(house)
    await until_answered(house, clean.as_uri())
    # A slow machine is asked more than once, and each request may become a sample.
    samples = [sample for bundle in place.receiver.bundles() for sample in bundle.samples]
    opened = b"\n".join(place.receiver.opened.values())
    assert KEPT in [sample.target for sample in samples]
    assert found_in(opened, WORD)  # the person's own code, which they agreed to share
    for planted in PLANTED:
        assert not found_in(opened, planted), f"in the bundle: {planted}"
        for words in processes:
            assert not found_in(words, planted), f"in a title, argument or variable: {planted}"
    dirty = leaks(place)
    assert dirty == []
    assert await house.leave() == 0
    assert leaks(place) == []  # what was written at the end, too


def test_the_search_finds_what_is_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(f"{SECRET}{REMOTE}{FOLDER}".encode())
    (tmp_path / "wide").write_bytes(WORD.encode("utf-16-le"))
    content = (tmp_path / "copy").read_bytes()
    assert all(found_in(content, each) for each in (*PLANTED, WORD))
    assert found_in((tmp_path / "wide").read_bytes(), WORD)


# --- the way ----------------------------------------------------------------------------------


async def keep(house: House, doc: str, text: str) -> None:
    """Ask for a completion in the gap, take it, and go on elsewhere in the file."""
    at = text.index(GAP) + 4
    house.editor.open(doc, text)
    async with asyncio.timeout(LONG_S):
        while not (items := await house.editor.complete(doc, at)):
            await house.clock.sleep_ms(50)
    house.editor.edit(doc, (at, at, KEPT))
    await house.editor.accept(items[0])
    house.editor.edit(doc, (len(text) + len(KEPT), len(text) + len(KEPT), "\n"))
    await house.arrived()


async def judged(house: House) -> None:
    """Judge all there is."""
    async with asyncio.timeout(LONG_S):
        while True:
            done = await house.ask(wire.DISTILL_NOW, wire.DistillAsk(), wire.DistillReport)
            if not done.left and State.CANDIDATE not in (await states_of(house))["clean.py"]:
                return


async def states_of(house: House) -> dict[str, set[str]]:
    """How the samples of each file were judged: kept, or why not."""
    rows = (await house.ask(wire.SAMPLES_LIST, wire.SamplesQuery(), wire.SampleList)).rows
    found: dict[str, set[str]] = {"clean.py": set(), "secret.py": set()}
    for row in rows:
        if row.accepted_chars:
            found[row.doc.rpartition("/")[2]].add(row.cause or row.state)
    return found


async def crash_workers(house: House) -> None:
    """Every child of the daemon ends as by a fault of its memory."""
    for child in psutil.Process(house.daemon_pid()).children(recursive=True):
        child.send_signal(signal.SIGSEGV)
        await asyncio.to_thread(psutil.wait_procs, [child], LONG_S)


async def until_answered(house: House, doc: str) -> None:
    """The daemon has noticed, goes on, and has told the editor so."""
    at = house.editor.texts[doc].index("prices):\n") + 4
    await house.editor.complete(doc, at)
    async with asyncio.timeout(LONG_S):
        while (seen := await house.status()).status.kind != "ready":
            await house.clock.sleep_ms(50)
        while (await house.status()).uptime_ms < seen.uptime_ms + 2 * TICK_MS:
            await house.clock.sleep_ms(50)
    await house.editor.complete(doc, at)  # what was told before is here, too


# --- the search -------------------------------------------------------------------------------


def described(house: House) -> list[bytes]:
    """What anybody on this machine may see of our processes, and what their user may."""
    daemon = psutil.Process(house.daemon_pid())
    found: list[bytes] = []
    for process in (daemon, *daemon.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # a git that has ended meanwhile
            found.append("\0".join([process.name(), *process.cmdline()]).encode())
            environ = process.environ()
            found.append(repr({n: v for n, v in environ.items() if n not in os.environ}).encode())
    return found


def leaks(place: Place) -> list[str]:
    """Which planted words stand in which files, and every core file."""
    dirty = [f"{path} is a core file" for path in place.files() if path.name.startswith("core")]
    for path in place.files():
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # a temporary file, or the database's log, that is gone meanwhile
        words = [each for each in (*PLANTED, WORD) if found_in(content, each)]
        dirty += [f"{each} in {path.name}" for each in words]
    return dirty


def found_in(content: bytes, word: str) -> bool:
    """Whether a word stands there, however it may have been written."""
    forms = (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    return any(form in content for form in forms)
