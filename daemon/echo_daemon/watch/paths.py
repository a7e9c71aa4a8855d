"""Single paths, watched for change: by the system where it can, else by asking every few seconds.

What is watched is the folder of a path, not what lies deeper: an editor replaces a file by another
of its name, and git replaces HEAD, so a watch on the file itself would look at what is gone.

Left out: what a change means (`echo_daemon.mining.outside`).

Rules
 - `moved` is called for a file that has another name in the same folder; so are the paths touched.
 - `touched` is called on the event loop, once for many changes that came together. A file that
   was created, replaced or removed counts as touched.
 - What the system does not watch (a network drive, an exhausted limit) is polled, and `note` says
   so in one sentence. Nothing about paths is logged.
 - A folder that is not there is watched when `retry` finds it.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

POLL_S: Final = 2.0  # of a folder that must be asked; a listing of 1,000 files takes 3 ms
FOLDERS_MAX: Final = 128  # each takes a thread of watchdog; of more, the newest are not watched
# File systems whose changes by other machines no kernel tells.
REMOTE: Final = frozenset(
    {"9p", "afpfs", "afs", "ceph", "cifs", "davfs", "fuse.sshfs", "glusterfs", "ncpfs", "nfs",
     "nfs4", "smb3", "smbfs", "vboxsf", "webdav"}
)  # fmt: skip

_LIMIT = "Some files are looked at every 2 s only: the system's limit of watches is reached."
_REMOTE = "Some files are looked at every 2 s only: they are on a network drive."
_MANY = "Some folders are not watched: too many are open."


def is_remote(folder: Path) -> bool:
    """Whether `folder` lies on a file system that other machines change unseen."""
    best, kind = "", ""
    place = os.path.join(folder, "")  # noqa: PTH118 - a trailing slash, which Path drops
    with suppress(OSError):
        for mount in psutil.disk_partitions(all=True):
            root = os.path.join(mount.mountpoint, "")  # noqa: PTH118
            if place.startswith(root) and len(root) >= len(best):
                best, kind = root, mount.fstype
    return kind in REMOTE


class WatchedPaths:
    """The paths that somebody cares for; see the module for the rules."""

    def __init__(
        self,
        touched: Callable[[Path], None],
        moved: Callable[[Path, Path], None] = lambda _old, _new: None,
        *,
        poll_s: float = POLL_S,
        remote: Callable[[Path], bool] = is_remote,
    ) -> None:
        self._touched = touched
        self._moved = moved
        self._poll_s = poll_s
        self._remote = remote
        self._loop = asyncio.get_running_loop()
        self._counts: Counter[Path] = Counter()
        self._paths: frozenset[str] = frozenset()  # read by watchdog's threads
        self._folders: dict[Path, ObservedWatch | None] = {}  # None: not there, or too many
        self._observers: dict[bool, BaseObserver] = {}  # by whether it polls
        self._polled: set[Path] = set()
        self._waiting: set[Path] = set()  # touched, and not yet told
        self.note = ""

    def add(self, path: Path) -> None:
        """Care for `path`; as many `remove` let go of it."""
        self._counts[path] += 1
        self._paths |= {str(path)}
        if path.parent not in self._folders:
            self._folders[path.parent] = self._schedule(path.parent)

    def remove(self, path: Path) -> None:
        """Care for `path` no more."""
        self._counts[path] -= 1
        if self._counts[path] > 0:
            return
        del self._counts[path]
        self._paths -= {str(path)}
        folder = path.parent
        if not any(other.parent == folder for other in self._counts):
            self._unschedule(folder)
            del self._folders[folder]

    def retry(self) -> None:
        """About once a second: watch what was not there, or is there again."""
        for folder, watch in list(self._folders.items()):
            if watch is not None and not folder.is_dir():
                self._unschedule(folder)
                self._folders[folder] = None
                self._touch_in(folder)
            elif watch is None and folder.is_dir():
                self._folders[folder] = self._schedule(folder)
                if self._folders[folder] is not None:
                    self._touch_in(folder)

    def close(self) -> None:
        """Let go of everything; waits for watchdog's threads."""
        for observer in self._observers.values():
            observer.stop()
            observer.join()
        self._observers.clear()
        self._paths = frozenset()

    # --- inside -----------------------------------------------------------------------------

    def _schedule(self, folder: Path) -> ObservedWatch | None:
        if not folder.is_dir():
            return None
        if sum(watch is not None for watch in self._folders.values()) >= FOLDERS_MAX:
            self.note = _MANY
            return None
        if not self._remote(folder):
            try:
                return self._observer(polls=False).schedule(
                    _Handler(self._seen, self._seen_moving), str(folder)
                )
            except OSError:  # ENOSPC, EMFILE: limits of inotify; ENOSYS: none at all
                self.note = _LIMIT
        else:
            self.note = _REMOTE
        try:
            watch = self._observer(polls=True).schedule(
                _Handler(self._seen, self._seen_moving), str(folder)
            )
        except OSError:  # it went away meanwhile
            return None
        self._polled.add(folder)
        return watch

    def _unschedule(self, folder: Path) -> None:
        watch = self._folders.get(folder)
        if watch is not None:
            observer = self._observer(polls=folder in self._polled)
            self._polled.discard(folder)
            with suppress(KeyError, OSError):  # its folder is gone, and the emitter with it
                observer.unschedule(watch)

    def _observer(self, *, polls: bool) -> BaseObserver:
        if polls not in self._observers:
            observer = PollingObserver(timeout=self._poll_s) if polls else Observer()
            observer.start()
            self._observers[polls] = observer
        return self._observers[polls]

    def _seen(self, path: str) -> None:
        """On one of watchdog's threads."""
        if path in self._paths:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._touch, Path(path))

    def _seen_moving(self, old: str, new: str) -> None:
        """On one of watchdog's threads."""
        if old in self._paths:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._moved, Path(old), Path(new))

    def _touch_in(self, folder: Path) -> None:
        """The folder came or went, and what is cared for in it."""
        for path in list(self._counts):
            if path.parent == folder:
                self._touch(path)

    def _touch(self, path: Path) -> None:
        if path not in self._waiting:
            self._waiting.add(path)
            self._loop.call_soon(self._tell, path)

    def _tell(self, path: Path) -> None:
        self._waiting.discard(path)
        if path in self._counts:
            self._touched(path)


class _Handler(FileSystemEventHandler):
    """Hands on which paths an event is about; opening and reading change nothing."""

    def __init__(
        self, seen: Callable[[str], None], seen_moving: Callable[[str, str], None]
    ) -> None:
        self._seen = seen
        self._seen_moving = seen_moving

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Watchdog's one call for all events."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        for path in (event.src_path, event.dest_path):
            if path:
                self._seen(os.fsdecode(path))
        if event.event_type == "moved" and event.src_path and event.dest_path:
            self._seen_moving(os.fsdecode(event.src_path), os.fsdecode(event.dest_path))
