"""Prints what the trainer's container installs: the extra `trainer`, and what it uses of the rest.

Left out: versions of its own; every line is pyproject.toml's.

Rules
 - A test compares the list with what the trainer's commands import.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

# Of the requirements that every program of Echo shares, those that the trainer imports.
SHARED: Final = (
    "click",
    "cryptography",
    "jinja2",
    "keyring",
    "markupsafe",
    "platformdirs",
    "regex",
    "starlette",
    "tuf",
    "uvicorn",
    "zstandard",
)
# Commands that need llama.cpp, its weights or torch: they run on a machine that has them.
ELSEWHERE: Final = frozenset({"export", "gate", "train"})
_PROJECT: Final = Path(__file__).resolve().parents[2] / "pyproject.toml"


def requirements(project: Path = _PROJECT) -> list[str]:
    """The lines of a requirements file."""
    table = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    shared = [line for line in table["dependencies"] if name_of(line) in SHARED]
    return [*shared, *table["optional-dependencies"]["trainer"]]


def name_of(requirement: str) -> str:
    """The distribution that a line asks for."""
    return re.split(r"[^\w.-]", requirement)[0].lower()


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in requirements()))
