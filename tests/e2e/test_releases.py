"""Updates as people meet them: `echo-trainer release`, a web server, a real daemon, `echoctl`.

The engine and its model are real (SmolLM2), the adapters random numbers over it. Left out: every
attack by itself (`tests/daemon/updates/test_attacks.py`), guards (`test_updates.py` beside it).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from echo_core.records import wire
from echo_core.release.metadata import Kind
from echo_daemon.models.choice import write_choice
from echo_engine.catalogue import load_catalogue
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_testing import toy_adapter
from echo_testing.editor import Editor
from echo_testing.house import House, stop
from echo_testing.model_server import ModelServer, serving
from echo_testing.release_house import PASSPHRASE, files_of
from echo_testing.shell import Shell
from echo_testing.waiting import until
from echo_trainer.cli.main import main
from echo_trainer.home import Home
from echo_trainer.runs.folders import Runs
from echo_trainer.runs.records import Base, Run, Shipped, Verdict

MODEL = "smollm2-135m"
CODE = "def fibonacci(n: int) -> int:\n    if n < 2:\n        return n\n    return "
URI = "file:///w/numbers.py"


@dataclass
class Publisher:
    """An administrator who holds all the keys."""

    home: Path
    base_file: Path
    base: Base

    def release(self, *arguments: str) -> str:
        """An `echo-trainer release` command; what it printed."""
        reading, writing = os.pipe()
        os.write(writing, PASSPHRASE.encode())
        os.close(writing)
        fd = ("--passphrase-fd", str(reading))
        done = CliRunner().invoke(main, ["--home", str(self.home), "release", *arguments, *fd])
        assert done.exit_code == 0, done.output
        return done.stdout

    def begin(self) -> None:
        """The ceremony, with one root."""
        keys = self.home / "keys" / "releases"
        names = ("root", "release", "rollout", "online")
        for name in names:
            self.release("keys", "new", name)
        given = [part for name in names for part in (f"--{name}", str(keys / f"{name}.pub"))]
        self.release("init", "--threshold", "1", *given)
        self.release("keys", "sign")
        self.release("keys", "finish")

    @property
    def public(self) -> Path:
        """What a web server gives out."""
        return self.home / "data" / "releases" / "public"

    def judged(self, name: str, seed: int) -> None:
        """A run as training, export and the gate leave one that passed."""
        run = Runs.of(Home(self.home)).named(name)
        path = run.shipped(Kind.ADAPTER)
        path.parent.mkdir(parents=True)
        toy_adapter.write(self.base_file, path, seed=seed)
        content = path.read_bytes()
        digest, dataset = sha256(content).hexdigest(), "d" * 64
        run.write(Run(name, self.base, "v", dataset, "0.1.0", {}, {}, 1, 1, 1.0, {}, "2026-11-23"))
        run.write(Shipped(name, Kind.ADAPTER, self.base, len(content), digest, {}))
        verdict = (name, Kind.ADAPTER, digest, self.base.sha256, dataset)
        run.write(Verdict(*verdict, passed=True, reasons=(), figures={}))

    def give(self, name: str, seed: int, *more: str) -> None:
        """Publish a release of that name, and give it to everybody."""
        self.judged(name, seed)
        self.release("publish", "--run", name, "--form", "adapter", "--name", name, *more)
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

    typing = asyncio.ensure_future(machine.type_on())
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

    typing.cancel()
    await asyncio.wait({typing})
    assert typing.cancelled()  # no request ended with an error
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
    assert "r2  refused" in said
    assert "llama-cpp-python" in said

    publisher.give("r4", 4)
    good = serve()
    path = next(path for path in good if path.endswith(".r4.gguf"))
    for served, why in (
        (good[path][:-1] + bytes([good[path][-1] ^ 1]), "not the one that was signed"),
        (good[path][:-7], "ended early"),
    ):
        server.files = {**good, path: served}
        said = await machine.ctl("releases", "--check")
        assert "release    r1\n" in said
        assert f"r4 was not taken: a file {'is ' if 'not' in why else ''}{why}" in said
        status = await asyncio.to_thread(machine.shell.run, "status")
        assert why in status.stdout
        assert await machine.model() == f"{MODEL}+r1"

    server.files = good
    assert "release    r4\n" in await machine.ctl("releases", "--check")
    assert await machine.model() == f"{MODEL}+r4"
