"""A disk of a few kilobytes that really fills up: a tmpfs in a user namespace of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from echo_testing.waiting import LONG_S

_NONE = 77  # what the shell inside ends with where nothing may be mounted


def with_disk(
    folder: Path, size: str, program: Sequence[str], environ: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run a program that finds an empty disk of this size (`3m`) at a folder; skips without one."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare(1), so no file system of our own")
    mount = f"mount -t tmpfs -o size={size} tmpfs {shlex.quote(str(folder))} || exit {_NONE};"
    done = subprocess.run(
        [unshare, "-Urm", "sh", "-c", f"{mount} exec {shlex.join(program)}"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=2 * LONG_S,
        check=False,
    )
    if done.returncode != 0 and (done.returncode == _NONE or "unshare" in done.stderr):
        pytest.skip(f"no user namespaces here: {done.stderr.strip()[:100]}")
    return done
