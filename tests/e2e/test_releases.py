"""Updates as people meet them: `echo-trainer release`, a web server, a real daemon, `echoctl`.

The engine and its model are real (SmolLM2), the adapters random numbers over it. Left out: every
attack by itself (`tests/daemon/updates/test_attacks.py`), guards (`test_updates.py` beside it).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from echo_core.records import wire
from echo_core.release.channel import PARTS, bucket
from echo_daemon.models.choice import write_choice
from echo_engine.catalogue import load_catalogue
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_testing import toy_adapter
from echo_testing.editor import Editor
from echo_testing.house import House, stop
from echo_testing.model_server import ModelServer, serving
from echo_testing.release_commands import Administrator
from echo_testing.release_house import CHANNEL, files_of
from echo_testing.shell import Shell
from echo_testing.waiting import until
from echo_trainer.release import publishing
from echo_trainer.runs.records import Base

MODEL = "smollm2-135m"
CODE = "def fibonacci(n: int) -> int:\n    if n < 2:\n        return n\n    return "
URI = "file:///w/numbers.py"


@dataclass
class Publisher(Administrator):
    """An administrator whose adapters are random numbers over a base."""

    base_file: Path
    base: Base

    def publish(self, name: str, seed: int, *more: str) -> None:
        """Put a release in that the gate let pass."""
        path = self.home / f"{name}.gguf"
        toy_adapter.write(self.base_file, path, seed=seed)
        self.judged(name, self.base, path.read_bytes())
        self.release("publish", "--run", name, "--form", "adapter", "--name", name, *more)

    def give(self, name: str, seed: int, *more: str) -> None:
        """Publish a release of that name, and give it to everybody."""
        self.publish(name, seed, *more)
        self.release("promote", name)


@dataclass
class Machine:
    """Somebody's machine: a daemon, an editor in which they type, `echoctl`."""

    house: House
    shell: Shell
    asked: int = 0
    answered: int = 0
    proposed: list[str] = field(default_factory=list)

    async def ctl(self, *arguments: str) -> str:
        """An `echoctl models` command beside the typing; what it printed."""
        done = await asyncio.to_thread(self.shell.run, "models", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def check(self) -> dict[str, Any]:
        """Ask the repository now; what a program is told of it."""
        found: dict[str, Any] = json.loads(await self.ctl("releases", "--check", "--json"))
        return found

    async def status(self) -> str:
        """What `echoctl status` prints."""
        return (await asyncio.to_thread(self.shell.run, "status")).stdout

    async def model(self) -> str:
        """What the engine says that it completes with."""
        described = await self.house.ask(
            wire.ENGINE_DESCRIBE, wire.Nothing(), wire.EngineDescription
        )
        return described.model

    async def type_on(self) -> None:
        """Type and ask, until cancelled between two requests."""
        at = len(self.house.editor.texts[URI])
        while True:
            self.house.editor.edit(URI, (at, at, "n"))
            self.asked += 1
            items = await asyncio.shield(self.house.editor.ask(URI, at + 1))
            self.answered += 1
            self.proposed += [str(item.insert_text) for item in items.items]
            self.house.editor.edit(URI, (at, at + 1, ""))


@pytest.fixture
def publisher(tmp_path: Path, weights: Callable[[str], Path]) -> Publisher:
    entry = load_catalogue().find(MODEL)
    assert entry is not None
    file = weights(entry.file)
    base = Base(MODEL, entry.sha256, entry.bytes, "llama", entry.family)
    made = Publisher(tmp_path / "trainer", file, base)
    made.begin()
    return made


@pytest.fixture
def server(publisher: Publisher) -> Iterator[ModelServer]:
    with serving(ModelServer(files_of(publisher.public))) as made:
        yield made


@pytest.fixture
async def machine(
    publisher: Publisher, server: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Machine]:
    shell = Shell(tmp_path_factory.mktemp("h"))
    shelf = publisher.base_file.parent
    profile = Profile.locate({"ECHO_HOME": str(shell.home), "ECHO_MODELS": str(shelf)})
    profile.mark_throw_away()
    root = publisher.public / "metadata" / "1.root.json"
    profile.config_file.write_text(
        f'[store]\nkey = "file"\n[engine]\ncontext_tokens = 1024\n'
        f'[updates]\nrepository = "{server.url}"\nroot = "{root}"\n',
        encoding="utf-8",
    )
    write_choice(profile.choice_path, MODEL)
    house = House(profile, Editor(), SystemClock())
    await house.editor.start(profile)
    await house.until_ready()
    house.editor.open(URI, CODE)
    yield Machine(house, shell)
    await stop(house)


async def test_releases_come_are_refused_and_go_while_somebody_types(
    publisher: Publisher, server: ModelServer, machine: Machine
) -> None:
    def serve() -> dict[str, bytes]:
        server.files = files_of(publisher.public)
        return server.files

    async with typing(machine):
        await _from_first_to_last(publisher, server, machine, serve)


async def _from_first_to_last(
    publisher: Publisher,
    server: ModelServer,
    machine: Machine,
    serve: Callable[[], dict[str, bytes]],
) -> None:
    said = await machine.ctl("releases", "--check")
    assert "none: the model is in use as it was pulled" in said
    assert "nothing released yet" in said

    await _comes(publisher, machine, serve)
    await _refused(publisher, server, machine, serve)

    # The publisher takes r4 back: what was there before is for everybody again.
    publisher.release("rollback", "r4", "--reason", "slower on laptops")
    serve()
    assert "release    r1\n" in await machine.ctl("releases", "--check")
    assert await machine.model() == f"{MODEL}+r1"

    # People have the last word.
    assert "pinned to base" in await machine.ctl("pin", "base")
    assert await machine.model() == MODEL
    assert "release    r1\n" in await machine.ctl("unpin")
    said = await machine.ctl("rollback")
    assert "release    none" in said
    assert "r1  failed" in said
    assert await machine.model() == MODEL


async def test_a_part_gets_a_release_and_what_is_blocked_is_left(
    publisher: Publisher, server: ModelServer, machine: Machine
) -> None:
    async def given(*command: str) -> dict[str, Any]:
        publisher.change(*command)
        server.files = files_of(publisher.public)
        return await machine.check()

    async with typing(machine):
        publisher.publish("r1", 1)
        found = await given("promote", "r1", "--percent", "0")
        assert (found["release"], found["rows"], found["problem"]) == ("", [], "")
        # Where this machine stands nobody else knows; it is there before anything was taken.
        notes = json.loads((machine.shell.profile.data_dir / "releases/notes.json").read_bytes())
        salt = publishing.read_channel(publisher.repository, CHANNEL).rollouts[0].salt
        place = bucket(salt, notes["identity"])
        for parts, release in ((place, ""), (place + 1, "r1"), (place, ""), (PARTS, "r1")):
            publisher.release("rollout", str(100 * parts / PARTS))
            server.files = files_of(publisher.public)
            found = await machine.check()
            assert (found["release"], found["problem"]) == (release, "")
            assert await machine.model() == (f"{MODEL}+{release}" if release else MODEL)

        publisher.publish("r2", 2)
        assert (await given("promote", "r2"))["release"] == "r2"
        assert "pinned to r2" in await machine.ctl("pin", "r2")
        found = await given("block", "r2", "--reason", "it writes what it should not")
        assert (found["release"], found["problem"]) == ("r1", "")
        assert await machine.model() == f"{MODEL}+r1"
        why = "whoever published it has blocked it: it writes what it should not"
        assert [row["why"] for row in found["rows"] if row["release"] == "r2"] == [why]
        assert f"r2  refused  {why}" in await machine.ctl("unpin")
        assert f"r2 is not taken: {why}." in await machine.status()
        # What is blocked is nothing to go back to.
        assert "release    none" in await machine.ctl("rollback")
        assert await machine.model() == MODEL


@asynccontextmanager
async def typing(machine: Machine) -> AsyncIterator[None]:
    """Somebody types in the block, and none of their requests ends with an error."""
    task = asyncio.ensure_future(machine.type_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()
    assert machine.answered >= 2
    assert machine.asked - machine.answered <= 1


async def _comes(
    publisher: Publisher, machine: Machine, serve: Callable[[], dict[str, bytes]]
) -> None:
    """r1 is published, taken, and answers."""
    publisher.give("r1", 1)
    serve()
    assert "release    r1\n" in await machine.ctl("releases", "--check")
    assert await machine.model() == f"{MODEL}+r1"
    before = machine.answered
    await until(lambda: machine.answered >= before + 2)  # the second one began after the swap


async def _refused(
    publisher: Publisher,
    server: ModelServer,
    machine: Machine,
    serve: Callable[[], dict[str, bytes]],
) -> None:
    """What is too new, altered or cut off is not taken; r1 goes on, and `echoctl` says why."""
    publisher.give("r2", 2, "--engine-min", "99.0.0")
    serve()
    said = await machine.ctl("releases", "--check")
    assert "release    r1\n" in said
    why = "it needs a later llama-cpp-python; update Echo"
    assert f"r2  refused  {why}" in said
    found = await machine.check()
    assert {"release": "r2", "state": "refused", "why": why, "kind": "", "bytes": 0} in (
        found["rows"]
    )
    assert f"r2 is not taken: {why}." in await machine.status()

    publisher.give("r4", 4)
    good = serve()
    path = next(path for path in good if path.endswith(".r4.gguf"))
    for served, why in (
        (good[path][:-1] + bytes([good[path][-1] ^ 1]), "a file is not the one that was signed."),
        (good[path][:-7], "a file ended early; "),
    ):
        server.files = {**good, path: served}
        found = await machine.check()
        assert found["release"] == "r1"
        assert found["problem"].startswith(f"r4 was not taken: {why}")
        for said in (await machine.ctl("releases"), await machine.status()):
            assert "release    r1\n" in said
            assert found["problem"] in said
        assert await machine.model() == f"{MODEL}+r1"

    server.files = good
    assert "release    r4\n" in await machine.ctl("releases", "--check")
    assert await machine.model() == f"{MODEL}+r4"
