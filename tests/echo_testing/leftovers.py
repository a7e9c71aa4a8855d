"""Daemons that this test run started: known by a mark in their environment, and ended by it.

A daemon is no child of the test that caused it (the language server starts it, in a session of its
own), and one that still starts holds no lock yet. Daemons of anybody else have no such mark, or
another one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from echo_testing.waiting import LONG_S

MARK = "ECHO_TEST_RUN"


@dataclass(frozen=True)
class Leftover:
    """A daemon of this run, and the profile that it serves."""

    process: psutil.Process
    home: Path
    test: str  # in which it was started

    def __str__(self) -> str:
        return f"daemon {self.process.pid} of {self.home}, started in {self.test or 'no test'}"


def mark_this_run() -> None:
    """Let every process that is started from here on be known as one of this run."""
    os.environ[MARK] = secrets.token_hex(8)


def daemons(home: Path | None = None) -> list[Leftover]:
    """The daemons of this run that are alive, or those of the profile at `home`."""
    found: list[Leftover] = []
    for process in psutil.process_iter():
        try:
            if "echo_daemon" not in process.cmdline():
                continue
            environ = process.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        theirs = Path(environ.get("ECHO_HOME", ""))
        if environ.get(MARK) == os.environ[MARK] and home in (None, theirs):
            test = environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
            found.append(Leftover(process, theirs, test))
    return found


def end(leftovers: Iterable[Leftover]) -> list[psutil.Process]:
    """SIGTERM, and their end is waited for; which of them and their engines had to be killed."""
    ending: list[psutil.Process] = []
    for each in leftovers:
        with contextlib.suppress(psutil.NoSuchProcess):
            ending += [each.process, *each.process.children(recursive=True)]
            each.process.terminate()
    _, stubborn = psutil.wait_procs(ending, timeout=LONG_S)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=LONG_S)
    return stubborn
