"""What is to be forgotten as soon as the store can be written: noted in a file beside it.

Left out: forgetting (`forgetting`), when it is tried (`recorder`).

Rules
 - What is noted survives process and machine, unless the disk refuses even that: `add` says so.
 - The file holds times and names of folders, never text; it is removed when nothing is owed.
 - A note that cannot be read is an error: to pass over it would be to keep what was to go.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from echo_core.errors import StoreError
from echo_core.records.wire import Forget
from echo_daemon.store.keys import sync_folder

OWED_MAX: Final = 1_000  # a person asks a few times
_BYTES_MAX: Final = 8 << 20  # of as many names of folders


@dataclass(frozen=True, slots=True)
class Owed:
    """What a person named, and when: "the last ten minutes" are those before that."""

    what: Forget
    asked_ms: int


class Debts:
    """What one profile owes, the oldest first. Methods block; call them one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owed: list[Owed] | None = None  # not read yet

    def __bool__(self) -> bool:
        return bool(self._owed)

    @property
    def first(self) -> Owed | None:
        """What is to be forgotten next."""
        return self._owed[0] if self._owed else None

    def load(self) -> None:
        """Read what an earlier process owed.

        Raises:
            StoreError: the file cannot be read or understood.
        """
        if self._owed is None:
            self._owed = self._read()

    def add(self, owed: Owed) -> bool:
        """Owe something; whether it is on disk, too."""
        self._owed = [*(self._owed or ()), owed][-OWED_MAX:]
        try:
            self._write(self._owed)
        except OSError:
            return False
        return True

    def paid(self) -> None:
        """The first was forgotten. Where that cannot be noted, it is forgotten once more."""
        self._owed = (self._owed or [])[1:]
        with suppress(OSError):
            self._write(self._owed)

    def drop(self) -> None:
        """Nothing is owed: there is no store any more.

        Raises:
            StoreError: the file is still there.
        """
        self._owed = []
        try:
            self._write([])
        except OSError as error:
            raise StoreError(
                f"{self._path} could not be removed ({error.strerror}): make its folder writable."
            ) from error

    def _read(self) -> list[Owed]:
        try:
            with self._path.open("rb") as file:
                content = file.read(_BYTES_MAX)
            lines = [json.loads(line) for line in content.split(b"\n") if line]
            return [Owed(Forget(**line["what"]), int(line["asked_ms"])) for line in lines]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StoreError(
                "What is still to be forgotten (forget.jsonl) cannot be read: "
                "move the file away, and forget again."
            ) from error

    def _write(self, owed: list[Owed]) -> None:
        if not owed:
            self._path.unlink(missing_ok=True)
            return
        lines = "".join(json.dumps(asdict(one)) + "\n" for one in owed)
        partial = self._path.with_name(f"{self._path.name}.partial")
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, lines.encode("ascii"))
            os.fsync(handle)
        finally:
            os.close(handle)
        partial.replace(self._path)
        sync_folder(self._path.parent)
