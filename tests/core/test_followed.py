"""Which broken gaps are followed: across processes, marks of the log, and new names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from echo_core import limits
from echo_core.experience import followed as followed_module
from echo_core.experience import kept as kept_module
from echo_core.experience.fold import Fold
from echo_core.experience.kept import Before
from echo_core.experience.looks import Moment, Place
from echo_core.records.events import (
    Closed,
    Committed,
    Edited,
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
from echo_core.text.edits import Edit
from echo_daemon.mining.matching import RapidMatcher
from echo_testing.story import DOC, KEPT, REPO, Story

HEAD_MOVED = HeadMoved(0, "main", REPO, "c", HeadMove.SWITCH)


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
    other = "file:///repo/b.py"
    again.kept.restore([Before(replace(one, doc=other)) for one in story.samples[:2]], [])
    assert again.kept.docs() == [other]


def test_what_was_restored_is_followed_like_before() -> None:
    story = Story()
    story.keep()
    again = Story()
    again.fold.kept.restore(map(Before, story.samples), [HEAD_MOVED])
    assert again.fold.kept.head(REPO) == HEAD_MOVED
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


def test_what_time_ends_is_followed_from_then_on() -> None:
    story = Story()
    story.open("x = \n", 0)
    story.feed(Requested(0, "r", DOC, 1, 4, Trigger.AUTOMATIC))
    story.edit(1, Edit(4, 4, "12345678"))
    assert story.fold.is_due(limits.GAP_LIFETIME_MS)
    story.feed(Marked(limits.GAP_LIFETIME_MS + 15_000, Mark.PASSED))
    assert [sample.broken_at_ms for sample in story.samples] == [limits.GAP_LIFETIME_MS]
    assert story.seen() == [(Moment.AFTER_15_S, Place.FOLLOWED, 8)]


def test_a_session_that_is_over_is_still_looked_at() -> None:
    story = Story()
    story.keep()
    story.fold.end("another")
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
