"""A redacted text and its marks say what was replaced, and putting it back gives the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.judging.judgement import Redaction
from echo_core.judging.redactions import Mark, applied, in_original, placed, placeholder

PIECES = st.lists(st.tuples(st.text("ab<", max_size=4), st.text("ab", min_size=1, max_size=3)))
KINDS = ("name", "email")


@given(PIECES, st.text("ab<", max_size=4))
def test_what_was_replaced_is_found(pieces: list[tuple[str, str]], rest: str) -> None:
    original, redacted = "", ""
    marks: list[Mark] = []
    places: list[tuple[int, int]] = []
    for number, (kept, hidden) in enumerate(pieces):
        kind = KINDS[number % 2]
        places.append((len(redacted), len(original)))
        original += kept + hidden
        marks.append(
            Mark(len(redacted) + len(kept), len(redacted + kept + placeholder(kind)), kind)
        )
        redacted += kept + placeholder(kind)
    places.append((len(redacted), len(original)))
    original += rest
    redacted += rest
    found = placed(original, redacted, marks)
    assert applied(original, found) == redacted
    assert [one.kind for one in found] == [one.kind for one in marks]
    assert all(0 <= one.start < one.end <= len(original) for one in found)
    for mark, one in zip(marks, found, strict=True):
        assert in_original(mark.start, marks, found) == one.start
        assert in_original(mark.end - 1, marks, found) == one.start
    if not marks:
        assert in_original(1, marks, found) == 1
    assert in_original(places[-1][0], marks, found) == places[-1][1]


@pytest.mark.parametrize(
    ("original", "redacted", "marks"),
    [
        ("a", "b", []),
        ("xa", "y<NAME>", [Mark(1, 7, "name")]),
        ("ab", "<NAME>c", [Mark(0, 6, "name")]),
        ("b", "<NAME>b", [Mark(0, 6, "name")]),
        ("ab", "<NAME>c<NAME>", [Mark(0, 6, "name"), Mark(7, 13, "name")]),
    ],
)
def test_another_text_is_refused(original: str, redacted: str, marks: list[Mark]) -> None:
    with pytest.raises(ValueError, match="not the same text"):
        placed(original, redacted, marks)


def test_a_place_behind_a_mark_is_moved() -> None:
    marks, found = [Mark(2, 8, "name")], [Redaction(2, 14, "name")]
    assert [in_original(at, marks, found) for at in (0, 1, 2, 7, 8, 9)] == [0, 1, 2, 2, 14, 15]
