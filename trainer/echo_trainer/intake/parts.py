"""Uploads that were cut, until their rest comes: one file each, sealed as they arrived.

Left out: whether the whole is an envelope (`judging`).

Rules
 - A part is no promise: it need not survive a crash, and goes after a day.
 - There is room for so many bytes; beyond it nothing is kept, and the upload begins again.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from echo_core.sharing.bundle.envelope import ENVELOPE_BYTES_MAX
from echo_core.sharing.bundle.protocol import ID
from echo_trainer.home import make_private

ROOM_BYTES: Final = 512 << 20  # of all parts together: 250 of the largest
KEPT_MS: Final = 24 * 3_600_000  # a daemon tries again within hours
_NAME: Final = re.compile(ID)


class Parts:
    """The folder of parts; a process that starts counts what lies there."""

    def __init__(self, folder: Path, wall_ms: Callable[[], int], room: int = ROOM_BYTES) -> None:
        make_private(folder)
        self._folder = folder
        self._wall_ms = wall_ms
        self._room = room
        self._sizes: dict[str, tuple[int, int]] = {}  # how long, and since when
        for path in folder.iterdir():
            if _NAME.fullmatch(path.name):
                found = path.stat()
                self._sizes[path.name] = found.st_size, int(found.st_mtime * 1000)

    def size(self, name: str) -> int | None:
        """How much of an upload is here; None where nothing is."""
        found = self._sizes.get(name)
        return None if found is None else found[0]

    def read(self, name: str) -> bytes:
        """What is here of an upload."""
        if name not in self._sizes:
            return b""
        with contextlib.suppress(FileNotFoundError):
            return (self._folder / name).read_bytes()[: self._sizes[name][0]]
        return b""

    def keep(self, name: str, whole: bytes) -> bool:
        """Keep what has arrived so far; whether there was room."""
        used = sum(size for size, _ in self._sizes.values())
        before = self._sizes.get(name, (0, 0))[0]
        if not whole or len(whole) > ENVELOPE_BYTES_MAX or used - before + len(whole) > self._room:
            return False
        path = self._folder / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(whole)
        self._sizes[name] = len(whole), self._wall_ms()
        return True

    def drop(self, name: str) -> None:
        """Let a part go."""
        if self._sizes.pop(name, None) is not None:
            (self._folder / name).unlink(missing_ok=True)

    def purge(self) -> int:
        """Let old parts go; how many went."""
        before_ms = self._wall_ms() - KEPT_MS
        old = [name for name, (_, at_ms) in self._sizes.items() if at_ms < before_ms]
        for name in old:
            self.drop(name)
        return len(old)
