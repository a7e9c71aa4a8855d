"""A simulated administrator: a trainer's home, its service, its releases on a web server.

Left out: what each command does (`echo_trainer`), in which order (`stages`).

Rules
 - Everything is done by `echo-trainer`; what it says on standard error is passed on line by line.
 - Passphrases are drawn for the one turn and handed over by a descriptor.
 - The release repository is served by a plain web server: Python's own, over `public/`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from bench.flywheel.programs import ECHO_TRAINER, StageError, ran, search_path
from echo_core.release.channel import PARTS
from echo_core.release.metadata import Kind, Manifest
from echo_runtime.clock import SystemClock
from echo_runtime.profile import Profile
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.split import is_held_out
from echo_trainer.lake.places import Lake
from echo_trainer.lake.versions import Versions
from echo_trainer.release import publishing
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.release.vault import Vault
from echo_trainer.runs.folders import RunFolder
from echo_trainer.tables import queue
from echo_trainer.tables.database import Database

CHANNEL: Final = "stable"
ENGINE_MIN: Final = "0.3.36"
BUNDLES_MAX: Final = 10_000
SEEDS_MAX: Final = 1000
UP_S_MAX: Final = 300
ENDS_S_MAX: Final = 60
ROOTS: Final = ("root-one", "root-two")
DUTIES: Final = ("release", "rollout", "online")
# `python -m http.server` says its port on standard output only when that is told to come at once.
_WEB_SERVER: Final = ("-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory")


@dataclass(frozen=True, slots=True)
class Trainer:
    """One of them."""

    home: Path
    threads: int = 0  # 0: as many as there are
    passphrase: str = field(default_factory=secrets.token_hex, repr=False)

    @property
    def environ(self) -> dict[str, str]:
        """What its programs are started with."""
        models = str(Profile.locate(os.environ).models_dir)
        theirs = {
            "ECHO_TRAINER_HOME": str(self.home),
            "ECHO_TRAINER_INTAKE_PORT": "0",
            "ECHO_MODELS": models,
            "NO_COLOR": "1",
        }
        if self.threads:
            theirs["OMP_NUM_THREADS"] = str(self.threads)  # what torch goes by
        return dict(os.environ) | search_path() | theirs

    @property
    def public(self) -> Path:
        """What is served of the releases."""
        return self.home / "data" / "releases" / "public"

    @property
    def root(self) -> Path:
        """What clients are handed to believe releases by."""
        return self.public / "metadata" / "1.root.json"

    async def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """An `echo-trainer` command; what it printed.

        Raises:
            StageError: it ended with another code than `codes`.
        """
        done = await ran(ECHO_TRAINER, arguments, self.environ, self.home, codes=codes)
        return done.out

    async def release(self, *arguments: str) -> str:
        """An `echo-trainer release` command, with the passphrase of its keys."""
        done = await ran(
            ECHO_TRAINER,
            ("release", *arguments),
            self.environ,
            self.home,
            secret=self.passphrase,
        )
        return done.out

    async def hold_ceremony(self) -> None:
        """A repository of releases with two root keys, both of which must sign."""
        keys = self.home / "keys" / "releases"
        for name in (*ROOTS, *DUTIES):
            await self.release("keys", "new", name)
        roots = [part for name in ROOTS for part in ("--root", str(keys / f"{name}.pub"))]
        duties = [part for name in DUTIES for part in (f"--{name}", str(keys / f"{name}.pub"))]
        await self.release("init", "--threshold", str(len(ROOTS)), *roots, *duties)
        await self.release("keys", "sign")
        await self.release("keys", "finish")

    def seed_that_holds_out_one(self, thousandths: int) -> int:
        """The first seed of a version by which one contributor is held out, and no more.

        Who is held out is drawn for each by itself; among three that is often nobody.

        Raises:
            StageError: nobody contributed.
        """
        rows = Database("", self.home / "data" / "tables.db")
        try:
            with rows.read() as connection:
                people = {each.contributor for each in queue.waiting(connection, BUNDLES_MAX)}
        finally:
            rows.close()
        for seed in range(SEEDS_MAX):
            drawn = Parameters(seed=seed, heldout_persons=thousandths)
            if sum(is_held_out(each, drawn) for each in people) == 1:
                return seed
        raise StageError("Nothing waits at the intake.")

    def parts(self, version: str) -> dict[str, int]:
        """How many samples a version has in each part."""
        return dict(Versions(Lake.at("", self.home / "data" / "lake", {})).manifest(version).parts)

    def publish_refused(self, run: RunFolder, form: Kind, name: str) -> None:
        """Give out what the gate refused, past the command that would not: a simulation only."""
        shipped, made = run.read_shipped(form), run.read_run()
        _, gate_sha256 = run.read_judged(form)
        manifest = Manifest(
            release=name,
            kind=form,
            base=shipped.base.name,
            base_sha256=shipped.base.sha256,
            architecture=shipped.base.architecture,
            bytes=shipped.bytes,
            sha256=shipped.sha256,
            dataset_sha256=made.dataset_sha256,
            gate_sha256=gate_sha256,
            engine_min=ENGINE_MIN,
        )
        vault = Vault(self.home / "keys" / "releases", lambda _: self.passphrase)
        repository = ReleaseRepository(self.home / "data" / "releases", SystemClock(), vault)
        publishing.publish(repository, run.shipped(form), manifest)
        publishing.promote(repository, name, CHANNEL, PARTS)
        repository.commit()

    @asynccontextmanager
    async def intake(self) -> AsyncIterator[str]:
        """`echo-trainer serve` runs inside of this; its address."""
        command = ("-P", "-m", ECHO_TRAINER.module, "serve")
        async with _server(command, self.environ, self.home / "logs", "listening on ") as address:
            yield address

    @asynccontextmanager
    async def releases(self) -> AsyncIterator[str]:
        """A web server over the repository runs inside of this; its address."""
        command = (*_WEB_SERVER, str(self.public))
        async with _server(command, self.environ, self.home / "web", "Serving HTTP on ") as said:
            yield "http://" + said.partition("(http://")[2].partition("/)")[0]


def _log(folder: Path) -> BinaryIO:
    """What a server says on standard error."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return (folder / "said.log").open("ab")


@asynccontextmanager
async def _server(
    command: Sequence[str], environ: dict[str, str], logs: Path, sign: str
) -> AsyncIterator[str]:
    """A server that says on its first line where it listens, until the block ends.

    Raises:
        StageError: it does not come up.
    """
    with _log(logs) as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    try:
        if process.stdout is None:
            raise AssertionError("a pipe was asked for")
        line = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UP_S_MAX):
                line = (await process.stdout.readline()).decode()
        if not line.startswith(sign):
            raise StageError(f"`{' '.join(command)}` does not come up: logs in {logs}")
        yield line.removeprefix(sign).strip()
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(ENDS_S_MAX):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
