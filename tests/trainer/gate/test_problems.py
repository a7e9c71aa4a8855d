"""Infilling problems as cursors and targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.problems import OWN
from echo_core.errors import InputError
from echo_trainer.gate.problems import (
    Problem,
    at_column,
    at_start,
    cursors_of,
    read,
    sample,
)

LINE = Problem("one", "def f(a):\n", "    return a + 1\n", "\nprint(f(2))\n")
SPAN = Problem("span", "def f(a):\n    return (a", " + 1) * ", "2\n")


def test_at_the_start_the_line_is_empty_and_keeps_its_end() -> None:
    cursor = at_start(LINE)
    assert cursor.text == "def f(a):\n\n\nprint(f(2))\n"
    assert cursor.text[: cursor.offset] == "def f(a):\n"
    assert cursor.target == "    return a + 1"


@pytest.mark.parametrize("seed", range(20))
def test_at_a_column_what_is_typed_and_what_is_left_are_the_line(seed: int) -> None:
    cursor = at_column(LINE, seed)
    assert cursor is not None
    typed = cursor.text[len(LINE.before) : cursor.offset]
    assert typed + cursor.target + "\n" == LINE.target
    assert typed.strip()
    assert cursor.target
    assert cursor.text[cursor.offset :] == "\n" + LINE.after


def test_a_span_within_a_line_gets_no_line_end() -> None:
    cursor = at_start(SPAN)
    assert cursor.text == SPAN.before + SPAN.after
    assert cursor.target == " + 1) *"


def test_a_line_of_one_character_has_no_column() -> None:
    assert at_column(Problem("brace", "{\n", "  }\n", ""), 1) is None


def test_columns_and_samples_are_the_same_for_the_same_seed() -> None:
    found = read(OWN)
    assert sample(found, 3, 7) == sample(found, 3, 7)
    assert sample(found, 0, 7) == found
    assert at_column(LINE, 7) == at_column(LINE, 7)


def test_both_kinds_of_cursor_come_of_the_same_problems() -> None:
    found = cursors_of(OWN, 4, 7)
    assert [name for name, _ in found["line"]] == [one.name for one in sample(read(OWN), 4, 7)]
    assert {name for name, _ in found["mid_line"]} <= {name for name, _ in found["line"]}


@pytest.mark.parametrize("content", [b"no json", b'{"task_id": 1}', b"[1]"])
def test_what_is_no_file_of_problems_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "problems.jsonl"
    with pytest.raises(InputError, match="no readable file"):
        read(path)
    path.write_bytes(content)
    with pytest.raises(InputError, match="no readable file"):
        read(path)
