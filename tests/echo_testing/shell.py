"""`echoctl` as a person calls it, in a profile of its own.

Rule: samples are judged when a command says so. What a daemon would judge by itself in idle time
depends on how long the commands in between take.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from echo_runtime.lock import holder_pid
from echo_runtime.profile import Profile
from echo_testing.waiting import LONG_S


@dataclass
class Shell:
    """One profile, with its key in a file."""

    home: Path

    def __post_init__(self) -> None:
        self.profile.prepare()
        self.profile.config_file.write_text(
            '[store]\nkey = "file"\n[distill]\nidle_seconds = 86400\n', encoding="utf-8"
        )

    @property
    def profile(self) -> Profile:
        """Where everything lies."""
        return Profile.locate({"ECHO_HOME": str(self.home)})

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            self._command(arguments),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that goes on; standard error comes into its standard output."""
        return subprocess.Popen(
            self._command(arguments),
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def daemon_pid(self) -> int:
        """The process that holds the profile's lock."""
        pid = holder_pid(self.profile.lock_path)
        assert pid is not None
        return pid

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "echo_daemon.ctl.main", *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if n not in ("CI", "DO_NOT_TRACK")}
        return {**kept, "ECHO_HOME": str(self.home), "COLUMNS": "120", "NO_COLOR": "1"}
