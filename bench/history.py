"""Places and what was edited besides, made from the history of a git repository.

A commit that adds lines to several files shows what a person had in hand at once. One of the added
lines is taken away from a random column on: that is the place. The other hunks are where the person
had just been.

Left out: who is asked (`bench.context`).

Rules
 - The same repository, head and seed give the same places.
 - The line that is asked for stands nowhere in its own file, as it does not yet while it is typed.
 - Which hunk was written first is not in a history. All others count as written before, in an order
   that is drawn; that favours context.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from echo_core.errors import InputError
from echo_core.text.document import split_lines
from echo_trainer.gate.problems import Cursor, Problem, at_column, at_start

LANGUAGES: Final = {
    ".c": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".go": "go",
    ".h": "c",
    ".hpp": "cpp",
    ".java": "java",
    ".js": "javascript",
    ".jsx": "javascriptreact",
    ".mjs": "javascript",
    ".py": "python",
    ".rs": "rust",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
}
FILES_MAX: Final = 20  # a commit that touches more was made by a program
COMMITS_MAX: Final = 2000  # that are looked at, from the newest
LINE_CHARS_MIN: Final = 12  # shorter lines are closers and keywords
FILE_CHARS_MAX: Final = 200_000
VISITS_MAX: Final = 12  # before the place; the ring holds fewer
PER_COMMIT: Final = 2  # so that one large commit is not the whole set
_COMMENT = re.compile(r'#|//|/?\*|<!--|--|"""|\'\'\'')
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that a commit added: from `line` (the first is 0) of the new file on."""

    path: str
    line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A place where the person was before: `offset` of `text`."""

    path: str
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Task:
    """A cursor in the file `path`, and where the person was before, the last place last.

    `begun` is the place before anything of the line was typed.
    """

    name: str
    repository: str
    path: str
    begun: Cursor
    cursor: Cursor
    visits: tuple[Visit, ...]


def language(path: str) -> str:
    """The LSP language id of a source file; "" for what is none."""
    return LANGUAGES.get(PurePosixPath(path).suffix, "")


def tasks(repository: Path, count: int, seed: int) -> list[Task]:
    """`count` tasks, or as many as the history has.

    Raises:
        InputError: it has none: no repository, no history, no git.
    """
    found: list[tuple[str, Hunk, int, list[Hunk]]] = []
    for commit in _commits(repository):
        hunks = _hunks(repository, commit)
        own = [(commit, hunk, line, hunks) for hunk in hunks for line in range(hunk.lines)]
        random.Random(f"{seed} {commit}").shuffle(own)
        # Whether a line is code is seen when its file is read; a few more than are wanted.
        found += own[: 4 * PER_COMMIT]
    random.Random(seed).shuffle(found)
    made: list[Task] = []
    taken: dict[str, int] = {}
    for commit, hunk, line, hunks in found:
        if len(made) >= count:
            break
        if taken.get(commit, 0) < PER_COMMIT:
            task = _task(repository, commit, hunk, line, hunks, seed)
            if task is not None:
                made.append(task)
                taken[commit] = taken.get(commit, 0) + 1
    if not made:
        raise InputError(
            f"{repository.name} has no commits that add code to two files; name another repository "
            "with --repository"
        )
    return made


def _commits(repository: Path) -> Iterator[str]:
    """Those that add lines to more than one source file, and not to very many."""
    listing = _git(repository, "log", f"-{COMMITS_MAX}", "--no-merges", "--no-renames",
                   "--numstat", "--format=commit %H")  # fmt: skip
    for block in listing.split("commit ")[1:]:
        commit, *rows = block.strip().split("\n")
        changed = [row.split("\t") for row in rows if row.count("\t") == 2]
        added = [path for plus, _, path in changed if language(path) and plus not in ("0", "-")]
        if len(added) > 1 and len(changed) <= FILES_MAX:
            yield commit


def _hunks(repository: Path, commit: str) -> list[Hunk]:
    hunks: list[Hunk] = []
    path = ""
    diff = _git(repository, "show", commit, "--unified=0", "--no-renames", "--format=")
    for row in diff.split("\n"):
        if row.startswith("+++ "):
            path = row[4:].removeprefix("b/")
        elif (head := _HUNK.match(row)) and language(path):
            lines = int(head[2] or 1)
            if lines:
                hunks.append(Hunk(path, int(head[1]) - 1, lines))
    return hunks


def _task(
    repository: Path, commit: str, hunk: Hunk, line: int, hunks: list[Hunk], seed: int
) -> Task | None:
    """The task of one added line; None where it is no code, or stands in the file twice."""
    text = _file(repository, commit, hunk.path)
    lines = split_lines(text)
    at = hunk.line + line
    if at >= len(lines) or len(text) > FILE_CHARS_MAX or "\r" in text:
        return None
    target = lines[at]
    code = target.strip()
    if len(code) < LINE_CHARS_MIN or _COMMENT.match(code) or lines.count(target) > 1:
        return None
    start = sum(len(each) + 1 for each in lines[:at])
    name = f"{commit[:12]} {hunk.path}:{at + 1}"
    problem = Problem(name, text[:start], target + "\n", text[start + len(target) + 1 :])
    begun, cursor = at_start(problem), at_column(problem, seed)
    if cursor is None:
        return None
    visits = [
        Visit(other.path, there, _end(there, other))
        for other in hunks
        if other.path != hunk.path and (there := _file(repository, commit, other.path))
    ]
    shift = len(begun.text) - len(text)
    for other in hunks:
        if other.path == hunk.path and other != hunk:
            end = _end(text, other)
            visits.append(Visit(hunk.path, begun.text, end + shift if end > start else end))
    random.Random(f"{seed} {name}").shuffle(visits)
    return Task(
        name, repository.resolve().name, hunk.path, begun, cursor, tuple(visits[-VISITS_MAX:])
    )


def _end(text: str, hunk: Hunk) -> int:
    """The end of a hunk's last line."""
    lines = split_lines(text)[: hunk.line + hunk.lines]
    return sum(len(line) + 1 for line in lines) - 1


def _file(repository: Path, commit: str, path: str) -> str:
    return _git(repository, "show", f"{commit}:{path}")


def _git(repository: Path, *arguments: str) -> str:
    """What git says.

    Raises:
        InputError: it is not there, or the folder is no repository.
    """
    command = ["git", "-c", "core.quotePath=false", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(
            f"git cannot read the history of {repository.name}; name a repository with --repository"
        ) from error
    return done.stdout.decode("utf-8", "replace")
