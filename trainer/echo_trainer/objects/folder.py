"""Objects in a local folder.

Rules
 - A file appears whole or not at all: written beside, made durable, then renamed. The folders
   whose names changed are made durable once for all objects of a call.
 - Files are 0600.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from echo_core.errors import TrainerError
from echo_trainer.home import make_private
from echo_trainer.objects.api import name_at, place_of, unharmed

_UNFINISHED: Final = ".part"


class FolderObjects:
    """`echo_trainer.objects.api.ObjectStore` in a folder."""

    def __init__(self, folder: Path) -> None:
        make_private(folder)
        self._folder = folder

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Keep objects."""
        changed: set[Path] = set()
        try:
            for name, content in objects.items():
                changed |= self._write(self._folder / place_of(name), content)
            for folder in changed:
                _sync(folder)
        except OSError as error:
            raise _failed(self._folder, error) from error

    def _write(self, path: Path, content: bytes) -> set[Path]:
        """Write a file; the folders in which names are new."""
        if path.exists() and path.stat().st_size == len(content):
            return {path.parent}  # the one before may not have come so far
        changed = {path.parent}
        for folder in (path.parent.parent, path.parent):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                changed.add(folder.parent)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_UNFINISHED}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        return changed

    def get(self, name: str) -> bytes | None:
        """An object."""
        try:
            return unharmed(name, (self._folder / place_of(name)).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(self._folder, error) from error

    def delete(self, names: list[str]) -> None:
        """Let objects go, and what was left half-written of them."""
        changed: set[Path] = set()
        try:
            for name in names:
                path = self._folder / place_of(name)
                for each in (path, *path.parent.glob(f"{name}.*{_UNFINISHED}")):
                    with contextlib.suppress(FileNotFoundError):
                        each.unlink()
                        changed.add(path.parent)
            for folder in changed:
                _sync(folder)
        except OSError as error:
            raise _failed(self._folder, error) from error

    def names(self) -> Iterator[str]:
        """Every object's name."""
        for outer in sorted(self._folder.iterdir()):
            for inner in sorted(outer.iterdir()) if outer.is_dir() else ():
                for path in sorted(inner.iterdir()) if inner.is_dir() else ():
                    name = name_at(path.relative_to(self._folder).as_posix())
                    if name is not None:
                        yield name


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(folder: Path, error: OSError) -> TrainerError:
    return TrainerError(
        f"Envelopes cannot be kept in {folder} ({error.strerror}): free space or mend its rights."
    )
