"""Laws of `echo_core.text.edits`: single edits, changes, and where offsets go."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from echo_core.errors import EditError
from echo_core.text.edits import (
    Change,
    Edit,
    Side,
    apply,
    apply_all,
    diff_edit,
    invert,
    map_offset,
)

texts = st.text(alphabet="ab\r\n😀", max_size=12)
sides = st.sampled_from(Side)


@st.composite
def edits_in(draw: st.DrawFn, length: int) -> Edit:
    start = draw(st.integers(0, length))
    end = draw(st.integers(start, min(length, start + 4)))
    return Edit(start, end, draw(st.text(alphabet="xyz", max_size=3)))


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text and edits that apply to it one after the other."""
    text = draw(texts)
    length, edits = len(text), []
    for _ in range(draw(st.integers(0, 6))):
        edits.append(draw(edits_in(length)))
        length += edits[-1].growth
    return text, edits


@st.composite
def changes_of(draw: st.DrawFn, length: int) -> Change:
    edits = []
    after = length
    for _ in range(draw(st.integers(0, 3))):
        edits.append(draw(edits_in(after)))
        after += edits[-1].growth
    return Change.of(length, edits)


@given(texts, st.data())
def test_invert_undoes_an_edit(text: str, data: st.DataObject) -> None:
    edit = data.draw(edits_in(len(text)))
    new = apply(text, edit)
    assert apply(new, invert(text, edit)) == text
    assert len(new) == len(text) + edit.growth
    assert new[edit.start : edit.end_after] == edit.inserted


@given(histories())
def test_a_change_does_what_its_edits_do(history: tuple[str, list[Edit]]) -> None:
    text, edits = history
    change = Change.of(len(text), edits)
    new = apply_all(text, edits)
    assert change.apply(text) == new
    assert change.length_after == len(new)
    assert change.invert(text).apply(new) == text
    assert change.invert(text).invert(new) == change
    assert eval(repr(change), {"Change": Change, "Edit": Edit}) == change


@given(texts, st.data())
def test_compose_is_one_after_the_other_and_associative(text: str, data: st.DataObject) -> None:
    one = data.draw(changes_of(len(text)))
    two = data.draw(changes_of(one.length_after))
    three = data.draw(changes_of(two.length_after))
    assert one.compose(two).apply(text) == two.apply(one.apply(text))
    assert one.compose(two).compose(three) == one.compose(two.compose(three))
    nothing = Change(len(text))
    assert nothing.compose(one) == one == one.compose(Change(one.length_after))


@given(histories(), sides)
def test_mapping_is_monotone_and_before_is_not_after(
    history: tuple[str, list[Edit]], side: Side
) -> None:
    text, edits = history
    change = Change.of(len(text), edits)
    images = [change.map(offset, side) for offset in range(len(text) + 1)]
    assert images == sorted(images)
    assert all(0 <= image <= change.length_after for image in images)
    for offset in range(len(text) + 1):
        assert change.map(offset, Side.BEFORE) <= change.map(offset, Side.AFTER)


@given(histories())
def test_text_outside_keeps_its_neighbours(history: tuple[str, list[Edit]]) -> None:
    text, edits = history
    change = Change.of(len(text), edits)
    new = change.apply(text)
    for offset in range(len(text)):  # every character that no edit replaced
        if not any(edit.start <= offset < edit.end for edit in change.edits):
            after = change.map(offset, Side.AFTER)
            assert new[after] == text[offset]
            assert change.map(offset + 1, Side.BEFORE) == after + 1


def one_by_one(offset: int, edits: list[Edit], side: Side) -> int:
    for edit in edits:
        offset = map_offset(offset, edit, side)
    return offset


def may_differ(change: Change, offset: int, side: Side) -> bool:
    """The exception that `Change.map` states."""
    return any(
        edit.start < offset <= edit.end if side is Side.BEFORE else edit.start <= offset < edit.end
        for edit in change.edits
    )


@given(histories(), sides)
@example(("ab", [Edit(0, 0, "x"), Edit(1, 3, "")]), Side.BEFORE)
def test_mapping_a_change_is_mapping_its_edits(history: tuple[str, list[Edit]], side: Side) -> None:
    text, edits = history
    change = Change.of(len(text), edits)
    for offset in range(len(text) + 1):
        image = one_by_one(offset, edits, side)
        assert change.map(offset, Side.BEFORE) <= image <= change.map(offset, Side.AFTER)
        if not may_differ(change, offset, side):
            assert image == change.map(offset, side)


@given(st.integers(0, 9), sides, st.data())
def test_a_change_of_one_edit_maps_as_the_edit(
    offset: int, side: Side, data: st.DataObject
) -> None:
    edit = data.draw(edits_in(9))
    assert Change.of(9, [edit]).map(offset, side) == map_offset(offset, edit, side)


@pytest.mark.parametrize("side", Side)
def test_the_exception_is_needed(side: Side) -> None:
    """Of all short histories: none of a single edit is one, and some of two edits are."""

    def differs(length: int, edits: list[Edit]) -> bool:
        change = Change.of(length, edits)
        return any(
            one_by_one(offset, edits, side) != change.map(offset, side)
            for offset in range(length + 1)
        )

    lengths = range(4)
    assert not any(differs(length, [one]) for length in lengths for one in short_edits(length))
    assert any(
        differs(length, [one, two])
        for length in lengths
        for one in short_edits(length)
        for two in short_edits(length + one.growth)
    )


def short_edits(length: int) -> list[Edit]:
    """All edits of a text so long that insert nothing or one character."""
    return [
        Edit(start, end, inserted)
        for start in range(length + 1)
        for end in range(start, length + 1)
        for inserted in ("", "x")
    ]


@given(texts, texts)
@example("aa", "aaa")
@example("a\r\nb", "a\nb")
def test_the_difference_makes_the_new_text_and_is_smallest(old: str, new: str) -> None:
    edit = diff_edit(old, new)
    if edit is None:
        assert old == new
        return
    assert apply(old, edit) == new
    smallest = min(
        len(old) - before - after
        for before in range(len(old) + 1)
        for after in range(len(old) - before + 1)
        if before + after <= len(new)
        and old[:before] == new[:before]
        and old[len(old) - after :] == new[len(new) - after :]
    )
    assert edit.end - edit.start == smallest


def test_what_is_no_change_is_refused() -> None:
    with pytest.raises(EditError, match="not a range"):
        Edit(2, 1, "")
    with pytest.raises(EditError, match="ends at 3"):
        apply("ab", Edit(1, 3, ""))
    with pytest.raises(EditError, match="does nothing"):
        Change(3, (Edit(1, 1, ""),))
    with pytest.raises(EditError, match="touch"):
        Change(3, (Edit(1, 2, ""), Edit(2, 3, "x")))
    with pytest.raises(EditError, match="beyond"):
        Change(3, (Edit(1, 4, ""),))
    with pytest.raises(EditError, match="beyond"):
        Change.of(3, [Edit(1, 4, "")])
    with pytest.raises(EditError, match="beyond"):
        Change.of(3, [Edit(4, 4, "")])
    with pytest.raises(EditError, match="meets a text of 2"):
        Change(3).apply("ab")
    with pytest.raises(EditError, match="meets a text of 2"):
        Change(3).invert("ab")
    with pytest.raises(EditError, match="meets one of 2"):
        Change(3).compose(Change(2))
