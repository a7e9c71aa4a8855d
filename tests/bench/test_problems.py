"""`bench.problems`, and how `bench.infill` adds answers up."""

from __future__ import annotations

import gzip
from pathlib import Path

from bench import problems
from bench.infill import Answer, Score, gain, outcomes
from echo_trainer.gate.problems import read


def test_our_own_problems_can_be_read() -> None:
    found = read(problems.OWN)
    assert len(found) >= 8
    assert all(problem.target.strip() for problem in found)


def test_the_benchmark_is_taken_from_the_data_folder_where_it_is(tmp_path: Path) -> None:
    environ = {problems.DATA_VARIABLE: str(tmp_path)}
    assert problems.default_path({}) == problems.OWN
    assert problems.default_path(environ) == problems.OWN
    (tmp_path / problems.BENCHMARK).write_bytes(gzip.compress(problems.OWN.read_bytes()))
    path = problems.default_path(environ)
    assert path.name == problems.BENCHMARK
    assert read(path) == read(problems.OWN)


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
