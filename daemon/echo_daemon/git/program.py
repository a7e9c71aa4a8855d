"""The git program, asked so that it only reads: no hook, pager, filter, prompt or transport.

A repository's own configuration can name programs; what of it could run one while history is
read is overruled here. A partial clone may want to fetch what is missing: it is not let.

Left out: what is asked (`echo_daemon.mining.outside`, `echo_daemon.past`).

Rules
 - Output is bounded in bytes, and the whole in time; what exceeds either ends the process.
 - What git writes to its standard error is not kept: it may quote the repository.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from echo_core.errors import InputError

CHUNK_BYTES: Final = 1 << 16
SHOW_S_MAX: Final = 20.0  # one file out of a large pack on a cold disk

_QUIET: Final = (
    "--no-pager", "--no-replace-objects", "--literal-pathspecs",
    "-c", "core.quotepath=off", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
    "-c", "log.showSignature=false", "-c", "protocol.allow=never", "-c", "core.askPass=",
    "-c", "core.attributesFile=/dev/null", "-c", "maintenance.auto=false",
)  # fmt: skip
_ENVIRONMENT: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}


class GitError(InputError):
    """Git is not installed, or refused; the message says which."""


class Blobs:
    """A conversation with `git cat-file --batch`."""

    def __init__(self, asked: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._asked = asked
        self._answers = answers

    async def read(self, name: str, bytes_max: int) -> bytes | None:
        """The content `name`; None where it is larger, no file's content, or not there.

        Raises:
            GitError: git ended, or does not answer as it is documented to.
        """
        try:
            self._asked.write(f"{name}\n".encode())
            await self._asked.drain()
            head = (await self._answers.readline()).split()
            if len(head) != 3:
                if head[1:] == [b"missing"]:
                    return None
                raise GitError("git ended while contents were read: is the repository whole?")
            size = int(head[2])
            keep = size <= bytes_max and head[1] == b"blob"
            pieces: list[bytes] = []
            left = size + 1  # a line end follows the content
            while left:
                piece = await self._answers.readexactly(min(left, CHUNK_BYTES))
                left -= len(piece)
                if keep:
                    pieces.append(piece)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise GitError("git ended while contents were read.") from error
        return b"".join(pieces)[:-1] if keep else None


class GitProgram:
    """The `git` of the search path. `environ`: of this process, as it was when it started."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        around = os.environ if environ is None else environ
        # GIT_DIR and its like would point every question at another repository.
        kept = {name: value for name, value in around.items() if not name.startswith("GIT_")}
        self._environ = {**kept, **_ENVIRONMENT}

    async def show(self, root: Path, commit: str, path: str, bytes_max: int) -> bytes | None:
        """The file `path` (from the root, with slashes) of a commit; None where it has none."""
        return await self.output(root, ("cat-file", "blob", f"{commit}:{path}"), bytes_max)

    async def output(self, root: Path, arguments: tuple[str, ...], bytes_max: int) -> bytes | None:
        """All that git answers; None where it refuses, is not there, or answers too much."""
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(SHOW_S_MAX), aclosing(self.stream(root, arguments)) as read:
                async for piece in read:
                    size += len(piece)
                    if size > bytes_max:
                        return None
                    pieces.append(piece)
        except (GitError, TimeoutError):
            return None
        return b"".join(pieces)

    async def stream(self, root: Path, arguments: tuple[str, ...]) -> AsyncGenerator[bytes, None]:
        """What git answers, in pieces; leaving early ends the process.

        Raises:
            GitError: git is not installed, or ended with an error.
        """
        async with self._process(root, arguments) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            while piece := await process.stdout.read(CHUNK_BYTES):
                yield piece
            if await process.wait() != 0:
                raise GitError(f"git refused to {arguments[0]} in {root}: see `git -C {root} log`.")

    @asynccontextmanager
    async def blobs(self, root: Path) -> AsyncIterator[Blobs]:
        """Contents by name, as many as wanted, from one process.

        Raises:
            GitError: git is not installed.
        """
        arguments = ("cat-file", "--batch")
        async with self._process(root, arguments, stdin=asyncio.subprocess.PIPE) as process:
            assert process.stdin is not None  # noqa: S101 - pipes were asked for
            assert process.stdout is not None  # noqa: S101
            yield Blobs(process.stdin, process.stdout)

    @asynccontextmanager
    async def _process(
        self, root: Path, arguments: tuple[str, ...], stdin: int = asyncio.subprocess.DEVNULL
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        try:
            process = await asyncio.create_subprocess_exec(
                "git", *_QUIET, "-C", str(root), *arguments,
                stdin=stdin, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, env=self._environ,
            )  # fmt: skip
        except OSError as error:
            raise GitError("git is not installed: it is needed to read history.") from error
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            # It counts as ended only when its pipes are at their ends, and asyncio stops reading
            # one that nobody empties (BaseSubprocessTransport._try_finish in Python 3.11).
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            while await process.stdout.read(CHUNK_BYTES):
                pass
            await process.wait()
