"""Finding a piece of code again by what stood around it."""

from __future__ import annotations

import pytest

from echo_core.experience.anchors import Anchors, find
from echo_daemon.mining.matching import RapidMatcher

BEFORE = "def total(prices):\n    amount = 0\n"
TARGET = "    for price in prices:\n        amount += price\n"
AFTER = "    return amount\n\n\ndef mean(prices):\n"
ANCHORS = Anchors(BEFORE, TARGET, AFTER)
FILLER = "".join(f"name_{number} = {number * number}\n" for number in range(50))


def place(anchors: Anchors, text: str) -> tuple[str, float] | None:
    """What is found, and how surely."""
    found = find(anchors, text, RapidMatcher())
    return None if found is None else (text[found.start : found.end], found.confidence)


def test_what_did_not_change_is_certain() -> None:
    assert place(ANCHORS, FILLER + BEFORE + TARGET + AFTER + FILLER) == (TARGET, 1.0)


def test_what_stands_there_twice_is_not() -> None:
    whole = BEFORE + TARGET + AFTER
    found = place(ANCHORS, whole + FILLER + whole)
    assert found is None or found[1] < 1.0


def test_the_piece_is_found_where_its_surroundings_changed() -> None:
    text = FILLER + BEFORE.replace("0", "start") + TARGET + AFTER.replace("mean", "average")
    found = place(ANCHORS, text)
    assert found is not None
    assert found[0] == TARGET
    assert 0.6 <= found[1] < 1.0


def test_the_place_is_found_where_the_piece_changed() -> None:
    other = "    amount = sum(prices)\n"
    text = FILLER + BEFORE.replace("total", "totals") + other + AFTER + FILLER
    assert place(ANCHORS, text) == (other, pytest.approx(0.95, abs=0.1))


def test_a_place_whose_seam_was_edited_is_found_about_there() -> None:
    before, after = BEFORE[:-9] + "n = 0.\n", "\n" + AFTER[3:]
    found = place(ANCHORS, FILLER + before + "    pass" + after + FILLER)
    assert found is not None
    assert found[0].strip() in "    pass"


def test_a_place_that_is_gone_is_lost() -> None:
    assert place(ANCHORS, FILLER) is None
    assert place(ANCHORS, "") is None


def test_the_edges_of_a_file_are_anchors_too() -> None:
    assert place(Anchors("", "x = 1", "\ny"), "x = 1\ny") == ("x = 1", 1.0)
    assert place(Anchors("a\n", "x = 1", ""), "a\nx = 1") == ("x = 1", 1.0)
    # The same words further down are another place; from the edge up to them is what stands there.
    assert place(Anchors("", "x", "\nyes = 1"), "z\nyes = 1") == ("z", 0.95)
    assert place(Anchors("no = 1\n", "x", ""), "no = 1\nz") == ("z", 0.95)


def test_a_short_piece_alone_says_nothing() -> None:
    assert find(Anchors("alpha ", "x", " beta"), "gamma x delta", None) is None


def test_a_long_piece_needs_no_surroundings() -> None:
    piece = FILLER[:200]
    found = find(Anchors("", piece, ""), f"# moved\n{piece}# end\n", None)
    assert found is not None
    assert found.confidence == 1.0


def test_one_anchor_alone_is_no_place() -> None:
    gone = AFTER.replace("return amount", "yield").replace("def mean(prices)", "class Mean")
    assert place(ANCHORS, FILLER + BEFORE + "    pass\n" + gone + FILLER) is None
    # What stands between two anchors that are the edges of the file may be too much.
    assert place(Anchors("", "x", ""), "y\n" * 10_000) is None
