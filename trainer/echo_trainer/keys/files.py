"""Keys as files: 32 bytes in hex and a line end, readable for their owner alone.

Left out: what a key is for.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from echo_core.errors import TrainerError

SEED_BYTES: Final = 32  # of every key here: Ed25519, X25519, and X-Wing's one seed


def new_seed() -> bytes:
    """A seed that nobody has."""
    return secrets.token_bytes(SEED_BYTES)


def write_seed(path: Path, seed: bytes) -> None:
    """Keep a seed.

    Raises:
        TrainerError: there is a file, or it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(seed.hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except FileExistsError as error:
        raise TrainerError(f"{path} exists already: a key is never written over.") from error
    except OSError as error:
        raise TrainerError(f"{path} cannot be written ({error.strerror}).") from error


def read_seed(path: Path) -> bytes:
    """A seed that was kept.

    Raises:
        TrainerError: it is not there, is open to others, or is none.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise TrainerError(f"{path} can be read by other users: run `chmod 600` on it.")
        seed = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise TrainerError(
            f"{path} cannot be read ({error.strerror}): `echo-trainer keys create` makes keys."
        ) from error
    except ValueError as error:
        raise TrainerError(f"{path} holds no key: restore it from your backup.") from error
    if len(seed) != SEED_BYTES:
        raise TrainerError(f"{path} holds no key: restore it from your backup.")
    return seed


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in the place of another, whole or not at all.

    Raises:
        TrainerError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise TrainerError(f"{path} cannot be written ({error.strerror}).") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
