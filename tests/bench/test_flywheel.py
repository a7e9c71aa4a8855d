"""The flywheel's own decisions: what is typed by whom, and how sure a difference is."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from bench.flywheel import drawing
from bench.flywheel.projects import LICENCE, TEAMS, Amount, projects
from bench.flywheel.tally import UNITS_MIN, change, difference
from echo_core.errors import InputError
from echo_core.records import trace, wire
from echo_core.showing.figures import Figures

AMOUNT = Amount(practice=2, held_out=1, places=3)


def files(*counts: tuple[int, int]) -> list[Figures]:
    """Of each file: taken and shown."""
    return [Figures(accepted=taken, shown=shown) for taken, shown in counts]


def test_every_developer_has_files_of_their_own_and_none_twice(tmp_path: Path) -> None:
    made = projects(tmp_path, len(TEAMS), AMOUNT, seed=1)
    assert [project.name for project in made] == [name for name, _ in TEAMS]
    for project in made:
        assert (project.folder / LICENCE).is_file()
        works = [*project.practice, *project.held_out]
        assert len({work.path for work in works}) == 3
        assert all(work.path.is_relative_to(project.folder) for work in works)
        for work in works:
            closed = work.lines[-1]
            assert isinstance(closed, trace.TraceClose)
            assert closed.text == work.path.read_text(encoding="utf-8")
            turns = [line for line in work.lines if isinstance(line, trace.TraceCursor)]
            assert len(turns) == 3


def test_more_practice_leaves_what_is_held_out_as_it_is(tmp_path: Path) -> None:
    (few,) = projects(tmp_path / "few", 1, AMOUNT, seed=1)
    (more,) = projects(tmp_path / "more", 1, Amount(practice=4, held_out=1, places=3), seed=1)
    names = [[work.path.name for work in each.held_out] for each in (few, more)]
    assert names[0] == names[1]
    with pytest.raises(InputError, match="ask for fewer"):
        projects(tmp_path / "all", 1, Amount(practice=10_000, held_out=1, places=3), seed=1)
    with pytest.raises(InputError, match="1 to 3 developers"):
        projects(tmp_path / "none", 0, AMOUNT, seed=1)


def test_what_was_counted_between_two_looks() -> None:
    one = wire.Metrics(9, 4, 2, 20, 10, 100, 0.0, 0.0, 0.0, reasons={"proposed": 4, "unsure": 2})
    two = wire.Metrics(19, 7, 3, 50, 30, 190, 0.0, 0.0, 0.0, reasons={"proposed": 7, "unsure": 2})
    found = difference(one, two)
    assert (found.shown, found.accepted, found.typed_chars) == (3, 1, 90)
    assert (found.accepted_chars, found.kept_chars) == (30, 20)
    assert found.reasons == {"proposed": 3}
    assert found.generation.value == 20 / 120


def test_a_difference_says_how_sure_it_is_only_of_enough_files() -> None:
    few = change(files((1, 4)), files((2, 4)), lambda one: one.acceptance)
    assert (few.before, few.after, few.difference, few.interval) == (0.25, 0.5, 0.25, None)
    none = change(files((0, 0)), files((1, 2)), lambda one: one.acceptance)
    assert (none.before, none.difference) == (None, None)
    same = files(*((taken, 9) for taken in range(UNITS_MIN)))
    unchanged = change(same, same, lambda one: one.acceptance)
    assert unchanged.interval == (0.0, 0.0)


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    """Files that differ far more than proposals would; each is written twice with one truth."""
    drawn = random.Random(5)
    held, turns = 0, 400
    for _ in range(turns):
        before, after = [], []
        for _ in range(9):
            ease, shown = drawn.betavariate(1, 3), drawn.randint(5, 25)
            for side in (before, after):
                taken = sum(drawn.random() < ease for _ in range(shown))
                side.append((taken, shown))
        found = change(files(*before), files(*after), lambda one: one.acceptance)
        assert found.interval is not None
        held += found.interval[0] <= 0 <= found.interval[1]
    wobble = 3 * math.sqrt(0.95 * 0.05 / turns)
    assert 0.95 - wobble - 0.03 < held / turns < 0.95 + wobble  # nine files are few


def test_what_is_shown_of_a_turn() -> None:
    before = [Figures(accepted=1, shown=4, accepted_chars=10, kept_chars=10, typed_chars=90)]
    after = [Figures(accepted=2, shown=4, accepted_chars=30, kept_chars=20, typed_chars=70)]
    table = "\n".join(drawing.table(before, after))
    assert "25.0%" in table
    assert "+25.0 points; too few files" in table
    assert "GR" in table
    said = drawing.as_json(drawing.changes(before, after))
    assert said["AR"] == {
        "before": 0.25, "after": 0.5, "difference": 0.25, "interval_95": None
    }  # fmt: skip
    assert drawing.by_file(["a.py"], before, [])[0].keys() == {"file", "before"}
    assert "none" in drawing.in_words([Figures()])
