"""`bench.problems`: cursors of infilling problems, and how answers are judged."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bench import problems
from bench.infill import Answer, Score, gain, outcomes
from bench.problems import Problem, as_long_as, at_column, at_start, distance, same, similarity

LINE = Problem("one", "def f(a):\n", "    return a + 1\n", "\nprint(f(2))\n")
SPAN = Problem("span", "def f(a):\n    return (a", " + 1) * ", "2\n")


def test_our_own_problems_can_be_read() -> None:
    found = problems.read(problems.OWN)
    assert len(found) >= 8
    assert all(problem.target.strip() for problem in found)


def test_the_benchmark_is_taken_from_the_data_folder_where_it_is(tmp_path: Path) -> None:
    environ = {problems.DATA_VARIABLE: str(tmp_path)}
    assert problems.default_path({}) == problems.OWN
    assert problems.default_path(environ) == problems.OWN
    (tmp_path / problems.BENCHMARK).write_bytes(gzip.compress(problems.OWN.read_bytes()))
    path = problems.default_path(environ)
    assert path.name == problems.BENCHMARK
    assert problems.read(path) == problems.read(problems.OWN)


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
    found = problems.read(problems.OWN)
    assert problems.sample(found, 3, 7) == problems.sample(found, 3, 7)
    assert problems.sample(found, 0, 7) == found
    assert at_column(LINE, 7) == at_column(LINE, 7)


def test_an_answer_is_judged_on_as_many_lines_as_the_target() -> None:
    assert as_long_as("\n  a = 1  \nb = 2\n", "  a = 1") == "  a = 1"
    assert as_long_as("a\nb\nc", "x\ny") == "a\nb"
    assert same("a\nb", "a\r\nb")
    assert not same("a ", "a")


def test_edit_distance() -> None:
    assert distance("kitten", "sitting") == 3
    assert distance("", "abc") == 3
    assert distance("abc", "abc") == 0
    assert similarity("", "") == 1.0
    assert similarity("ab", "") == 0.0
    assert similarity("kitten", "sitting") == pytest.approx(4 / 7)


def test_a_gain_is_the_difference_of_exact_matches() -> None:
    ours, theirs = Score(), Score()
    assert gain(ours, theirs) is None
    for written, peer in (("a", "a"), ("b", "x"), ("", "c"), ("x", "")):
        target = "a" if written == "a" else "b" if written == "b" else "c"
        ours.note(Answer(written, ""), target)
        theirs.note(Answer(peer, peer), target)
    assert ours.exact == 0.5
    assert gain(ours, theirs) == 0.0
    assert outcomes(ours, theirs) == {"both": 1, "echo_only": 1, "peer_only": 1, "neither": 1}
    assert ours.silent == 1
    assert (ours.matches_unasked, theirs.matches_unasked) == (0, 2)
    assert ours.detail["exact_match_unasked"] == 0.0
