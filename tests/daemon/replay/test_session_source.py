"""The made-up session of the demonstration: it ends in the file's own text, whatever the seed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.errors import InputError
from echo_core.records import trace
from echo_daemon.replay import session_source
from echo_daemon.replay.plan import PAUSE_MS, Ask, Plan, Send

ODD = '''"""Ünïcode \U0001f600 above."""


def one():
    """Text."""
    first = [1, 2, 3]
    return first


class A:
    async def two(self):

        x = await thing(
            "\U0001f600",
        )
        return x  # after

    def three(self): return "on one line, which is left alone"

    def inner(self):
        def nested():
            return "goes with the outer one"
        return nested()
'''


def played(lines: list[trace.TraceLine]) -> dict[str, str]:
    player = trace.Player()
    for line in lines:
        player.play(line)
    assert not player.texts
    return dict(player.closed)


def test_the_installed_file_comes_back_as_it_was() -> None:
    source = session_source.installed_source()
    assert played(session_source.session(source)) == {session_source.DOC: source}


@given(st.integers())
def test_any_seed_ends_in_the_source(seed: int) -> None:
    assert played(session_source.session(ODD, doc="odd.py", seed=seed)) == {"odd.py": ODD}


def test_the_same_seed_gives_the_same_trace_and_it_can_be_written_and_read() -> None:
    lines = session_source.session(ODD, seed=3)
    assert session_source.session(ODD, seed=3) == lines
    assert session_source.session(ODD, seed=4) != lines
    assert list(trace.parse(trace.format(line) for line in lines)) == lines


def test_short_bodies_and_whole_statements_are_removed_and_docstrings_stay() -> None:
    removed = [ODD[place.start : place.end] for place in session_source.places(ODD)]
    nested = '\n        def nested():\n            return "goes with the outer one"'
    assert removed == [
        "\n    first = [1, 2, 3]\n    return first",
        '\n        x = await thing(\n            "\U0001f600",\n        )',
        "\n        return x  # after",
        nested + "\n        return nested()",
    ]


def test_the_demonstration_is_short_and_asks_often_enough() -> None:
    lines = session_source.session(session_source.installed_source())
    starts = session_source.place_starts(lines)
    plan = Plan(lines, every_key_from_ms=starts[-2])
    steps = list(iter(plan.next, None))
    asks = sum(isinstance(step, Ask) for step in steps)
    edits = sum(isinstance(step, Send) for step in steps)
    assert 5 <= len(starts) <= 7
    assert 40 <= asks <= 150  # at half a second to two seconds each on two slow cores
    assert edits <= 1500


def test_keys_have_a_human_rhythm_and_typing_errors_are_taken_back() -> None:
    lines = session_source.session(session_source.installed_source())
    edits = [line for line in lines if isinstance(line, trace.TraceEdit)]
    steps = [after.t_ms - before.t_ms for before, after in itertools.pairwise(edits)]
    thoughts = [step for step in steps if step >= PAUSE_MS]
    assert all(step > 0 for step in steps)
    assert len(set(steps)) > 30
    assert 0.01 < len(thoughts) / len(steps) < 0.2
    backspaces = [
        line for line in edits
        if not line.edits[0].inserted and line.edits[0].end - line.edits[0].start == 1
    ]  # fmt: skip
    assert backspaces


@pytest.mark.parametrize("source", ["def f(:\n", "x = 1\n", "\0"])
def test_a_source_without_a_session_is_refused(source: str) -> None:
    with pytest.raises(InputError):
        session_source.session(source)
