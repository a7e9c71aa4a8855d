"""The gate's numbers on disk: a small JSON file in the profile's data folder.

Rules
 - Numbers only. A file that cannot be read is as none; one that cannot be written is tried again.
 - Written beside the old one and put in its place, so that a crash leaves one of the two.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from echo_core.completion.gate import Gate
from echo_core.errors import StoreError

FILE_BYTES_MAX: Final = 4096  # six numbers and their names


class GateFile:
    """Where the gate is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: Gate | None = None

    def load(self) -> Gate:
        """The gate as it was kept, or one that has learned nothing."""
        try:
            with self._path.open("rb") as file:
                numbers = json.loads(file.read(FILE_BYTES_MAX))
        except (OSError, ValueError):
            numbers = {}
        self._kept = Gate.from_numbers(numbers if isinstance(numbers, dict) else {})
        return self._kept

    def erase(self) -> None:
        """Remove what was kept.

        Raises:
            StoreError: it cannot be removed.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be removed: remove it yourself.") from error
        self._kept = Gate()

    def keep(self, gate: Gate) -> None:
        """Write it down if it has learned since."""
        if gate == self._kept:
            return
        beside = self._path.with_suffix(".new")
        try:
            beside.write_text(json.dumps(gate.to_numbers()), encoding="utf-8")
            beside.replace(self._path)
        except OSError:
            return
        self._kept = gate
