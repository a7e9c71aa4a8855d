"""Real git repositories for tests, untouched by the configuration of whoever runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_WHO = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A U Thor",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "C O Mitter",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
}


class Repo:
    """A repository at `root`, made there unless it is one already."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seconds = 1_700_000_000
        if not (root / ".git").exists():
            root.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, author: str = "author@example.org") -> str:
        """Run git, a minute after it ran before; what it printed."""
        self._seconds += 60
        date = f"{self._seconds} +0000"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**os.environ, **_WHO, **dates, "GIT_AUTHOR_EMAIL": author},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the checkout."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def commit(self, message: str = "message", author: str = "author@example.org") -> str:
        """Commit all there is; the commit's name."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, author=author)
        return self.git("rev-parse", "HEAD")
