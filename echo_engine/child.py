"""The engine's worker as the daemon sees it: a process, its pipe, who waits for which reply.

Left out: when to start one and what to do when it dies (`client`).

Rules
 - A child that says something unintelligible is ended: nothing it says later can be trusted.
 - When it ends, for whatever reason, everybody who waits for a reply is told, once.
 - It is killed, never asked: it holds nothing that must be saved.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from echo_core.errors import WireError
from echo_engine.mailbox import BackgroundWork
from echo_engine.protocol import (
    LINE_BYTES_MAX,
    Aside,
    Began,
    Cancel,
    Command,
    Done,
    Failed,
    Inspected,
    Loaded,
    Prepare,
    Reply,
    Run,
    Wrote,
    decode_reply,
    encode,
)

JobReply: TypeAlias = Began | Wrote | Done | Aside | Failed

# -P: nothing is imported from the folder that the daemon happens to stand in.
WORKER: Final = (sys.executable, "-P", "-m", "echo_engine.worker")
NO_START: Final = "The engine worker cannot be started: reinstall Echo."


class ChildDiedError(Exception):
    """The worker is gone. Stays inside the engine; outside it is an EngineError or ModelError."""


def _nobody() -> None:
    """Nobody listens."""


class Child:
    """A running worker. Make one with `start`."""

    def __init__(
        self, process: Process, ended: Callable[[Child], None], heard: Callable[[], None]
    ) -> None:
        """`ended` is called once, when the process is gone; `heard` for each reply."""
        self._process = process
        self._ended = ended
        self._heard = heard
        self._jobs: dict[int, asyncio.Queue[JobReply | None]] = {}
        self._answer: asyncio.Future[Loaded | Inspected | Failed] | None = None
        self.alive = True
        self._retired = False
        self.prepares = False  # it was given something that nobody waits for
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        ended: Callable[[Child], None],
        heard: Callable[[], None] = _nobody,
    ) -> Child:
        """Start `command` in a process group of its own.

        Raises:
            OSError: it cannot be started.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=LINE_BYTES_MAX,
            start_new_session=True,
        )
        return cls(process, ended, heard)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, command: Command) -> Loaded | Inspected | Failed:
        """The answer to a command that is not a job; one at a time.

        Raises:
            ChildDiedError: it ended before it answered.
        """
        if not self.alive:
            raise ChildDiedError
        self._answer = asyncio.get_running_loop().create_future()
        self._send(command)
        return await self._answer

    def begin(self, job: Run | BackgroundWork) -> asyncio.Queue[JobReply | None]:
        """Send a job or background work; its replies come in the queue, None for a dead child.

        Raises:
            ChildDiedError: it has ended.
            WireError: the job is too large to be sent.
        """
        if not self.alive:
            raise ChildDiedError
        self._send(job)
        self.prepares = self.prepares or not isinstance(job, Run)
        queue = self._jobs[job.id] = asyncio.Queue()
        return queue

    def prepare(self, command: Prepare) -> None:
        """Send something to be done in idle time; nothing comes back.

        Raises:
            WireError: it is too large to be sent.
        """
        if self.alive:
            self._send(command)
            self.prepares = True

    @property
    def busy(self) -> bool:
        """Somebody waits for a job; background work, whose numbers are below 0, is none."""
        return any(number > 0 for number in self._jobs)

    def forget(self, job: int, *, cancel: bool) -> None:
        """Take no more replies of `job`; `cancel` it if it may still run."""
        if self._jobs.pop(job, None) is not None and cancel and self.alive:
            self._send(Cancel(job))
        if self._retired and not self._jobs:
            self._kill()

    def retire(self) -> None:
        """End it as soon as nobody waits for it any more; it is given nothing new."""
        self._retired = True
        if not self._jobs:
            self._kill()

    async def end(self) -> None:
        """Kill it and wait until it is gone. Idempotent."""
        self._kill()
        await asyncio.wait({self._reading})

    def _send(self, command: Command) -> None:
        # Not drained: the worker's reading thread does nothing but read.
        if self._process.stdin is not None:
            self._process.stdin.write(encode(command))

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - we asked for a pipe
        try:
            while line := await self._process.stdout.readline():
                self._heard()
                self._deliver(decode_reply(line))
        except (WireError, ValueError, ConnectionError):  # ValueError: a line without an end
            pass
        finally:
            self._kill()
            await self._process.wait()
            self._gone()

    def _deliver(self, reply: Reply) -> None:
        if isinstance(reply, Began | Wrote | Done | Aside) or (
            isinstance(reply, Failed) and reply.id
        ):
            queue = self._jobs.get(reply.id)
            if queue is not None:
                queue.put_nowait(reply)
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(reply)
        else:
            raise WireError("The engine answered what nobody asked.")

    def _kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _gone(self) -> None:
        self.alive = False
        for queue in self._jobs.values():
            queue.put_nowait(None)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ChildDiedError())
        self._ended(self)
