"""The file of a base, found as clients hold it: by its name in the catalogue, and by its SHA-256.

Left out: reading its weights (`echo_trainer.training`), fetching it (`echoctl models pull`).

Rules
 - A file under a name of the catalogue is that file to the byte, wherever it lies.
 - A name that the catalogue lacks needs a file: clients who are to get what is made of it hold it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from echo_core.completion.fim import PREFIX_ONLY
from echo_core.errors import EngineError, InputError, ModelError
from echo_core.release.metadata import is_name
from echo_engine.catalogue import Entry, load_catalogue
from echo_engine.inspector import inspect
from echo_runtime import files
from echo_trainer.runs.records import Base


@dataclass(frozen=True, slots=True)
class BaseFile:
    """A base, and where it lies here."""

    base: Base
    path: Path


def find_base(name: str, given: Path | None, shelf: Path) -> BaseFile:
    """The base called `name`: the file that was `given`, else the one on the `shelf`.

    Raises:
        InputError: nobody knows the name and no file was given, or it cannot be a name.
        ModelError: the file is not there, or not the one that clients hold.
    """
    entry = load_catalogue().find(name)
    if entry is None and (given is None or not is_name(name)):
        known = ", ".join(each.name for each in load_catalogue().entries)
        raise InputError(
            f"No base is called {name!r}: name one of {known}, or a file with --base-file."
        )
    path = (shelf / entry.file if given is None and entry else given) or shelf
    if not path.is_file():
        raise ModelError(
            f"The base {name} is not at {path}: `echoctl models pull {name}` fetches it, "
            "ECHO_MODELS names another folder, and --base-file another file."
        )
    try:
        size, digest = path.stat().st_size, files.sha256_of(path, lambda _done: None)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}).") from error
    if entry is None:
        return BaseFile(_told_by_the_file(name, path, size, digest), path)
    if digest != entry.sha256:
        raise ModelError(
            f"{path} is not {name}: its SHA-256 is {digest[:12]}…, and clients hold "
            f"{entry.sha256[:12]}…; `echoctl models remove {name}` and pull it again."
        )
    return BaseFile(_of(entry), path)


def check_base(found: BaseFile, wanted: Base) -> None:
    """Refuse a base that is not the one which a run was made from.

    Raises:
        ModelError: it is another file.
    """
    if found.base.sha256 != wanted.sha256:
        raise ModelError(
            f"{found.path} is not the {wanted.name} that the run was made from: its SHA-256 is "
            f"{found.base.sha256[:12]}…, not {wanted.sha256[:12]}…; name the file with --base-file."
        )


def _of(entry: Entry) -> Base:
    family = entry.family or PREFIX_ONLY.name
    return Base(entry.name, entry.sha256, entry.bytes, entry.architecture, family)


def _told_by_the_file(name: str, path: Path, size: int, digest: str) -> Base:
    try:
        told = asyncio.run(inspect(path))
    except EngineError as error:
        raise ModelError(f"{path} is no model that llama.cpp can load.") from error
    return Base(name, digest, size, told.architecture, told.family)
