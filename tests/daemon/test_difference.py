"""The edits between two texts: they lead there, and leave alone what is the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from echo_core.text.edits import Edit, apply_all
from echo_daemon.mining.difference import CELLS_MAX, LINES_MAX, difference

TEXTS = st.text("ab \r\n\U0001f600\ud800", max_size=60)


@given(TEXTS, TEXTS)
def test_the_difference_leads_there(old: str, new: str) -> None:
    edits = difference(old, new)
    assert apply_all(old, edits) == new
    starts = [edit.start for edit in edits]
    assert starts == sorted(starts, reverse=True)


def test_equal_texts_differ_in_nothing() -> None:
    assert difference("a\n", "a\n") == ()


def test_two_places_are_two_edits() -> None:
    assert difference("ab = 1\ncd = 2\n", "ab = 10\nc = 2\n") == (
        Edit(8, 9, ""),
        Edit(6, 6, "0"),
    )


def test_large_texts_are_told_line_by_line() -> None:
    lines = [f"line {number} of the text\r\n" for number in range(1_000)]
    assert len("".join(lines)) ** 2 > CELLS_MAX
    changed = [*lines[:1], "new\r\n", *lines[1:500], "other\r\n", *lines[501:-1]]
    edits = difference("".join(lines), "".join(changed))
    assert apply_all("".join(lines), edits) == "".join(changed)
    assert sum(edit.end - edit.start for edit in edits) < 60


def test_huge_texts_are_one_edit() -> None:
    old = "".join(f"{number}\n" for number in range(LINES_MAX + 1))
    (edit,) = difference(f"a{old}b", f"b{old}c")
    assert (edit.start, edit.end) == (0, len(old) + 2)
