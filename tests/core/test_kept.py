"""Looks at what was kept, after its gap broke."""

from __future__ import annotations

import pytest

from echo_core import followed as followed_module
from echo_core import heads as heads_module
from echo_core import kept as kept_module
from echo_core.edits import Edit
from echo_core.events import (
    Closed,
    Committed,
    Edited,
    Focused,
    HeadMove,
    HeadMoved,
    Mark,
    Marked,
    Origin,
    Renamed,
    Requested,
    Saved,
    Trigger,
)
from echo_core.fold import Fold
from echo_core.kept import Before
from echo_core.looks import TIMED, Moment, Place
from echo_daemon.mining.matching import RapidMatcher
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


def test_only_the_newest_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed_module, "FOLLOWED_DOC_MAX", 2)
    story = Story()
    story.keep(0, "r0")
    for number in range(1, 4):
        story.take(number, f"r{number}")
    assert len(story.fold.kept) == 2
    monkeypatch.setattr(followed_module, "FOLLOWED_MAX", 2)
    story.take(5, "r5")
    story.pass_to(15_005)
    assert {look.request for look in story.looks} == {"r3", "r5"}
    assert "r5" in story.fold.kept
    assert "r1" not in story.fold.kept
    other = Fold(RapidMatcher())
    monkeypatch.setattr(followed_module, "FOLLOWED_DOC_MAX", 9)
    other.kept.restore(map(Before, story.samples), [])
    assert len(other.kept) == 2


def test_one_that_a_commit_told_of_keeps_its_place_among_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that a process that begins later follows the same: it does not know who told when."""
    monkeypatch.setattr(followed_module, "FOLLOWED_MAX", 2)
    story = Story()
    story.open("alpha\n", 0, "file:///repo/b.py")
    story.keep(0, "r0")
    story.feed(Closed(1, DOC))
    story.feed(Committed(2, DOC, "c", story.text))
    story.keep(3, "r1")
    story.feed(Closed(4, DOC))
    story.keep(5, "r2")
    assert [name for name in ("r0", "r1", "r2") if name in story.fold.kept] == ["r1", "r2"]
    before = [Before(one, told=one.request == "r2") for one in story.samples]
    again = Fold(RapidMatcher())
    again.kept.restore(before, [])
    assert [name for name in ("r0", "r1", "r2") if name in again.kept] == ["r1"]


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


def test_what_was_restored_is_followed_like_before() -> None:
    story = Story()
    story.keep()
    again = Story()
    again.fold.kept.restore(map(Before, story.samples), [head(0, "main")])
    assert again.fold.kept.head(REPO) == head(0, "main")
    assert again.fold.kept.followed_in("file:///repo/") == [DOC]
    assert again.fold.kept.followed_in("file:///re") == []
    again.open(story.text, 1_000)
    again.pass_to(15_000)
    assert again.seen() == [
        (Moment.OPENED, Place.FOUND, len(KEPT)),
        (Moment.AFTER_15_S, Place.FOUND, len(KEPT)),
    ]
    again.fold.kept.forget()
    again.pass_to(1_000_000)
    assert len(again.looks) == 2
    assert again.fold.kept.head(REPO) is None


def test_the_first_save_counts_also_where_another_process_saw_it() -> None:
    story = Story()
    story.keep()
    story.fold.kept.forget()
    moves = [Renamed(3, DOC, "file:///repo/b.py"), Renamed(4, "file:///repo/b.py", DOC)]
    story.fold.kept.restore([Before(story.samples[0], saved=True)], moves)
    story.open(story.text, 1_000)
    story.feed(Saved(2_000, DOC))
    assert [look.moment for look in story.looks] == [Moment.OPENED]


def test_a_process_that_begins_knows_what_is_stored_and_nothing_that_was_open() -> None:
    story = Story()
    story.keep()
    assert story.fold.is_due(15_000)
    story.feed(Marked(20_000, Mark.RESUMED))
    story.pass_to(40_000)
    assert story.looks == []
    assert len(story.fold.kept) == 1
    story.edit(50_000, origin=Origin.UNSEEN)
    assert story.seen() == [(Moment.OPENED, Place.FOUND, len(KEPT))]
    assert not story.fold.is_due(119_999)
    story.feed(Marked(kept_module.FOLLOW_MS_MAX + 1, Mark.RESUMED))
    assert len(story.fold.kept) == 0


def test_time_is_known_to_have_passed_where_a_mark_says_so() -> None:
    story = Story()
    story.keep()
    assert not story.fold.is_due(14_999)
    story.feed(Marked(31_000, Mark.PASSED))
    assert [look.moment for look in story.looks] == [Moment.AFTER_15_S, Moment.AFTER_30_S]
    story.feed(Marked(500_000, Mark.RESTED))
    story.pass_to(1_000_000)
    assert len(story.looks) == 2
    assert story.fold.experience("s") is None


def test_a_session_that_is_over_is_still_looked_at() -> None:
    story = Story()
    story.keep()
    story.fold.over("s")
    story.pass_to(15_000)
    assert [look.moment for look in story.looks] == [Moment.AFTER_15_S]


def test_a_document_goes_on_under_another_name() -> None:
    story = Story()
    story.open("other\n", 0, "file:///repo/b.py")
    story.feed(Closed(0, "file:///repo/b.py"))
    story.keep()
    story.feed(Renamed(1, DOC, "file:///repo/b.py"))
    story.pass_to(15_000)
    assert story.seen() == [(Moment.AFTER_15_S, Place.FOLLOWED, len(KEPT))]
    assert story.fold.kept.followed_in(REPO) == ["file:///repo/b.py"]
    story.feed(Committed(16_000, "file:///repo/b.py", "c", story.text))
    assert story.looks[-1].place is Place.FOLLOWED


def test_a_closed_document_has_another_name() -> None:
    story = Story()
    story.keep()
    story.feed(Closed(1, DOC))
    story.feed(Renamed(2, DOC, "file:///repo/b.py"))
    story.feed(Renamed(2, "file:///repo/nothing.py", "file:///repo/more.py"))
    story.open(story.text, 3, "file:///repo/b.py")
    story.feed(Edited(4, "file:///never/opened.py", 1, (), Origin.UNSEEN))
    assert story.seen() == [
        (Moment.CLOSED, Place.FOLLOWED, len(KEPT)),
        (Moment.OPENED, Place.FOUND, len(KEPT)),
    ]


def test_one_that_comes_to_a_name_that_was_followed_is_looked_at() -> None:
    """A file is put in the place of another: what was followed there is looked for in it."""
    story = Story()
    story.keep()
    story.feed(Closed(1, DOC))
    other = "file:///repo/b.py"
    story.open(story.text, 2, other)
    story.feed(Renamed(3, other, DOC))
    assert story.seen()[1:] == [(Moment.OPENED, Place.FOUND, len(KEPT))]
    story.feed(Renamed(3, DOC, DOC))
    story.pass_to(15_000)
    assert story.seen()[2:] == [(Moment.AFTER_15_S, Place.FOUND, len(KEPT))]


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
