"""Real code as projects of simulated developers: what is typed for practice, and what is held out.

The code is this repository's own. It is real, under a permissive licence, always at hand, and
younger than the models, with a style of its own that none of them has seen: there is something to
learn. Each developer works on packages of their own.

Left out: how it is typed (`echo_daemon.replay.session_source`).

Rules
 - A file is practised or held out, never both; which is drawn from the seed.
 - Held-out files are files of the same project, typed in the same days: a harder question than
   none, an easier one than another project.
 - Each project is a repository on disk, with its licence, as a client asks for it.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.errors import InputError
from echo_core.records import trace
from echo_daemon.replay import session_source

SOURCES: Final = Path(__file__).parents[2]
# By developer: the packages that they write. Three parts of about the same kind of work.
TEAMS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("ada", ("echo_core",)),
    ("ben", ("daemon/echo_daemon",)),
    ("eve", ("trainer/echo_trainer", "echo_engine", "echo_runtime", "echo_lsp")),
)
# Reading what stands around a place costs seconds of a processor, the more the longer the file.
CHARS_MAX: Final = 8000
LICENCE: Final = "LICENSE"


@dataclass(frozen=True, slots=True)
class Work:
    """One file that a developer writes in: some of its bodies are removed and written again."""

    path: Path
    lines: tuple[trace.TraceLine, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """A developer's repository, and what is done in it."""

    name: str
    folder: Path
    practice: tuple[Work, ...]
    held_out: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much each developer does."""

    practice: int  # files
    held_out: int  # files
    places: int  # bodies and statements of a file


def projects(into: Path, developers: int, amount: Amount, seed: int) -> list[Project]:
    """Put a repository for each developer into the folder `into`.

    Raises:
        InputError: there are not so many developers, or not so many files for one.
    """
    if not 1 <= developers <= len(TEAMS):
        raise InputError(f"There are 1 to {len(TEAMS)} developers.")
    return [
        _project(into / name, name, packages, amount, seed) for name, packages in TEAMS[:developers]
    ]


def _project(
    folder: Path, name: str, packages: tuple[str, ...], amount: Amount, seed: int
) -> Project:
    _repository(folder, packages)
    found = sorted(path for package in packages for path in (folder / package).rglob("*.py"))
    random.Random(f"{seed} {name}").shuffle(found)
    wanted, chosen = amount.practice + amount.held_out, list[Work]()
    for path in found:
        if len(chosen) == wanted:
            break
        source = path.read_text(encoding="utf-8")
        places = session_source.places(source) if len(source) <= CHARS_MAX else []
        if len(places) >= amount.places:
            lines = session_source.session(
                source, doc=path.as_uri(), seed=seed, places_max=amount.places
            )
            chosen.append(Work(path, tuple(lines)))
    if len(chosen) < wanted:
        raise InputError(f"{name} has {len(chosen)} files to work on: ask for fewer.")
    # Held out first: the same ones, however much is practised.
    held_out = tuple(chosen[: amount.held_out])
    return Project(name, folder, tuple(chosen[amount.held_out :]), held_out)


def _repository(folder: Path, packages: tuple[str, ...]) -> None:
    for package in packages:
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(SOURCES / package, folder / package, ignore=ignored)
    shutil.copy(SOURCES / LICENCE, folder / LICENCE)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, capture_output=True)
