"""Models that a user added: a file, and beside it what is known about it.

Left out: deciding whether a file may be added (`shelf`).

Rules
 - `added/NAME.gguf` and `added/NAME.json`; a model is there when both are. The sidecar is written
   first, so that the model file is the last thing to take its name.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from echo_core.errors import ModelError
from echo_daemon.models.inspection import Inspection
from echo_daemon.models.table import read_json
from echo_engine.catalogue import NAME
from echo_runtime import files


@dataclass(frozen=True, slots=True)
class Added:
    """What a sidecar says."""

    name: str
    path: Path
    bytes: int
    sha256: str
    architecture: str
    family: str
    has_fim: bool


def folder_of(shelf: Path) -> Path:
    """Where added models lie, apart from the catalogue's, whose file names are not ours."""
    return shelf / "added"


def path_of(shelf: Path, name: str) -> Path:
    """Where an added model lies."""
    return folder_of(shelf) / f"{name}.gguf"


def load_all(shelf: Path) -> tuple[Added, ...]:
    """All added models, by name. A sidecar that cannot be read counts as none."""
    found = (_load(sidecar) for sidecar in sorted(folder_of(shelf).glob("*.json")))
    return tuple(item for item in found if item is not None)


def place(shelf: Path, name: str, source: Path, sha256: str, inspection: Inspection) -> None:
    """Put `source` on the shelf: a hard link where the file system allows one, else a copy.

    Raises:
        OSError: the disk refuses; nothing was left.
    """
    final = path_of(shelf, name)
    final.parent.mkdir(parents=True, exist_ok=True)
    sidecar = final.with_suffix(".json")
    try:
        files.write_json(
            sidecar,
            {
                "name": name,
                "bytes": source.stat().st_size,
                "sha256": sha256,
                "architecture": inspection.architecture,
                "family": inspection.family,
                "has_fim": inspection.has_fim,
            },
        )
        link_or_copy(source, final)
    except BaseException:
        sidecar.unlink(missing_ok=True)
        raise


def link_or_copy(source: Path, final: Path) -> None:
    """Make `final` the same bytes as `source`; it appears whole or not at all."""
    partial = final.with_name(f"{final.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        try:
            os.link(source.resolve(), partial)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, partial)
        files.put_in_place(partial, final)
    finally:
        partial.unlink(missing_ok=True)


def remove(shelf: Path, name: str) -> None:
    """Take an added model away."""
    final = path_of(shelf, name)
    final.unlink(missing_ok=True)
    final.with_suffix(".json").unlink(missing_ok=True)


def _load(sidecar: Path) -> Added | None:
    path = sidecar.with_suffix(".gguf")
    try:
        table = read_json(sidecar)
    except ModelError:
        return None
    if table is None or not path.is_file() or not NAME.fullmatch(sidecar.stem):
        return None
    match table:
        case {
            "bytes": int(size),
            "sha256": str(sha256),
            "architecture": str(architecture),
            "family": str(family),
            "has_fim": bool(has_fim),
        }:
            return Added(sidecar.stem, path, size, sha256, architecture, family, has_fim)
        case _:
            return None
