"""One writer per model at a time, over all processes of the machine.

`flock` and not a file that merely exists: the kernel takes it back when its holder is killed, so
no lock is ever stale. The lock file itself stays; removing it would let two holders have one each.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path


def take(path: Path, on_wait: Callable[[], None]) -> int:
    """Take the lock at `path`; `on_wait` is called once where somebody else has it.

    Returns what `give_back` wants.

    Raises:
        OSError: the lock file cannot be made, or the file system has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def give_back(lock: int) -> None:
    """Let the next one have it."""
    os.close(lock)
