"""Looks at what was kept, after its gap broke."""

from __future__ import annotations

import pytest

from echo_core.experience import heads as heads_module
from echo_core.experience import kept as kept_module
from echo_core.experience.looks import TIMED, Moment, Place
from echo_core.records.events import (
    Closed,
    Committed,
    Edited,
    Focused,
    HeadMove,
    HeadMoved,
    Origin,
    Requested,
    Saved,
    Trigger,
)
from echo_core.text.edits import Edit
from echo_testing.story import DOC, HEAD, KEPT, REPO, TAIL, Story


def test_looks_come_when_they_are_due_with_the_text_of_then() -> None:
    story = Story()
    story.keep()
    at = story.text.index(KEPT)
    story.edit(20_000, Edit(0, 0, "# first\n"))
    at += 8
    story.edit(100_000, Edit(at + 11, at + 15, "m"))
    story.pass_to(10_000_000)
    whole = len(KEPT)
    assert [(look.moment, look.at_ms, look.kept_chars) for look in story.looks] == [
        (Moment.AFTER_15_S, 15_000, whole),
        (Moment.AFTER_30_S, 30_000, whole),
        (Moment.AFTER_2_MIN, 120_000, whole - 3),
        (Moment.AFTER_5_MIN, 300_000, whole - 3),
        (Moment.AFTER_10_MIN, 600_000, whole - 3),
    ]
    last = story.looks[-1]
    assert (last.place, last.confidence, last.in_file) == (Place.FOLLOWED, 1.0, True)
    assert (last.target_chars, last.now_chars, last.distance) == (whole, whole - 3, 3)
    assert (last.accepted_chars, last.accepted_kept_chars) == (whole, whole - 3)
    assert last.kept_rate == pytest.approx(1 - 3 / whole)
    assert last.text == ""


def test_what_is_deleted_is_not_in_the_file() -> None:
    story = Story()
    story.keep()
    at = story.text.index(KEPT)
    story.edit(1_000, Edit(at, at + len(KEPT), ""))
    story.pass_to(15_000)
    (look,) = story.looks
    assert (look.place, look.kept_chars, look.in_file) == (Place.FOLLOWED, 0, False)
    assert look.distance == len(KEPT)


def test_what_is_moved_by_cutting_and_pasting_is_found() -> None:
    story = Story()
    story.keep()
    at = story.text.index(KEPT)
    story.edit(1_000, Edit(at, at + len(KEPT), ""))
    story.edit(2_000, Edit(0, 0, KEPT + "\n"), origin=Origin.PASTED)
    story.pass_to(15_000)
    (look,) = story.looks
    assert (look.place, look.in_file) == (Place.FOUND, True)
    assert 0.6 <= look.confidence < 1.0


def test_a_short_piece_in_other_hands_is_still_in_the_file() -> None:
    story = Story()
    story.keep()
    at = story.text.index(KEPT)
    story.edit(1_000, Edit(at, at + len(KEPT), ""))
    story.edit(2_000, Edit(0, 0, KEPT.strip()[:10] + "."))
    story.pass_to(15_000)
    assert [look.in_file for look in story.looks] == [False]


def test_the_first_save_and_every_close_are_looked_at() -> None:
    story = Story()
    story.keep()
    story.feed(Saved(1_000, DOC))
    story.feed(Saved(2_000, DOC))
    story.feed(Focused(2_500, DOC))
    story.feed(Closed(3_000, DOC))
    story.pass_to(1_000_000)
    assert [look.moment for look in story.looks] == [Moment.SAVED, Moment.CLOSED]


def test_a_gap_that_its_documents_end_broke_rests() -> None:
    story = Story()
    story.open(HEAD + TAIL, 0)
    at = len(HEAD)
    story.feed(Requested(1, "r", DOC, 1, at, Trigger.AUTOMATIC))
    story.edit(2, Edit(at, at, KEPT))
    story.feed(Closed(3, DOC))
    assert (story.looks, len(story.fold.kept)) == ([], 1)
    story.open(story.text, 60_000)
    assert story.seen() == [(Moment.OPENED, Place.FOUND, len(KEPT))]
    story.pass_to(120_003)
    assert story.seen()[1:] == [(Moment.AFTER_2_MIN, Place.FOUND, len(KEPT))]


def test_a_document_that_comes_back_in_another_session_is_searched() -> None:
    story = Story()
    story.keep()
    changed = story.text.replace("total", "sum_of").replace("fsum", "fsum_of")
    story.fold.end("s")
    story.session = "next"
    story.open(changed, 86_400_000)
    (look,) = story.looks
    assert (look.moment, look.place, look.in_file) == (Moment.OPENED, Place.FOUND, True)
    assert look.kept_chars == len(KEPT)
    story.feed(Closed(86_400_001, DOC))
    story.open("nothing of it\n", 86_400_002)
    assert story.looks[-1].place is Place.LOST
    assert (story.looks[-1].confidence, story.looks[-1].now_chars) == (0.0, 0)


def test_after_a_month_nobody_looks() -> None:
    story = Story()
    story.keep()
    story.feed(Closed(10, DOC))
    story.open(story.text, kept_module.FOLLOW_MS_MAX + 100)
    assert len(story.fold.kept) == 0
    assert [look.moment for look in story.looks] == [Moment.CLOSED]


def test_a_reload_from_disk_is_searched() -> None:
    story = Story()
    story.keep()
    other = "# generated\n"
    story.edit(1_000, Edit(0, len(story.text), other), origin=Origin.EXTERNAL)
    story.pass_to(15_000)
    before = HEAD[:-2] + "!" + HEAD[-2:] + KEPT + TAIL
    story.edit(16_000, Edit(0, len(other), before), origin=Origin.EXTERNAL)
    story.pass_to(30_000)
    assert [(look.place, look.in_file) for look in story.looks] == [
        (Place.LOST, False),
        (Place.FOUND, True),
    ]
    # An edit from outside that leaves the place alone moves it like any other.
    story.edit(31_000, Edit(0, 0, "# by a tool\n"), origin=Origin.EXTERNAL)
    story.pass_to(120_000)
    assert story.looks[-1].place is Place.FOUND


def head(at_ms: int, ref: str, move: HeadMove = HeadMove.SWITCH, repo: str = REPO) -> HeadMoved:
    return HeadMoved(at_ms, ref, repo, "c", move)


def test_another_branch_rejects_nothing() -> None:
    story = Story()
    story.feed(head(0, "main", HeadMove.UNKNOWN))
    story.feed(head(0, "elsewhere", repo="file:///other"))
    story.keep(1)
    mine = story.text
    story.feed(head(2, "other"))
    story.feed(head(3, "other"))
    story.edit(4, Edit(0, len(mine), "pass\n"), origin=Origin.EXTERNAL)
    story.pass_to(15_001)
    story.feed(Committed(15_500, DOC, "c1", "pass\n"))
    story.feed(head(16_000, "main"))
    story.edit(16_001, Edit(0, 5, mine), origin=Origin.EXTERNAL)
    story.pass_to(30_001)
    assert story.seen() == [
        (Moment.AFTER_15_S, Place.ELSEWHERE, 0),
        (Moment.COMMITTED, Place.ELSEWHERE, 0),
        (Moment.AFTER_30_S, Place.FOUND, len(KEPT)),
    ]


def test_a_head_that_names_no_repository_says_nothing() -> None:
    story = Story()
    story.feed(HeadMoved(0, "ref"))
    story.keep(1)
    story.feed(HeadMoved(2, "other"))
    at = story.text.index(KEPT)
    story.edit(3, Edit(at, at + len(KEPT), ""))
    story.pass_to(15_001)
    assert [look.place for look in story.looks] == [Place.FOLLOWED]


def test_a_branch_that_was_told_late_held_before() -> None:
    story = Story()
    story.keep(1)
    story.feed(head(5_000, "main", HeadMove.UNKNOWN))
    at = story.text.index(KEPT)
    story.edit(6_000, Edit(at, at + len(KEPT), ""))
    story.pass_to(15_001)
    assert [look.place for look in story.looks] == [Place.FOLLOWED]


def test_a_commit_that_differs_is_the_better_text() -> None:
    story = Story()
    story.keep()
    at = story.text.index("fsum")
    story.edit(1_000, Edit(at, at + 4, "prod"))
    story.feed(Committed(2_000, DOC, "c1", story.text))
    story.feed(Committed(3_000, DOC, "c2", ""))
    (look,) = story.looks
    assert (look.moment, look.place) == (Moment.COMMITTED, Place.FOLLOWED)
    assert look.text == KEPT.replace("fsum", "prod")
    # Told, but not over: the looks of the first ten minutes are still made, then it is let go.
    assert len(story.fold.kept) == 1
    story.pass_to(600_000)
    assert [look.moment for look in story.looks[1:]] == [moment for _, moment in TIMED]
    assert len(story.fold.kept) == 0


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_commit_that_differs_in_line_ends_is_equal(*, closed: bool, mixed: bool) -> None:
    """Version control keeps other line ends than the editor shows."""
    kept = KEPT + "\r\n    # and more\n" if mixed else KEPT + "\r\n    # and more\r\n"
    story = Story()
    story.open((HEAD + TAIL).replace("\n", "\r\n"), 0)
    at = len(HEAD.replace("\n", "\r\n"))
    story.feed(Requested(1, "r", DOC, 1, at, Trigger.AUTOMATIC))
    story.edit(2, Edit(at, at, kept))
    story.edit(3, Edit(at - 3, at - 3, "!"))
    if closed:
        story.feed(Closed(4, DOC))
    story.feed(Committed(5, DOC, "c1", story.text.replace("\r\n", "\n")))
    look = story.looks[-1]
    assert (look.moment, look.text, look.kept_rate) == (Moment.COMMITTED, "", 1.0)


def test_a_commit_that_is_equal_holds_no_text() -> None:
    story = Story()
    story.keep()
    story.pass_to(600_000)
    story.feed(Committed(700_000, DOC, "c1", story.text))
    assert (story.looks[-1].text, story.looks[-1].kept_rate) == ("", 1.0)
    assert len(story.fold.kept) == 0


def test_what_was_left_out_of_a_commit_waits_for_the_next() -> None:
    story = Story()
    story.keep()
    story.feed(Committed(1_000, DOC, "c1", HEAD + TAIL))
    assert story.looks == []
    story.feed(Committed(2_000, DOC, "c2", story.text + "# more\n"))
    assert story.seen() == [(Moment.COMMITTED, Place.FOUND, len(KEPT))]
    story.feed(Closed(3_000, DOC))
    assert len(story.fold.kept) == 0


def test_a_commit_of_a_closed_file_without_it_says_lost() -> None:
    story = Story()
    story.keep()
    story.feed(Closed(1_000, DOC))
    story.feed(Committed(2_000, DOC, "c1", "x = 1\n"))
    assert story.looks[-1].place is Place.LOST
    assert len(story.fold.kept) == 0


def test_an_ended_session_lets_go_of_what_a_commit_told() -> None:
    story = Story()
    story.keep()
    story.feed(Committed(2_000, DOC, "c1", story.text))
    story.fold.end("s")
    assert len(story.fold.kept) == 0
    story.fold.end("never begun")


def test_nobody_looks_where_searching_costs_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "SEARCHES_MAX", 0)
    story = Story()
    story.keep()
    story.feed(Closed(1_000, DOC))
    story.open("changed\n", 2_000)
    assert [look.moment for look in story.looks] == [Moment.CLOSED]
    story.open(HEAD + KEPT + TAIL, 3_000)
    assert story.looks[-1].place is Place.FOUND


def test_what_teaches_nothing_is_not_followed() -> None:
    story = Story()
    story.open(HEAD + TAIL, 0)
    story.feed(Requested(1, "void", DOC, 1, len(HEAD), Trigger.AUTOMATIC))
    story.feed(Requested(1, "gone", DOC, 1, len(HEAD), Trigger.AUTOMATIC))
    story.edit(2, Edit(0, len(HEAD + TAIL), "x"), origin=Origin.EXTERNAL)
    story.feed(Requested(3, "void", DOC, 1, 1, Trigger.AUTOMATIC))
    story.feed(Closed(4, DOC))
    assert [sample.target for sample in story.samples] == [""]
    assert len(story.fold.kept) == 0


def test_a_head_remembers_the_newest_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads_module, "MOVES_MAX", 2)
    heads = heads_module.Heads()
    for at_ms, ref in ((1, "a"), (2, "b"), (3, "c")):
        heads.moved(head(at_ms, ref))
    assert heads.changed(DOC, 1, 3)
    assert not heads.changed(DOC, 1, 2)


def test_gaps_of_several_places_break_at_the_edit_that_broke_them() -> None:
    story = Story()
    other = "file:///repo/b.py"
    story.open("alpha\n", 0, other)
    story.feed(Requested(1, "other", other, 1, 5, Trigger.AUTOMATIC))
    story.feed(Edited(2, other, 2, (Edit(5, 5, " = 1234567"),), Origin.TYPED))
    story.open(HEAD + TAIL, 3)
    at = len(HEAD)
    story.feed(Requested(4, "r", DOC, 1, at, Trigger.AUTOMATIC))
    story.edit(5, Edit(at, at, KEPT))
    # The first edit is inside the gap, the second breaks it, the third moves it.
    end = at + len(KEPT)
    story.edit(6, Edit(end, end, "  #"), Edit(at - 2, at - 2, "!"), Edit(0, 0, "\n"))
    story.pass_to(20_000)
    whole = {"other": len(" = 1234567"), "r": len(KEPT) + 3}
    assert {look.request: look.kept_chars for look in story.looks} == whole
    assert {look.request: look.now_chars for look in story.looks} == whole


def test_two_windows_follow_a_file_one_after_the_other() -> None:
    story = Story()
    story.keep()
    story.session = "second"
    story.open(story.text, 1_000)
    story.session = "s"
    story.edit(1_400, Edit(0, 0, "only here\n"))
    story.feed(Saved(1_500, DOC))
    story.feed(Closed(2_000, DOC))
    assert story.seen() == [(Moment.OPENED, Place.FOUND, len(KEPT))]
    story.session = "second"
    story.feed(Closed(3_000, DOC))
    assert story.seen()[1:] == [(Moment.CLOSED, Place.FOUND, len(KEPT))]
