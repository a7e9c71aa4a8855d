"""A run's checkpoints on disk: which is whole, and what a run goes on from.

Left out: what is in them (`fitting`).

Rules
 - A checkpoint counts when its list of files is there and every file is as listed. The list is
   written when all processes have written theirs and the disk holds it: neither a kill nor a power
   cut makes a torn one count.
 - What does not count is removed before training begins.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Final

from echo_runtime import files

KEPT: Final = 2  # the newest, and the one before while that is written
_LIST: Final = "whole.json"


def seal(checkpoint: Path) -> None:
    """Write what says that it is whole. Raises OSError."""
    found = {}
    for each in sorted(checkpoint.iterdir()):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        found[each.name] = files.sha256_of(each, lambda _done: None)
    files.write_json(checkpoint / _LIST, found)
    files.sync_folder(checkpoint.parent)


def last(folder: Path) -> Path | None:
    """The newest checkpoint that is whole; None: there is none."""
    return next((each for each in _all(folder) if _is_whole(each)), None)


def sweep(folder: Path) -> Path | None:
    """Remove all but the newest that is whole, which is returned."""
    kept = last(folder)
    for each in _all(folder):
        if each != kept:
            shutil.rmtree(each)
    return kept


def _all(folder: Path) -> list[Path]:
    """The newest first."""
    return sorted(folder.glob("checkpoint-*"), key=step_of, reverse=True)


def step_of(checkpoint: Path) -> int:
    """The step after which it was written; -1: it is none of ours."""
    number = checkpoint.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def _is_whole(checkpoint: Path) -> bool:
    try:
        listed = json.loads((checkpoint / _LIST).read_bytes())
        return isinstance(listed, dict) and all(
            files.sha256_of(checkpoint / name, lambda _done: None) == digest
            for name, digest in listed.items()
        )
    except (OSError, ValueError):
        return False
