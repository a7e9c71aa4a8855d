"""`echo-trainer console` as a process, for real browsers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from echo_testing.waiting import LONG_S


@dataclass(frozen=True)
class Console:
    """One that runs."""

    process: subprocess.Popen[str]
    link: str


@contextmanager
def console(home: Path, *options: str, passphrase: str = "") -> Iterator[Console]:
    """`echo-trainer console` until the block ends."""
    reads, writes = os.pipe()
    os.write(writes, passphrase.encode())
    os.close(writes)
    given = ("--passphrase-fd", str(reads)) if passphrase else ()
    command = [sys.executable, "-m", "echo_trainer.cli.main", "console", *options, *given]
    process = subprocess.Popen(
        command,
        env=os.environ | {"ECHO_TRAINER_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(reads,),
        text=True,
    )
    os.close(reads)
    try:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        assert link.startswith("http://127.0.0.1:"), process.communicate()[1]
        yield Console(process, link)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, said
