"""What was accepted is followed through edits, and counted by place."""

from __future__ import annotations

import pytest

from echo_core.errors import EditError
from echo_core.gaps.accepted import Accepted
from echo_core.text.edits import Edit
from echo_core.text.mirror import Mirror


def test_what_was_accepted_is_followed_through_edits() -> None:
    accepted = Accepted(2)
    accepted.follow(Edit(1, 1, "accepted"), "p")
    accepted.follow(Edit(9, 9, "+typed"), None)
    assert accepted.count(1, 15) == accepted.count_of("p", 1, 15) == 8
    accepted.follow(Edit(3, 5, "XY"), None)  # ac├ce┤pted
    assert accepted.count(1, 15) == 6
    accepted.follow(Edit(1, 2, ""), None)
    accepted.follow(Edit(1, 1, "new"), None)
    assert accepted.count_of("p", 1, 17) == 5
    assert accepted.count_of("another", 1, 17) == 0
    assert accepted.count(5, 5) == accepted.count_of("p", 5, 5) == 0
    accepted.follow(Edit(1, 17, ""), None)
    assert accepted.count(0, 2) == 0


def test_what_no_gap_holds_is_forgotten() -> None:
    accepted = Accepted(0)
    for number in range(9):
        accepted.follow(Edit(0, 0, f"{number}"), f"p{number}")
        accepted.follow(Edit(0, 0, " "), None)
    accepted.forget(4, 10)
    assert [accepted.count_of(f"p{number}", 0, 18) for number in range(9)] == [
        *(0, 0, 0, 0, 1, 1, 1, 0, 0)
    ]
    assert accepted.count(4, 10) == 3


def test_an_edit_beyond_the_text_changes_nothing() -> None:
    mirror = Mirror("abc")
    with pytest.raises(EditError, match="ends at 4 in a text of 3"):
        mirror.edit(Edit(2, 4, "x"))
    assert mirror.text == "abc"
    assert mirror.line(99) == (0, 3)
