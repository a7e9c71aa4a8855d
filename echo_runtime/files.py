"""Files that appear whole or not at all, and what a full disk is called.

Left out: what is in them, and what it means that one cannot be read.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

CHUNK_BYTES = 1 << 20
# EFBIG: the limit of a process or of a file system (4 GiB on FAT) acts like a full disk.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: OSError) -> bool:
    """Whether the write failed because there is no room."""
    return error.errno in _FULL


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(partial: Path, final: Path) -> None:
    """Give a complete file its final name, durably."""
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(final)
    sync_folder(final.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a small file atomically."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, table: Mapping[str, object]) -> None:
    """Replace a small JSON file atomically."""
    write_whole(path, json.dumps(table, indent=1).encode() + b"\n")


def sha256_of(path: Path, moved: Callable[[int], None]) -> str:
    """The digest of what the disk holds; `moved` is told how many bytes have been read."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            moved(done)
    return digest.hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def free_bytes(folder: Path) -> int:
    """Room for this user on the file system of `folder`."""
    return shutil.disk_usage(folder).free
