"""Repositories made of the sources of installed packages: what was missing comes commit by commit.

A package's own history is not installed with it. So its files are committed as they are but for a
part of the statements in their functions, and each later commit brings some of these back, as
somebody would write them.

Left out: importing (`echoctl import git`).

Rules
 - Every commit parses: a statement is taken out only where its block has others.
 - A repository holds the licence that the package is under, where it was installed with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from echo_core.experience.past import HUNKS_MAX, lines_of
from echo_testing.repos import Repo

PACKAGES: Final = ("click", "jinja2", "platformdirs")  # pure Python, BSD and MIT
FILE_CHARS_MIN: Final = 2_000
LINES_MAX: Final = 6  # of a statement that is written at once
EVERY: Final = 5  # one statement in so many is taken out
PER_FILE: Final = HUNKS_MAX // 2  # hunks of one file in one commit stay below what is bulk


@dataclass(frozen=True, slots=True)
class Hole:
    """Lines of a file, half open, that a later commit brings."""

    first: int
    last: int
    commit: int


def repository(root: Path, package: str, *, files: int, commits: int) -> int:
    """A repository of a package's largest files at `root`; how many holes it fills.

    Raises:
        SystemExit: the package is not installed.
    """
    repo = Repo(root)
    texts = dict(_sources(package, files))
    holes = {name: holes_of(text, commits) for name, text in texts.items()}
    for name, text in _licences(package):
        repo.write(name, text)
    for commit in range(commits + 1):
        for name, text in texts.items():
            repo.write(f"src/{name}", without(text, holes[name], commit))
        repo.commit(f"step {commit}")
    return sum(map(len, holes.values()))


def holes_of(text: str, commits: int) -> list[Hole]:
    """What is taken out of a file, each with the commit that brings it, from 1 on."""
    blocks = [
        node.body for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and len(node.body) > 1
    ]  # fmt: skip
    found = [
        (each.lineno - 1, each.end_lineno or each.lineno)
        for body in blocks
        for each in body[1:]
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    short = [each for each in sorted(set(found)) if each[1] - each[0] <= LINES_MAX][::EVERY]
    apart: list[tuple[int, int]] = []
    for first, last in short:
        if not apart or first > apart[-1][1]:
            apart.append((first, last))
    chosen = apart[: PER_FILE * commits]
    return [Hole(*each, 1 + at % commits) for at, each in enumerate(chosen)]


def without(text: str, holes: list[Hole], commit: int) -> str:
    """The file as a commit leaves it."""
    lines = lines_of(text)
    for hole in holes:
        if hole.commit > commit:
            lines[hole.first : hole.last] = [""] * (hole.last - hole.first)
    return "".join(lines)


def _sources(package: str, files: int) -> Iterator[tuple[str, str]]:
    found = []
    for place in _files(package):
        if place.suffix == ".py" and place.is_file():
            text = place.read_text(encoding="utf-8")
            if len(text) >= FILE_CHARS_MIN:
                found.append((place.name, text))
    yield from sorted(found, key=lambda pair: (-len(pair[1]), pair[0]))[:files]


def _licences(package: str) -> Iterator[tuple[str, str]]:
    for place in _files(package):
        if place.name.lower().startswith(("licen", "copying")) and place.is_file():
            yield place.name, place.read_text(encoding="utf-8")


def _files(package: str) -> list[Path]:
    try:
        listed = distribution(package).files or []
    except PackageNotFoundError as error:
        raise SystemExit(f"{package} is not installed: pip install {package}") from error
    return [Path(str(each.locate())) for each in listed]
