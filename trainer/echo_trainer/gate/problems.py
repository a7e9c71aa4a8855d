"""Infilling problems: a file of HumanEval-Infilling as cursors and targets.

Left out: who is asked (`judging`, and the benchmarks), where the file lies.

A problem is what stands before a gap, what stood in it, and what stands behind. Two cursors come of
each: at its start, where all of it is to be written, and at a random column of its first line,
where that much has been typed already.

Rules
 - The line that is being typed has its end: an editor does not glue the next line to the cursor.
 - What is asked for is compared without the white space at its end.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

from echo_core.errors import InputError
from echo_core.text.document import split_lines


@dataclass(frozen=True, slots=True)
class Problem:
    """Text with a gap, and what stood in the gap."""

    name: str
    before: str
    target: str
    after: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text, and what is to be written there."""

    text: str
    offset: int
    target: str


def read(path: Path) -> list[Problem]:
    """All problems of a file of HumanEval-Infilling (single line, multi-line, random span).

    Raises:
        InputError: it is no such file.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        rows = [json.loads(line) for line in data.split(b"\n") if line.strip()]
        return [
            Problem(row["task_id"], row["prompt"], row["canonical_solution"], row["suffix"])
            for row in rows
        ]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise InputError(f"{path} is no readable file of HumanEval-Infilling.") from error


def sample(problems: list[Problem], count: int, seed: int) -> list[Problem]:
    """`count` of them (0: all), the same for the same seed."""
    if not count or count >= len(problems):
        return problems
    return random.Random(seed).sample(problems, count)


def cursors_of(path: Path, count: int, seed: int) -> dict[str, list[tuple[str, Cursor]]]:
    """Both kinds of cursor of the chosen problems, with the problems' names."""
    chosen = sample(read(path), count, seed)
    columns = [(problem.name, at_column(problem, seed)) for problem in chosen]
    return {
        "line": [(problem.name, at_start(problem)) for problem in chosen],
        "mid_line": [(name, cursor) for name, cursor in columns if cursor is not None],
    }


def at_start(problem: Problem) -> Cursor:
    """Nothing of the target is typed yet."""
    return _cursor(problem, 0)


def at_column(problem: Problem, seed: int) -> Cursor | None:
    """Something of its first line is typed, and something is left; None where it is too short."""
    line = split_lines(problem.target)[0]
    code = line.rstrip()
    first = len(line) - len(line.lstrip()) + 1
    if first >= len(code):
        return None
    column = random.Random(f"{seed} {problem.name}").randrange(first, len(code))
    return _cursor(problem, column)


def _cursor(problem: Problem, typed: int) -> Cursor:
    before = problem.before + problem.target[:typed]
    end = "\n" if problem.target.endswith("\n") else ""
    target = problem.target[typed:].rstrip()
    return Cursor(before + end + problem.after, len(before), target)
