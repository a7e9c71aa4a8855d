"""Places move with a stretch of text as they would move one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.experience import followed
from echo_core.experience.followed import Followed, Following
from echo_core.text.edits import Edit
from echo_testing.records import a_sample

EDITS = st.lists(
    st.tuples(
        st.integers(0, 2_000),
        st.integers(0, 3) | st.integers(0, 900),
        st.text("x", max_size=4),
        st.booleans(),
        st.sampled_from("aaab"),
        st.sampled_from(("edit",) * 6 + ("add", "look", "rename")),
    ),
    max_size=60,
)


def one_by_one(places: list[Followed], session: str, edit: Edit, *, external: bool) -> None:
    for one in places:
        if one.owner != session or one.end < edit.start:
            continue
        if edit.end < one.start:
            one.start += edit.growth
            one.end += edit.growth
        else:
            one.take(edit, external)


@given(EDITS, st.integers(0, 600))
def test_places_move_as_they_would_one_by_one(
    steps: list[tuple[int, int, str, bool, str, str]], near: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(followed, "NEAR_CHARS", near)
        move(steps)


def move(steps: list[tuple[int, int, str, bool, str, str]]) -> None:
    """Both ways, compared at every step."""
    following, single = Following(), list[Followed]()
    doc = "d"
    for number, (start, length, text, external, session, what) in enumerate(steps):
        if what == "add" or number < 5:
            sample = replace(a_sample(), request=f"r{number}", doc=doc, target="kept")
            one = following.add(sample)
            assert one is not None
            for place in (one, replace(one)):
                place.owner, place.start, place.end = session, start, start + length
                if place is not one:
                    single.append(place)
        elif what == "rename":
            doc, before = f"{doc}'", doc
            following.rename(before, doc)
        elif what == "look":
            assert [place.span for place in following.of(doc)] == [
                (place.start, place.end) for place in single
            ]
        else:
            edit = Edit(start, start + length, text)
            following.edited(session, doc, edit, external=external)
            one_by_one(single, session, edit, external=external)
        spans = {place.sample.request: place.span for place in following}
        assert spans == {one.sample.request: one.span for one in single}
    following.settle(doc)
    assert [one.torn for one in following.of(doc)] == [one.torn for one in single]
    following.edited("a", "another", Edit(0, 0, "x"), external=False)
    following.clear()
    assert not following.docs()
