"""Which licences a file of a project is under: licence files and packages' metadata above it, up
to the repository.

Left out: what a licence's text says (`echo_core.sharing.licences`), reading metadata (`metadata`),
whether that is enough (`echo_core.sharing.consent.right_of`).

Rules
 - A project ends where its repository begins (`.git`); a file in no repository has no licence.
 - Every licence file on the way counts, so a folder of somebody else's code keeps its own; so
   does what metadata says. Where they differ, all of them hold, so that the strictest decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from echo_core.sharing.licences import LICENCE_CHARS_MAX, UNKNOWN, licence_of
from echo_daemon.permission.metadata import licences_told

_NAME: Final = re.compile(r"(?:(?:mit-)?licen[cs]e|copying|unlicense)(?:[-._].*)?", re.IGNORECASE)
FOLDERS_MAX: Final = 64  # between a file and its repository
FILES_MAX: Final = 16  # licence files of one folder


def licences_of(path: str) -> frozenset[str]:
    """The SPDX identifiers of all licences that hold for the file at `path`."""
    found: set[str] = set()
    for folder in list(Path(path).parents)[:FOLDERS_MAX]:
        try:
            found.update(_licences_in(folder))
            if (folder / ".git").exists():
                return frozenset(found)
        except OSError:
            found.add(UNKNOWN)
    return frozenset()


def _licences_in(folder: Path) -> Iterator[str]:
    if not folder.is_dir():  # a file that is not saved yet, in a folder that is not there yet
        return
    files = [file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file()]
    if len(files) > FILES_MAX:
        yield UNKNOWN
    yield from licences_told(folder, lambda name: _NAME.fullmatch(name) is not None)
    for file in files[:FILES_MAX]:
        with file.open("rb") as opened:
            yield licence_of(opened.read(LICENCE_CHARS_MAX + 1).decode("utf-8", "replace"))
