"""No filter may damage what is right: the true answers of a benchmark pass through all of them.

The benchmark is HumanEval-Infilling, single line: 1,033 problems of a prompt, the line that was
there, and what follows. The figures in docs/polish.md are printed by

    ECHO_DATA=FOLDER python -m pytest -s tests/core/test_polish_whole.py
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from echo_core.completion.polish.context import PolishContext
from echo_core.completion.polish.lines import white
from echo_core.completion.polish.pipeline import ORDER
from echo_core.limits import COMPLETION_LINES_MAX

FILE = Path(os.environ.get("ECHO_DATA", "")) / "human-eval-infilling-single-line.jsonl.gz"
Case = tuple[str, str, str]  # before, the true answer, after


@pytest.fixture(scope="module")
def problems() -> list[Case]:
    if "ECHO_DATA" not in os.environ:
        pytest.skip("ECHO_DATA names no folder of data")
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return [(one["prompt"], one["canonical_solution"], one["suffix"]) for one in read]


def touched(cases: Iterator[Case]) -> tuple[int, Counter[str]]:
    """How many cases there are, and by which filter how many were refused or changed first."""
    counts: Counter[str] = Counter()
    total = 0
    for before, answer, after in cases:
        total += 1
        context = PolishContext.at(before + after, len(before))
        for step in ORDER:
            kept = step(answer, context)
            if kept is None or kept.rstrip() != answer.rstrip():
                counts[step.__name__] += 1
                break
    return total, counts


def at_line_start(problems: list[Case]) -> Iterator[Case]:
    for before, answer, after in problems:
        yield before, answer.rstrip("\n"), "\n" + after


def behind_indentation(problems: list[Case]) -> Iterator[Case]:
    for before, answer, after in at_line_start(problems):
        yield before + white(answer), answer.lstrip(), after


def at_random_column(problems: list[Case]) -> Iterator[Case]:
    columns = random.Random(1)
    for before, answer, after in behind_indentation(problems):
        at = columns.randrange(len(answer))
        yield before + answer[:at], answer[at:], after


def whole_block(problems: list[Case]) -> Iterator[Case]:
    """The line and those after it, until one is blank or indented less."""
    for before, answer, after in problems:
        lines = (answer + after).split("\n")
        size = 1
        while lines[size].strip() and len(white(lines[size])) >= len(white(answer)):
            size += 1
        size = min(size, COMPLETION_LINES_MAX)
        if size > 1:
            yield before, "\n".join(lines[:size]), "\n" + "\n".join(lines[size:])


# What is touched, and why that is right, stands in docs/polish.md.
@pytest.mark.parametrize(
    ("cases", "total", "expected"),
    [
        (at_line_start, 1033, {"too_short": 2}),
        (behind_indentation, 1033, {"too_short": 2}),
        (at_random_column, 1033, {"too_short": 124, "blank": 2}),
        (whole_block, 602, {"indentation": 7}),
    ],
)
def test_true_answers_stay_whole(
    problems: list[Case],
    cases: Callable[[list[Case]], Iterator[Case]],
    total: int,
    expected: dict[str, int],
) -> None:
    seen, counts = touched(cases(problems))
    print(f"{cases.__name__}: {seen - counts.total()} of {seen} whole; {dict(counts)}")
    assert (seen, dict(counts)) == (total, expected)
