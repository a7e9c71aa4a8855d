"""Running a program of Echo's to its end, as a person at a terminal does.

Left out: which (`people`, `trainer`), servers (`trainer`).

Rules
 - What failed says which command it was, what it said last, and where its logs are.
 - A secret goes over a descriptor, never over an argument or a variable.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.errors import DaemonError, EchoError

SAID_CHARS_MAX: Final = 2000  # of what a program said at its end


@dataclass(frozen=True, slots=True)
class Program:
    """What people call it, and where it is."""

    name: str
    module: str


ECHOCTL: Final = Program("echoctl", "echo_daemon.ctl.main")
ECHO_TRAINER: Final = Program("echo-trainer", "echo_trainer.cli.main")


class StageError(EchoError):
    """A stage of the turn failed; the message says what it said, and where its logs are."""


class NotUpError(StageError):
    """A command found no daemon, and the one that it started was not up in time."""


@dataclass(frozen=True, slots=True)
class Done:
    """A program that ended."""

    code: int
    out: str
    said: str  # on standard error


async def ran(
    program: Program,
    arguments: Sequence[str],
    environ: dict[str, str],
    logs: Path,
    *,
    secret: str = "",
    codes: tuple[int, ...] = (0,),
) -> Done:
    """Run a program to its end.

    Args:
        secret: given to it over a descriptor, as the passphrase that it asks for.

    Raises:
        StageError: it ended with another code than `codes`.
        NotUpError: that of a daemon that does not answer.
    """
    command = [sys.executable, "-P", "-m", program.module, *arguments]
    passed: tuple[int, ...] = ()
    if secret:
        passed = (_readable(secret),)
        command += ["--passphrase-fd", str(passed[0])]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=passed,
        )
    finally:
        for descriptor in passed:
            os.close(descriptor)
    try:
        out, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    done = Done(
        process.returncode or 0, out.decode(errors="replace"), said.decode(errors="replace")
    )
    if done.code not in codes:
        words = " ".join((program.name, *arguments))
        ending = (done.said or done.out).strip()[-SAID_CHARS_MAX:]
        sort = NotUpError if done.code == DaemonError.exit_code else StageError
        raise sort(f"`{words}` ended with {done.code}; logs are in {logs}\n{ending}")
    return done


def _readable(secret: str) -> int:
    """A descriptor that gives `secret` and then ends."""
    reading, writing = os.pipe()
    os.write(writing, secret.encode())
    os.close(writing)
    return reading


def search_path() -> dict[str, str]:
    """Where this process finds Echo: the processes that it starts look nowhere else."""
    return {"PYTHONPATH": os.pathsep.join(os.path.abspath(one) for one in sys.path if one)}  # noqa: PTH100
