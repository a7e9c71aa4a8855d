"""A release repository on loopback with keys of its own, and a client of it with a fake engine."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from echo_core.release.metadata import Kind, Manifest
from echo_daemon.releases.fetching import Fetcher
from echo_daemon.releases.keeping import ReleaseFolder
from echo_daemon.releases.repository import TufRepository
from echo_daemon.updates.api import Base, Others, UpdateOptions
from echo_daemon.updates.updater import Updates
from echo_engine.api import EngineOptions
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_testing import fake_engine
from echo_testing.model_server import ModelServer, serving
from echo_trainer.release import ceremony, publishing
from echo_trainer.release.repository import DAYS, ReleaseRepository
from echo_trainer.release.vault import Vault

BASE_SHA256 = "b" * 64
ENGINE = "0.3.36"
PASSPHRASE = "four words of a test"
CHANNEL = "stable"


class ShiftedClock(SystemClock):
    """Real time, some days off."""

    days = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.days * 86_400_000


@dataclass
class Publisher:
    """Whoever holds all the keys."""

    folder: Path
    days: Mapping[str, int] = field(default_factory=lambda: DAYS)
    clock: ShiftedClock = field(default_factory=ShiftedClock)

    def __post_init__(self) -> None:
        self.vault = Vault(self.folder / "keys", lambda _: PASSPHRASE, memory_kib=64)

    def repository(self) -> ReleaseRepository:
        """As one command has it."""
        return ReleaseRepository(self.folder / "repository", self.clock, self.vault, days=self.days)

    def begin(self, roots: int = 1, threshold: int = 1) -> None:
        """The whole ceremony."""
        named = [self.vault.new(f"root-{number}") for number in range(roots)]
        others = [self.vault.new(name) for name in ("release", "rollout", "online")]
        holders = ceremony.Keyholders(named, threshold, *others)
        repository = self.repository()
        ceremony.begin(repository, holders)
        ceremony.sign(repository, self.vault)
        ceremony.finish(repository)
        repository.commit()

    @property
    def public(self) -> Path:
        """What is served."""
        return self.folder / "repository" / "public"

    @property
    def root(self) -> bytes:
        """The first root.json."""
        return (self.public / "metadata" / "1.root.json").read_bytes()

    def model(self, release: str, says: str, kind: Kind = Kind.ADAPTER) -> tuple[Path, Manifest]:
        """A file that the fake engine takes for a model, and its manifest."""
        path = self.folder / f"{release}.gguf"
        # A real repository takes GGUF files only; a fake engine reads on from its sign.
        path.write_text(f"GGUF{fake_engine.BOOK_SIGN}{says}", encoding="utf-8")
        return path, manifest_of(release, path, Base("base", path, BASE_SHA256), kind)

    def publish(
        self, release: str, says: str, kind: Kind = Kind.ADAPTER, **changes: str
    ) -> Manifest:
        """Put a release into the repository."""
        path, manifest = self.model(release, says, kind)
        manifest = replace(manifest, **changes)  # type: ignore[arg-type] # texts only
        repository = self.repository()
        publishing.publish(repository, path, manifest)
        repository.commit()
        return manifest

    def promote(self, release: str, parts: int = 1_000_000) -> None:
        """Make it the newest of the channel."""
        repository = self.repository()
        publishing.promote(repository, release, CHANNEL, parts)
        repository.commit()

    def rollback(self, release: str, reason: str = "it was bad") -> None:
        """Take it back."""
        repository = self.repository()
        publishing.rollback(repository, CHANNEL, release, reason)
        repository.commit()


def passphrase_fd() -> int:
    """A descriptor that a command reads the keys' passphrase from."""
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode())
    os.close(writing)
    return reading


def manifest_of(release: str, path: Path, base: Base, kind: Kind = Kind.ADAPTER) -> Manifest:
    """What is signed with a file."""
    size, digest = publishing.measured(path)
    return Manifest(
        release=release,
        kind=kind,
        base=base.name,
        base_sha256=base.sha256,
        architecture="qwen2",
        bytes=size,
        sha256=digest,
        dataset_sha256="d" * 64,
        gate_sha256="e" * 64,
        engine_min="0.3.0",
    )


def files_of(public: Path) -> dict[str, bytes]:
    """What a web server would give of the folder."""
    found = (path for path in public.rglob("*") if path.is_file())
    return {f"/{path.relative_to(public).as_posix()}": path.read_bytes() for path in found}


@dataclass
class Machine:
    """One client: an engine, a folder, a repository that it follows."""

    updates: Updates
    engine: EngineClient
    folder: ReleaseFolder
    told: list[tuple[str, str, str]] = field(default_factory=list)


@contextmanager
def served(public: Path) -> Iterator[ModelServer]:
    """The repository's files as they are now; `serve` takes them anew."""
    with serving(ModelServer(files_of(public))) as server:
        yield server


@asynccontextmanager
async def machine(
    home: Path,
    server: ModelServer,
    root: bytes,
    *options: str,
    metered: bool = False,
    quiet_ms: float = 1e9,
    engine: EngineClient | None = None,
    base: Base | None = None,
) -> AsyncIterator[Machine]:
    """A client that knows this root and this address; without `engine` a fake one."""
    base = base or _base(home)
    clock = SystemClock()
    folder = ReleaseFolder(home / "releases")
    told: list[tuple[str, str, str]] = []
    command = (sys.executable, fake_engine.__file__, *options)
    fetcher = Fetcher(clock)

    async def is_metered() -> bool:
        return metered

    def tell(*said: str) -> None:
        told.append((said[0], said[1], said[2]))

    others = Others(
        engine=lambda: running,
        repository=TufRepository(folder.metadata, server.url, root, fetcher),
        folder=folder,
        base=lambda: base,
        quiet_ms=lambda: quiet_ms,
        is_metered=is_metered,
        clock=clock,
        tell=tell,
    )
    updates = Updates(
        others,
        UpdateOptions(
            address=server.url,
            channel=CHANNEL,
            every_ms=3_600_000,
            bytes_max=1 << 30,
            on_metered=False,
            engine=ENGINE,
        ),
    )
    first = updates.overlay(base)
    running = engine or EngineClient(clock, EngineOptions(), first, command)
    try:
        yield Machine(updates, running, folder, told)
    finally:
        await updates.close()
        if engine is None:
            await running.close()
        fetcher.close()


def _base(home: Path) -> Base:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "base.gguf"
    path.write_text(f"{fake_engine.BOOK_SIGN}{book('base')}", encoding="utf-8")
    return Base("base", path, BASE_SHA256)


def book(says: str) -> str:
    """What a model of this name writes behind `def f(): return `, and at the trial's cursors."""
    ends = ("def f(): return", "return a +", "items[", "print(")
    return "".join(f"{each} {says}\n" for each in ends)
