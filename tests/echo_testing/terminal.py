"""A program in a terminal of its own: keys are typed into it, and its screen is read.

The screen is what a person would see: a terminal emulator (pyte) is fed with what the program
writes, colours included.

Left out: which program it is, what its screen ought to show.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
import pyte

from echo_testing.waiting import LONG_S, until

COLUMNS, LINES = 100, 30
READ_BYTES = 65_536


class Terminal:
    """One running program; `close` ends it."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, READ_BYTES)
        except OSError:  # how a pty says that nobody holds its other end
            asyncio.get_running_loop().remove_reader(self._master)
            return
        self._stream.feed(data)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def children(self) -> list[psutil.Process]:
        """What the program started, and what that started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self._process.pid).children(recursive=True)
        return []

    @property
    def rows(self) -> list[str]:
        """The screen, line by line."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.rows)

    def colour_of(self, text: str) -> str:
        """The colour in which a text is drawn, where it stands first on the screen."""
        for number, row in enumerate(self._screen.display):
            column = row.find(text)
            if column >= 0:
                return str(self._screen.buffer[number][column].fg)
        return ""

    def type(self, keys: str) -> None:
        """Type keys; `\\x1b` is Escape."""
        os.write(self._master, keys.encode("utf-8"))

    async def shows(self, text: str) -> None:
        """Wait until a text is on the screen."""
        await self._until(lambda: text in self.text, f"shows {text!r}")

    async def shows_no(self, text: str) -> None:
        """Wait until a text is gone from the screen."""
        await self._until(lambda: text not in self.text, f"shows no {text!r}")

    async def draws_alike(self, text: str, other: str) -> None:
        """Wait until two texts on the screen have the same colour."""
        await self._until(
            lambda: self.colour_of(text) == self.colour_of(other) != "",
            f"draws {text!r} as {other!r}",
        )

    async def _until(self, condition: Callable[[], object], sentence: str) -> None:
        try:
            await until(condition)
        except TimeoutError:
            raise AssertionError(f"the screen never {sentence}:\n{self.text}") from None

    async def close(self) -> int:
        """Hang up, as a closed window does; the program's exit status."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        os.close(self._master)
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        return await asyncio.to_thread(self._process.wait, LONG_S)
