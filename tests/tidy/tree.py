"""Which files of the project the rules look at: those that git tracks or would track."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from tidy.rules import PACKAGES

ROOT: Final = Path(__file__).resolve().parents[2]
_SOURCE_FOLDERS: Final = ("daemon/", "trainer/")


@cache
def paths() -> tuple[str, ...]:
    """Every file of the project, relative to its root. A new file counts before it is committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    found = {path for path in listed.split("\0") if path and (ROOT / path).is_file()}
    return tuple(sorted(found))


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file that is text."""
    for path in paths():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8", errors="replace")


def python() -> Iterator[tuple[str, str]]:
    """Path and source of every Python file."""
    return ((path, text) for path, text in texts() if path.endswith((".py", ".pyi")))


def modules() -> dict[str, str]:
    """Dotted name and source of every module of the packages."""
    found: dict[str, str] = {}
    for path, source in python():
        if path.startswith(PACKAGES):
            inner = path
            for folder in _SOURCE_FOLDERS:
                inner = inner.removeprefix(folder)
            parts = PurePosixPath(inner).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = source
    return found


def project() -> Mapping[str, dict[str, object]]:
    """The tables of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def ratchet(table: str) -> dict[str, int]:
    """What is known to break a limit, with the size that it must not exceed."""
    text = (Path(__file__).parent / "ratchet.toml").read_text(encoding="utf-8")
    known: dict[str, int] = tomllib.loads(text)[table]
    return known


def host_paths() -> tuple[str, ...]:
    """Where this machine keeps its user and this checkout; a short one would match anything."""
    return tuple(str(path) for path in (Path.home(), ROOT) if len(path.parts) > 2)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """A command in the project's root, with its packages importable."""
    search = ":".join(map(str, (ROOT, ROOT / "daemon", ROOT / "trainer")))
    return subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": search, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )
