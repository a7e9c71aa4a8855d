"""One daemon per user and profile: a lock on a file that holds the daemon's pid.

Left out: what is done under the lock (removing a stale socket, listening: `endpoint`).

The kernel lets go of the lock when its holder dies, however it dies; the pid in the file is for
people and for `echoctl`, nothing is decided by it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from echo_core.clock import Clock
from echo_core.errors import DaemonError

LOOK_MS: Final = 50  # between two looks at whether a holder has gone


class ProfileLock:
    """Held from `acquire` to `release`, or to the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> ProfileLock | None:
        """The lock, or None where another process holds it.

        Raises:
            DaemonError: the file cannot be opened.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise DaemonError(f"{path} cannot be opened ({error.strerror})") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Let another process have it. The file stays: removing it would let two hold a lock."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def holder_pid(path: Path) -> int | None:
    """The pid that the holder wrote, or None where there is none or it is gone.

    Looking must not take the lock, not even shared: a daemon that starts at that moment would
    believe that another one runs.
    """
    try:
        text = path.read_text("ascii").strip()
        pid = int(text)
        os.kill(pid, 0)
    except PermissionError:
        return None  # somebody else's process has the number now
    except (OSError, ValueError, OverflowError):
        return None
    return pid if pid > 0 else None


async def let_go(path: Path, pid: int, clock: Clock, within_ms: float) -> bool:
    """Wait until `pid` does not hold the lock any more; whether it came to that in time."""
    deadline_ms = clock.steady_ms() + within_ms
    while holder_pid(path) == pid:
        if clock.steady_ms() > deadline_ms:
            return False
        await clock.sleep_ms(LOOK_MS)
    return True
