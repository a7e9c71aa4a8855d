"""The daemon's end of the checks: one worker, started at the first question, ended by `rest`.

Left out: what the worker does (`worker`), the messages (`protocol`).

Rules
 - One question at a time. Whoever is cancelled in between has ended the worker with it: its answer
   would be taken for that of the next question.
 - A question may take long where others need the processor, but not much of the processor itself.
 - A worker that dies, or has to be ended, has not answered: `ExaminerDiedError`, once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import psutil

from echo_core.errors import WireError
from echo_daemon.checking import protocol as p
from echo_daemon.distilling.api import Cuts, ExaminerDiedError, Found, Matter

R = TypeVar("R")
# -P: nothing is imported from the folder that the daemon happens to stand in.
WORKER: Final = (sys.executable, "-P", "-m", "echo_daemon.checking.worker")
CPU_S_MAX: Final = 20.0  # of one question; a sample takes a hundredth of a second
LOOK_S: Final = 5.0  # between two looks at how much of that is gone
QUESTIONS_MAX: Final = 5_000  # then another worker: whatever it has gathered goes with it


class CheckingProcess:
    """`distilling.api.Examiner` over a child process."""

    def __init__(
        self,
        command: Sequence[str] = WORKER,
        *,
        cpu_s_max: float = CPU_S_MAX,
        look_s: float = LOOK_S,
    ) -> None:
        """Nothing is started. `command` is the worker's program and arguments."""
        self._command = tuple(command)
        self._cpu_s_max = cpu_s_max
        self._look_s = look_s
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._questions = 0
        self._absent: frozenset[str] | None = None

    @property
    def pid(self) -> int:
        """The worker's process id, 0 while there is none."""
        return 0 if self._process is None else self._process.pid

    async def absent(self) -> frozenset[str]:
        """The checks that are not installed; they do not come while the daemon runs."""
        if self._absent is None:
            self._absent = await self._ask(p.Absent(), p.absent_of)
        return self._absent

    async def cuts(self, matter: Matter) -> Cuts:
        """Where the target may be cut."""
        return await self._ask(p.CutsOf(matter), p.cuts_of)

    async def check(self, matter: Matter, cut: int, names: Sequence[str]) -> Found:
        """What the checks called `names` say of the target, cut there."""
        while await self._ask(p.Prepare(matter), p.more_of):
            pass  # each answer took a second, in which others could ask
        return await self._ask(p.Check(matter, cut, tuple(names)), p.found_of)

    async def rest(self) -> None:
        """End the worker. Idempotent."""
        async with self._turn:
            await self._end()

    async def _ask(self, question: p.Question, read: Callable[[bytes], R]) -> R:
        async with self._turn:
            try:
                return read(await self._answer(p.question_line(question)))
            except (OSError, ValueError, WireError) as error:  # ValueError: a line without an end
                await self._end()
                raise ExaminerDiedError from error
            except BaseException:
                await self._end()
                raise

    async def _answer(self, line: bytes) -> bytes:
        if self._questions >= QUESTIONS_MAX:
            await self._end()
        process = await self._running()
        self._questions += 1
        assert process.stdin is not None  # noqa: S101 - we asked for pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(line)
        reading = asyncio.ensure_future(process.stdout.readline())
        try:
            began_s = _cpu_s(process.pid)
            while not (await asyncio.wait({reading}, timeout=self._look_s))[0]:
                if _cpu_s(process.pid) - began_s > self._cpu_s_max:
                    raise WireError("the checks run wild")
            answer = await reading
        finally:
            reading.cancel()
        if not answer:
            raise WireError("the checks ended")
        return answer

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._questions = 0
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                limit=p.LINE_BYTES_MAX,
                start_new_session=True,
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.communicate())  # to the end of its pipes, so that they close


def _cpu_s(pid: int) -> float:
    """Processor time that a process has taken; 0 of one that is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
