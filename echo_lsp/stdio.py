"""Standard input and output as a stream of frames.

Left out: what is in the frames.

Rules
 - Nothing but frames goes to the client: the process's own standard output becomes its standard
   error, so that a stray print in a library cannot break the protocol.
 - Reading waits in the event loop where the system can (pipes, sockets), else in a thread.
"""

from __future__ import annotations

import asyncio
import io
import os
import select
from collections.abc import Callable
from typing import BinaryIO, Final

from echo_core import limits
from echo_runtime.frames import FrameReader

READ_BYTES_MAX: Final = 1 << 20  # read ahead before the sender must wait


class ThreadReader:
    """A file that the event loop cannot wait for: a regular file, a Windows pipe."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """A line; lines longer than a header may be are not read to their end."""
        line = await asyncio.to_thread(self._file.readline, limits.HEADER_BYTES_MAX + 1)
        if len(line) > limits.HEADER_BYTES_MAX:
            raise asyncio.LimitOverrunError("a line is too long", len(line))
        if not line.endswith(separator):
            raise asyncio.IncompleteReadError(line, None)
        return line

    async def readexactly(self, n: int) -> bytes:
        """Exactly `n` bytes."""
        data = await asyncio.to_thread(self._file.read, n)
        if len(data) < n:
            raise asyncio.IncompleteReadError(data, n)
        return data


async def open_reader(descriptor: int = 0) -> FrameReader:
    """What the client writes."""
    file = os.fdopen(os.dup(descriptor), "rb", buffering=0)
    reader = asyncio.StreamReader(limit=READ_BYTES_MAX)
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
    except (ValueError, NotImplementedError):
        return ThreadReader(io.BufferedReader(file))
    return reader


def open_writer() -> Callable[[bytes], None]:
    """A function that writes frames to the client; see the rules above."""
    descriptor = os.dup(1)
    os.dup2(2, 1)

    def write(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                # Input and output are one socket, and reading made it non-blocking.
                select.select([], [descriptor], [])

    return write
