"""Infilling problems: a file of HumanEval-Infilling, or a few of our own, as cursors and targets.

Left out: who is asked (`bench.infill`).

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
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.texts import DATA
from echo_core.text.document import split_lines

DATA_VARIABLE: Final = "ECHO_DATA"
BENCHMARK: Final = "human-eval-infilling-single-line.jsonl.gz"
OWN: Final = DATA / "infill.jsonl"


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


def default_path(environ: Mapping[str, str]) -> Path:
    """The benchmark where it lies at hand, else our own few problems."""
    folder = environ.get(DATA_VARIABLE, "")
    path = Path(folder) / BENCHMARK
    return path if folder and path.is_file() else OWN


def read(path: Path) -> list[Problem]:
    """All problems of a file of HumanEval-Infilling (single line, multi-line, random span)."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    rows = [json.loads(line) for line in data.split(b"\n") if line.strip()]
    return [
        Problem(row["task_id"], row["prompt"], row["canonical_solution"], row["suffix"])
        for row in rows
    ]


def sample(problems: list[Problem], count: int, seed: int) -> list[Problem]:
    """`count` of them (0: all), the same for the same seed."""
    if not count or count >= len(problems):
        return problems
    return random.Random(seed).sample(problems, count)


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


def as_long_as(written: str, target: str) -> str:
    """`written` cut to as many lines as `target` has; blank lines in front do not count."""
    lines = split_lines(written)
    while lines and not lines[0].strip():
        lines.pop(0)
    wanted = len(split_lines(target))
    return "\n".join(lines[:wanted]).rstrip()


def same(written: str, target: str) -> bool:
    """Exact match; line ends count alike."""
    return split_lines(written) == split_lines(target)


def similarity(written: str, target: str) -> float:
    """1 - edit distance / the longer length; 1 where both are empty."""
    longer = max(len(written), len(target))
    return 1.0 - distance(written, target) / longer if longer else 1.0


def distance(one: str, other: str) -> int:
    """How many characters must be inserted, deleted or replaced (Levenshtein)."""
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, start=1):
        corner, row[0] = row[0], at
        for column, against in enumerate(other, start=1):
            cost = min(row[column] + 1, row[column - 1] + 1, corner + (char != against))
            corner, row[column] = row[column], cost
    return row[len(other)]


def environment_path() -> Path:
    """`default_path` of this process."""
    return default_path(os.environ)
