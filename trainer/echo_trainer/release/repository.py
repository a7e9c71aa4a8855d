"""The files of the repository: what is there, what a command would change, and writing it.

    public/metadata/N.ROLE.json, timestamp.json   signed
    public/targets/models/SHA256.NAME.gguf        releases
    public/targets/channels/SHA256.NAME.json      channels
    staged/root.json, targets.json                what the root's keys have still to sign

`public/` is what a web server serves. Left out: what is put there, and why (`ceremony`,
`publishing`).

Rules
 - A change is made in memory; `commit` writes it, what is new first and `timestamp.json` last.
 - A file of a version that is there is never written again.
 - What would not be believed by a client is not written: each role has its keys' signatures.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from securesystemslib.signer import Signer
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import (
    TOP_LEVEL_ROLE_NAMES,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    Targets,
    Timestamp,
)
from tuf.repository import Repository

from echo_core.clock import Clock
from echo_core.errors import TrainerError
from echo_core.release.channel import CHANNELS
from echo_core.release.metadata import MODELS
from echo_runtime import files

# How long each role's word holds. Whoever keeps a client from newer files keeps it for so long
# from what came since; the root's and the targets' keys are in a safe, and are not fetched monthly.
DAYS: Final[Mapping[str, int]] = {
    Root.type: 365,
    Targets.type: 365,
    MODELS: 365,
    CHANNELS: 365,
    Snapshot.type: 30,
    Timestamp.type: 7,
}
_NEW: Final[Mapping[str, Callable[[], Signed]]] = {
    Root.type: Root,
    Snapshot.type: Snapshot,
    Timestamp.type: Timestamp,
}


class Signers(Protocol):
    """Where private keys are."""

    def holds(self, key_id: str) -> bool: ...

    def signer(self, key_id: str) -> Signer | None: ...


@dataclass
class Changes:
    """What is to be written: paths beneath the repository's folder, in this order."""

    copies: dict[str, Path] = field(default_factory=dict)  # of large files
    files: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # in words


class ReleaseRepository(Repository):
    """One repository, for one command."""

    def __init__(
        self, folder: Path, clock: Clock, signers: Signers, *, days: Mapping[str, int] = DAYS
    ) -> None:
        """Touches no file."""
        self._folder = folder
        self._clock = clock
        self._signers = signers
        self._days = days
        self._cache: dict[str, Metadata[Any]] = {}
        self._dry = False
        self.changes = Changes()

    @property
    def public(self) -> Path:
        """What is served."""
        return self._folder / "public"

    @property
    def staged(self) -> Path:
        """What waits for signatures."""
        return self._folder / "staged"

    def dry(self) -> ReleaseRepository:
        """Sign nothing and write nothing: only say what would change."""
        self._dry = True
        return self

    @property
    def is_dry(self) -> bool:
        """Whether nothing is signed and nothing written."""
        return self._dry

    @property
    def now(self) -> datetime:
        """The time, as metadata has it."""
        return datetime.fromtimestamp(self._clock.wall_ms() // 1000, UTC)

    @property
    def is_begun(self) -> bool:
        """Whether there is anything to be served."""
        return self._newest(Root.type) is not None

    # --- what python-tuf asks of us --------------------------------------------------------------

    def open(self, role: str) -> Metadata[Any]:
        """The newest of a role, or an empty one."""
        if role not in self._cache:
            path = self._newest(role)
            if path is None:
                made: Metadata[Any] = Metadata(_NEW.get(role, Targets)())
                made.signed.version = 0
                return made
            self._cache[role] = read_metadata(path)
        return copy.deepcopy(self._cache[role])

    def close(self, role: str, md: Metadata[Any]) -> None:
        """Sign the next version of a role.

        Raises:
            TrainerError: keys that must sign do not lie here.
        """
        md.signed.version += 1
        md.signed.expires = self.expiry(role)
        md.signatures.clear()
        if not self._dry:
            self._sign(role, md)
        self._cache[role] = md
        self.put_metadata(role, md)

    @property
    def targets_infos(self) -> dict[str, MetaFile]:
        """The version of everything that names targets."""
        roles = [role for role in (Targets.type, MODELS, CHANNELS) if self.version(role)]
        return {f"{role}.json": MetaFile(self.version(role)) for role in roles}

    @property
    def snapshot_info(self) -> MetaFile:
        """The version of the snapshot."""
        return MetaFile(self.version(Snapshot.type))

    # --- for commands ----------------------------------------------------------------------------

    def version(self, role: str) -> int:
        """The newest version of a role; 0: there is none."""
        return int(self.open(role).signed.version)

    def expiry(self, role: str) -> datetime:
        """Until when what is signed now holds."""
        return self.now + timedelta(days=self._days[role])

    def is_old(self, role: str) -> bool:
        """Whether half the time that a role holds for is over."""
        left: timedelta = self.open(role).signed.expires - self.now
        return left < timedelta(days=self._days[role]) / 2

    def seal(self) -> None:
        """A snapshot and a timestamp over what has changed; nothing where nothing has."""
        force = self.version(Snapshot.type) == 0 or self.is_old(Snapshot.type)
        self.do_snapshot(force=force)
        self.do_timestamp(force=self.version(Timestamp.type) == 0 or self.is_old(Timestamp.type))

    def do_snapshot(self, force: bool = False) -> tuple[bool, dict[str, MetaFile]]:
        """As python-tuf does it, with versions only: what is signed is enough."""
        known = self.snapshot().meta if self.version(Snapshot.type) else {}
        changed = {
            name: info
            for name, info in self.targets_infos.items()
            if name not in known or known[name].version != info.version
        }
        if changed or force:
            with self.edit_snapshot() as snapshot:
                snapshot.meta.update(changed)
        return bool(changed) or force, {}

    def do_timestamp(self, force: bool = False) -> tuple[bool, MetaFile | None]:
        """As python-tuf does it."""
        version = self.version(Snapshot.type)
        fresh = self.version(Timestamp.type) == 0
        changed = fresh or self.timestamp().snapshot_meta.version != version
        if changed or force:
            with self.edit_timestamp() as timestamp:
                timestamp.snapshot_meta = MetaFile(version)
        return changed or force, None

    def say(self, sentence: str) -> None:
        """What a change is, for whoever looks before."""
        self.changes.said.append(sentence)

    def adopt(self, role: str, md: Metadata[Any]) -> None:
        """Publish what was signed elsewhere, as it is."""
        self._cache[role] = md
        self.put_metadata(role, md)

    def put_metadata(self, role: str, md: Metadata[Any]) -> None:
        """Have a version of a role written."""
        name = f"{role}.json" if role == Timestamp.type else f"{md.signed.version}.{role}.json"
        self.changes.files[f"public/metadata/{name}"] = md.to_bytes()

    def target_path(self, target: str, digest: str) -> str:
        """Where a target lies, beneath the repository's folder."""
        folder, _, name = target.rpartition("/")
        return f"public/targets/{folder}/{digest}.{name}"

    def read_target(self, target: str, digest: str) -> bytes:
        """A small target's content, as it is or will be.

        Raises:
            TrainerError: it is gone.
        """
        path = self.target_path(target, digest)
        if path in self.changes.files:
            return self.changes.files[path]
        try:
            return (self._folder / path).read_bytes()
        except OSError as error:
            raise TrainerError(f"{path} is gone: take the repository from a copy.") from error

    def commit(self) -> list[str]:
        """Write all of it; what was done, in words.

        Raises:
            TrainerError: something cannot be written; the same command makes it good.
        """
        if self._dry:
            return self.changes.said
        last = "public/metadata/timestamp.json"
        try:
            for path, source in self.changes.copies.items():
                _put_copy(source, self._folder / path)
            for path in sorted(self.changes.files, key=lambda each: each == last):
                _put(self._folder / path, self.changes.files[path])
            for path in self.changes.removed:
                (self._folder / path).unlink(missing_ok=True)
        except OSError as error:
            raise TrainerError(
                f"{self._folder} cannot be written ({error.strerror}): run the command again."
            ) from error
        said, self.changes = self.changes.said, Changes()
        return said

    # --- inside ----------------------------------------------------------------------------------

    def _newest(self, role: str) -> Path | None:
        folder = self.public / "metadata"
        if role == Timestamp.type:
            path = folder / "timestamp.json"
            return path if path.exists() else None
        found = [
            (int(number), path)
            for path in folder.glob(f"*.{role}.json")
            if (number := path.name.partition(".")[0]).isdecimal()
        ]
        return max(found)[1] if found else None

    def delegator(self, role: str) -> Root | Targets:
        """Whoever says which keys sign a role."""
        return self.root() if role in TOP_LEVEL_ROLE_NAMES else self.targets()

    def _sign(self, role: str, md: Metadata[Any]) -> None:
        delegator = self.delegator(role)
        for key_id in delegator.get_delegated_role(role).keyids:
            signer = self._signers.signer(key_id)
            if signer is not None:
                md.sign(signer, append=True)
        try:
            delegator.verify_delegate(role, md.signed_bytes, md.signatures)
        except UnsignedMetadataError as error:
            raise TrainerError(
                f"The key that signs {role} does not lie here: name its folder with --keys."
            ) from error


def read_metadata(path: Path) -> Metadata[Any]:
    """A file of metadata.

    Raises:
        TrainerError: it is none.
    """
    try:
        return Metadata.from_bytes(path.read_bytes())
    except (OSError, RepositoryError) as error:
        raise TrainerError(
            f"{path} is no metadata of The Update Framework: take it from a copy."
        ) from error


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.chmod(0o644)  # whoever serves it is another user
        files.put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _put_copy(source: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, partial)
        if files.sha256_of(partial, lambda _: None) != path.name.partition(".")[0]:
            raise TrainerError(f"{source.name} changed while it was copied: judge it again.")
        partial.chmod(0o644)  # whoever serves it is another user
        files.put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)
