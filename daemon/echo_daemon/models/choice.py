"""Which model is chosen: one name in a small file of the profile's data folder.

Left out: whether that model lies on the shelf (`shelf`).
"""

from __future__ import annotations

from pathlib import Path

from echo_core.errors import ModelError
from echo_daemon.models.table import read_json
from echo_runtime import files


def read_choice(path: Path) -> str | None:
    """The chosen name; None where none was chosen.

    Raises:
        ModelError: the file is not what `write_choice` writes.
    """
    table = read_json(path)
    if table is None:
        return None
    name = table.get("model")
    if not isinstance(name, str) or not name:
        raise ModelError(f"{path} names no model; choose one with `echoctl models use NAME`.")
    return name


def write_choice(path: Path, name: str) -> None:
    """Choose `name`, atomically and durably.

    Raises:
        ModelError: the file cannot be written; the old choice stands.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, {"model": name})
    except OSError as error:
        raise ModelError(f"The choice cannot be written to {path}: {error.strerror}.") from error


def clear_choice(path: Path) -> None:
    """Choose nothing."""
    path.unlink(missing_ok=True)
