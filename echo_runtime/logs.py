"""Structured logs that cannot hold source text.

One JSON object a line: `at`, `level`, `event`, `process`, `pid`, `fields`.

Left out: what is worth logging; reading logs back (`echoctl logs`).

Rules
 - A field is a number, a truth value, a member of a StrEnum or a `Label`. A plain str is no
   field: mypy refuses it, and where it comes all the same `refused` is written in its place.
 - An exception is logged as the name of its class; its message may quote what the user wrote.
 - Logging never raises and never waits for anything but the file.
 - The loggers of pygls, asyncio, cattrs and uvicorn write whole messages and addresses:
   `silence_foreign` cuts them off.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import re
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Final, LiteralString, TypeAlias

from echo_core.clock import Clock

LOG_BYTES_MAX: Final = 1 << 20  # about 8,000 lines; a day of one user is a few hundred
LOG_FILES_MAX: Final = 3  # the current one and two older ones
LABEL_CHARS_MAX: Final = 512  # the longest path that is worth a line
FOREIGN_LOGGERS: Final = ("pygls", "asyncio", "cattrs", "lsprotocol", "uvicorn")
REFUSED: Final = "refused"

_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class Level(IntEnum):
    """How much a line matters; those below the log's own level are not written."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Label(str):
    """Text that is ours: a fixed word, a path of the profile, the name of an exception class.

    Wrapping text that came from a document breaks the promise of this module.
    """

    __slots__ = ()

    @classmethod
    def of(cls, error: BaseException) -> Label:
        """The class name of `error`."""
        return cls(type(error).__name__)


Field: TypeAlias = int | float | bool | StrEnum | Label


class Log:
    """The log file of one kind of process; several processes may append to one file."""

    def __init__(self, folder: Path, process: str, clock: Clock, level: Level = Level.INFO) -> None:
        self._path = folder / f"{process}.log"
        self._process = process
        self._clock = clock
        self._level = level
        self._descriptor: int | None = None
        self.lost = 0  # lines that could not be written: disk full, folder gone

    def debug(self, event: LiteralString, **fields: Field) -> None:
        """What only someone hunting a fault wants to read."""
        self._write(Level.DEBUG, event, fields)

    def info(self, event: LiteralString, **fields: Field) -> None:
        """What happened."""
        self._write(Level.INFO, event, fields)

    def warning(self, event: LiteralString, **fields: Field) -> None:
        """What went wrong and was survived."""
        self._write(Level.WARNING, event, fields)

    def error(self, event: LiteralString, **fields: Field) -> None:
        """What went wrong and cost the user something."""
        self._write(Level.ERROR, event, fields)

    def close(self) -> None:
        """Give the file back; a later line opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, level: Level, event: str, fields: dict[str, Field]) -> None:
        if level < self._level:
            return
        at = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": level.name.lower(),
            "event": event if _EVENT.fullmatch(event) else REFUSED,
            "process": self._process,
            "pid": os.getpid(),
        }
        line["fields"] = {name: _cleaned(value) for name, value in fields.items()}
        try:
            # One write a line: with O_APPEND lines of several processes do not mix.
            os.write(self._open(), (json.dumps(line) + "\n").encode())
        except OSError:
            self.lost += 1

    def _open(self) -> int:
        """The descriptor to write to, after rotating where the file has grown too long."""
        if self._descriptor is not None:
            if os.fstat(self._descriptor).st_size < LOG_BYTES_MAX:
                return self._descriptor
            self._rotate(self._descriptor)
            self.close()
        self._descriptor = os.open(
            self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600
        )
        return self._descriptor

    def _rotate(self, descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # let go when the descriptor is closed
        try:
            if os.fstat(descriptor).st_ino != self._path.stat().st_ino:
                return  # another process was first
        except FileNotFoundError:
            return
        for number in range(LOG_FILES_MAX - 1, 0, -1):
            older = self._path.with_suffix(f".log.{number}")
            newer = self._path.with_suffix(f".log.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(older)


def _cleaned(value: object) -> int | float | bool | str:
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (StrEnum, Label)):
        return str(value)[:LABEL_CHARS_MAX]
    return REFUSED


def silence_foreign() -> None:
    """Keep the libraries' own log lines from every handler, also from those added later.

    pygls logs each message with its body; a level above CRITICAL also saves the formatting.
    """
    for name in FOREIGN_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
    for name, child in logging.Logger.manager.loggerDict.items():
        if isinstance(child, logging.Logger) and name.startswith(
            tuple(f"{foreign}." for foreign in FOREIGN_LOGGERS)
        ):
            child.handlers = []
            child.propagate = True
            child.setLevel(logging.NOTSET)


def watch_loop(loop: asyncio.AbstractEventLoop, log: Log) -> None:
    """Log exceptions that nobody awaited by class name; asyncio would print their message."""

    def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        name = Label.of(error) if isinstance(error, BaseException) else Label("none")
        log.error("loop.exception", error=name)

    loop.set_exception_handler(handle)
