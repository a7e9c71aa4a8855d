"""The client's end of a language server over stdio: start it, notice its death, end it.

Left out: what is said to it (`echo_daemon.replay.editor`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from pygls.lsp.client import LanguageClient

from echo_core.errors import DaemonError

# -P: `python -m` would else import from the working directory, whatever lies there.
SERVER_COMMAND: Final = (sys.executable, "-P", "-m", "echo_lsp")
STOP_WAIT_S: Final = 60  # the server flushes and says goodbye to the daemon; then it is killed


class LspClient(LanguageClient):
    """pygls' client, which here also notices that the server is gone and empties its stderr."""

    def __init__(self) -> None:
        super().__init__("echo-replay", "1")
        self.ended = asyncio.Event()
        self.exit_status: int | None = None

    async def server_exit(self, server: asyncio.subprocess.Process) -> None:
        self.exit_status = server.returncode
        self.ended.set()

    async def launch(self, command: list[str], env: Mapping[str, str]) -> None:
        await self.start_io(command[0], *command[1:], env=dict(env))
        if self._server is not None and self._server.stderr is not None:
            # Nobody else reads it, and a full pipe would stop the server.
            self._async_tasks.append(asyncio.create_task(_drain(self._server.stderr)))

    async def written(self) -> None:
        """Wait until the pipe takes more: a replay writes faster than any server reads."""
        if self._server is not None and self._server.stdin is not None:
            try:
                await self._server.stdin.drain()
            except (BrokenPipeError, ConnectionResetError) as error:
                raise DaemonError(gone(self.exit_status)) from error

    async def end(self) -> None:
        """Wait for the server to end by itself; kill it when it does not."""
        try:
            async with asyncio.timeout(STOP_WAIT_S):
                await self.ended.wait()
        except TimeoutError:
            if self._server is not None and self._server.returncode is None:
                self._server.kill()
        await self.halt()

    async def halt(self) -> None:
        """pygls' `stop`, which has no types: wait for the process and its readers."""
        stop: Callable[[], Awaitable[None]] = self.stop
        await stop()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass


def gone(status: int | None) -> str:
    ended = "ended" if status is None else f"ended with status {status}"
    return f"echo-lsp {ended} in the middle of the session: see `echoctl logs`"
