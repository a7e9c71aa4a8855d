"""The folder of releases on this machine: their files, and a page of notes about them.

    notes.json            which release is in use, which was before, what failed, what is pinned
    files/SHA256.gguf     releases
    metadata/             what the repository said (`repository`)

Left out: what is noted, and when (`echo_daemon.updates`).

Rules
 - Notes that cannot be read are as if there were none: the model is used as it was pulled.
 - The number that draws buckets is made here, at random, and stands nowhere else.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from echo_core.errors import InputError, ModelError
from echo_core.release import notes
from echo_core.release.metadata import Manifest
from echo_core.release.notes import Notes
from echo_runtime import files

NOTES_BYTES_MAX: Final = 1 << 20


class ReleaseFolder:
    """One profile's folder."""

    def __init__(self, folder: Path) -> None:
        """Touches no file."""
        self._folder = folder
        self._notes = folder / "notes.json"

    @property
    def metadata(self) -> Path:
        """Where the repository's words are kept."""
        return self._folder / "metadata"

    def path(self, manifest: Manifest) -> Path:
        """Where a release's file lies, or will."""
        return self._folder / "files" / f"{manifest.sha256}.gguf"

    def has(self, manifest: Manifest) -> bool:
        """Whether it lies here, as far as its length tells."""
        return files.size_of(self.path(manifest)) == manifest.bytes

    def is_right(self, manifest: Manifest) -> bool:
        """Whether it lies here as it was signed; reads all of it."""
        if not self.has(manifest):
            return False
        try:
            return files.sha256_of(self.path(manifest), lambda _: None) == manifest.sha256
        except OSError:
            return False

    def keep_only(self, kept: Iterable[Manifest]) -> None:
        """Delete the files of all others, and what is left of fetching them."""
        names = {self.path(each).name for each in kept}
        with contextlib.suppress(OSError):
            for path in (self._folder / "files").iterdir():
                if path.name.removesuffix(".partial") not in names:
                    path.unlink(missing_ok=True)

    def drop(self, manifest: Manifest) -> None:
        """Delete a release's file."""
        with contextlib.suppress(OSError):
            self.path(manifest).unlink(missing_ok=True)

    def read(self) -> Notes:
        """The notes; new ones where there are none that can be read."""
        try:
            if files.size_of(self._notes) > NOTES_BYTES_MAX:
                raise InputError("The notes about releases are too long.")
            return notes.read(json.loads(self._notes.read_text(encoding="utf-8")))
        except (OSError, ValueError, InputError):
            return Notes(identity=secrets.token_hex(16))

    def write(self, noted: Notes) -> None:
        """Replace the notes.

        Raises:
            ModelError: the disk refuses; the old ones stand.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write_json(self._notes, notes.written(noted))
        except OSError as error:
            raise ModelError(
                f"{self._notes} cannot be written ({error.strerror}): make room for it."
            ) from error
