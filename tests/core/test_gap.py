"""Gaps as drawings: `⟦…⟧` is the gap, `├…┤` what an edit replaces, `→` what it inserts."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.edits import Edit
from echo_core.events import Origin
from echo_core.gap import BREAKS, Break, Gap, Gaps, Signal

NEAR = 4  # anchors of these drawings, so that they fit a line


def drawn(picture: str) -> tuple[str, Gap, Edit]:
    """The text, gap and edit of a picture like `ab⟦cd⟧e├f┤g→X`."""
    picture, _, inserted = picture.partition("→")
    marks: dict[str, int] = {}
    text = ""
    for char in picture:
        if char in "⟦⟧├┤":
            marks[char] = len(text)
        else:
            text += char
    start, end = marks["⟦"], marks["⟧"]
    gap = Gap("r", "d", start, end, min(NEAR, start), min(NEAR, len(text) - end), 0, 0)
    return text, gap, Edit(marks["├"], marks["┤"], inserted)


@pytest.mark.parametrize(
    ("picture", "origin", "expected"),
    [
        ("aaaaaa⟦├┤⟧bbbbbb→x", Origin.TYPED, Signal.FILLED),
        ("aaaaaa⟦├┤cd⟧bbbbbb→x", Origin.TYPED, Signal.FILLED),
        ("aaaaaa⟦cd├┤⟧bbbbbb→x", Origin.PASTED, Signal.FILLED),
        ("aaaaaa⟦├cd┤⟧bbbbbb→", Origin.AUTOMATIC, Signal.FILLED),
        ("aaaaa├a┤⟦⟧bbbbbb→", Origin.TYPED, Signal.TOUCHED_PREFIX),
        ("aaaa├┤aa⟦cd⟧bbbbbb→x", Origin.AUTOMATIC, Signal.TOUCHED_PREFIX),
        ("aaaaa├ac┤⟦d⟧bbbbbb→", Origin.TYPED, Signal.TOUCHED_PREFIX),
        ("aaaaaa⟦cd⟧├b┤bbbbb→", Origin.TYPED, Signal.TOUCHED_SUFFIX),
        ("aaaaaa⟦cd⟧b├┤bbbbb→x", Origin.TYPED, Signal.TOUCHED_SUFFIX),
        ("aaaaa├a⟦cd⟧b┤bbbbb→", Origin.TYPED, Signal.SWALLOWED),
        ("├┤aaaaaa⟦cd⟧bbbbbb→x", Origin.TYPED, Signal.EDITED_ELSEWHERE),
        ("aa├┤aaaa⟦cd⟧bbbbbb→x", Origin.TYPED, Signal.EDITED_ELSEWHERE),
        ("aaaaaa⟦cd⟧bbbb├┤bb→x", Origin.ACCEPTED, Signal.EDITED_ELSEWHERE),
        ("├a┤aaaaa⟦cd⟧bbbbbb→", Origin.AUTOMATIC, Signal.MOVED),
        ("aaaaaa⟦cd⟧bbbb├bb┤→", Origin.AUTOMATIC, Signal.MOVED),
        ("├aaaaaa⟦cd⟧bbbbbb┤→x", Origin.EXTERNAL, Signal.RELOADED),
    ],
)
def test_what_an_edit_means(picture: str, origin: Origin, expected: Signal) -> None:
    _, gap, edit = drawn(picture)
    assert gap.signal(edit, origin) is expected


def test_a_gap_that_swallowed_a_file_is_given_up() -> None:
    gap = Gap("r", "d", 0, 0, 0, 0, 0, 0)
    much = Edit(0, 0, "x" * (limits.GAP_CHARS_MAX + 1))
    assert gap.signal(much, Origin.PASTED) is Signal.OVERFLOWED


def test_every_signal_has_its_line_in_the_table() -> None:
    assert set(BREAKS) == set(Signal)
    assert {reason for reason in BREAKS.values() if reason} == set(Break) - {Break.IMPORTED}


def opened(text: str, at: int, *, doc: str = "d", now: int = 0) -> Gaps:
    gaps = Gaps()
    assert gaps.open("r", doc, at, len(text), now) == []
    return gaps


def test_a_gap_grows_and_moves_and_breaks_where_its_anchor_is_touched() -> None:
    gaps = opened("one two", 3)
    assert gaps.edited("d", Edit(3, 3, "+1"), Origin.TYPED, "", 1) == []
    assert gaps.edited("d", Edit(0, 0, ""), Origin.AUTOMATIC, "", 2) == []
    (gap,) = gaps.live("d")
    assert (gap.start, gap.end, gap.edited_at_ms) == (3, 5, 1)
    (ended,) = gaps.edited("d", Edit(2, 3, ""), Origin.TYPED, "", 9)
    assert (ended.reason, ended.at_ms, ended.gap.end) == (Break.PREFIX_EDITED, 9, 5)
    assert len(gaps) == 0


def test_an_edit_in_another_file_ends_the_gap_only_if_a_person_made_it() -> None:
    gaps = opened("abc", 1)
    gaps.open("other", "e", 0, 0, 0)
    assert gaps.edited("e", Edit(0, 0, "x"), Origin.AUTOMATIC, "", 1) == []
    (ended,) = gaps.edited("e", Edit(0, 0, "x"), Origin.TYPED, "", 2)
    assert (ended.gap.doc, ended.reason) == ("d", Break.SWITCHED)
    assert [gap.request for gap in gaps.live("e")] == ["other"]


def test_closing_and_reopening_end_gaps() -> None:
    gaps = opened("abc", 1)
    assert [ended.reason for ended in gaps.closed("d", 1)] == [Break.CLOSED]
    gaps = opened("abc", 1)
    assert [ended.reason for ended in gaps.replaced("d", 1)] == [Break.REPLACED]
    assert gaps.replaced("unknown", 1) == []


def test_time_ends_gaps_when_it_was_due_not_when_somebody_looked() -> None:
    gaps = opened("line\nother\n", 2)
    assert gaps.advance(limits.GAP_LIFETIME_MS - 1) == []
    (ended,) = gaps.advance(10 * limits.GAP_LIFETIME_MS)
    assert (ended.reason, ended.at_ms) == (Break.EXPIRED, limits.GAP_LIFETIME_MS)


@pytest.mark.parametrize(("terminator"), ["\n", "\r"])
def test_a_cursor_that_stays_away_means_left(terminator: str) -> None:
    text = f"line{terminator}other{terminator}"
    gaps = opened(text, 2)
    gaps.cursor("d", 3, text, 50)  # the same line is not away
    assert gaps.live("d")[0].away_since_ms is None
    gaps.cursor("d", 7, text, 100)
    gaps.cursor("d", 8, text, 200)
    assert gaps.live("d")[0].away_since_ms == 100
    (ended,) = gaps.advance(10**6)
    assert (ended.reason, ended.at_ms) == (Break.LEFT, 100 + limits.GAP_CURSOR_AWAY_MS)


def test_a_cursor_that_comes_back_saves_the_gap() -> None:
    text = "before\nline\nafter\n"
    gaps = opened(text, 9)
    gaps.cursor("d", 0, text, 100)
    assert gaps.live("d")[0].away_since_ms == 100
    gaps.cursor("d", 9, text, 200)
    assert gaps.live("d")[0].away_since_ms is None
    assert gaps.advance(200 + limits.GAP_CURSOR_AWAY_MS) == []


def test_quiet_and_off_the_line_means_settled() -> None:
    text = "line\nother\n"
    gaps = opened(text, 2)
    gaps.cursor("d", 7, text, limits.GAP_QUIET_MS + 5)
    (ended,) = gaps.advance(limits.GAP_QUIET_MS + 5)
    assert (ended.reason, ended.at_ms) == (Break.SETTLED, limits.GAP_QUIET_MS + 5)


def test_too_many_live_gaps_end_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GAPS_LIVE_MAX", 2)
    gaps = Gaps()
    ended = [gaps.open(str(number), "d", 0, 0, number) for number in range(3)]
    assert [[end.gap.request for end in ends] for ends in ended] == [[], [], ["0"]]


def test_what_was_accepted_is_followed_through_edits() -> None:
    gaps = opened("()", 1)
    gaps.edited("d", Edit(1, 1, "accepted"), Origin.ACCEPTED, "p", 1)
    gaps.edited("d", Edit(9, 9, "+typed"), Origin.TYPED, "", 2)
    (gap,) = gaps.live("d")
    assert gap.kept_chars() == gap.kept_chars("p") == 8
    gaps.edited("d", Edit(3, 5, "XY"), Origin.TYPED, "", 3)  # ac├ce┤pted
    assert gap.kept_chars() == 6
    gaps.edited("d", Edit(1, 2, ""), Origin.TYPED, "", 4)
    gaps.edited("d", Edit(1, 1, "new"), Origin.TYPED, "", 5)
    assert gap.kept_chars("p") == 5
    assert gap.kept_chars("another") == 0
    gaps.edited("d", Edit(gap.start, gap.end, ""), Origin.TYPED, "", 6)
    assert gap.kept_chars() == 0
