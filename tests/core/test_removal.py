"""Deletions that belong together, and what ends them."""

from __future__ import annotations

from echo_core.completion.removal import NOTHING_REMOVED, REMOVED_CHARS_MAX, Removed, removed_after
from echo_core.text.edits import Edit

TEXT = "total = sum(xs)"


def test_backspaces_are_one_deletion() -> None:
    once = removed_after(NOTHING_REMOVED, [Edit(14, 15, "")], TEXT)
    assert once == Removed(14, ")")
    twice = removed_after(once, [Edit(11, 14, "")], TEXT[:14])
    assert twice == Removed(11, "(xs)")
    assert (twice.at(11), twice.at(10)) == ("(xs)", "")


def test_forward_deletes_are_one_deletion() -> None:
    once = removed_after(NOTHING_REMOVED, [Edit(8, 9, "")], TEXT)
    assert removed_after(once, [Edit(8, 10, "")], "total = um(xs)") == Removed(8, "sum")


def test_a_deletion_elsewhere_is_another() -> None:
    once = removed_after(NOTHING_REMOVED, [Edit(14, 15, "")], TEXT)
    assert removed_after(once, [Edit(0, 5, "")], TEXT[:14]) == Removed(0, "total")


def test_typing_ends_it() -> None:
    once = removed_after(NOTHING_REMOVED, [Edit(14, 15, "")], TEXT)
    assert removed_after(once, [Edit(14, 14, "x")], TEXT[:14]) == NOTHING_REMOVED
    assert removed_after(once, [Edit(14, 14, "")], TEXT[:14]) == NOTHING_REMOVED
    assert removed_after(NOTHING_REMOVED, [Edit(0, 5, "n")], TEXT) == NOTHING_REMOVED


def test_deletions_in_one_change_see_each_others_text() -> None:
    both = removed_after(NOTHING_REMOVED, [Edit(14, 15, ""), Edit(11, 14, "")], TEXT)
    assert both == Removed(11, "(xs)")


def test_it_is_bounded() -> None:
    long = "x" * (2 * REMOVED_CHARS_MAX)
    assert len(removed_after(NOTHING_REMOVED, [Edit(0, len(long), "")], long).text) == 400
