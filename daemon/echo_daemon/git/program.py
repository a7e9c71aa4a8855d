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
    async def _process(
        self, root: Path, arguments: tuple[str, ...]
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        try:
            process = await asyncio.create_subprocess_exec(
                "git", *_QUIET, "-C", str(root), *arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, env=self._environ,
            )  # fmt: skip
        except OSError as error:
            raise GitError("git is not installed: it is needed to read history.") from error
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
