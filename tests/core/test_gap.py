"""Gaps as drawings: `⟦…⟧` is the gap, `├…┤` what an edit replaces, `→` what it inserts."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.gaps.burst import Burst, Held
from echo_core.gaps.index import Gaps
from echo_core.gaps.life import BREAKS, Break, Gap, Signal
from echo_core.gaps.nest import Nest
from echo_core.records.events import Origin
from echo_core.text.edits import Edit

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
    gap = Gap("r", "d", start, end, min(NEAR, start), min(NEAR, len(text) - end), 0)
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
    gap = Gap("r", "d", 0, 0, 0, 0, 0)
    much = Edit(0, 0, "x" * (limits.GAP_CHARS_MAX + 1))
    assert gap.signal(much, Origin.PASTED) is Signal.OVERFLOWED


def test_every_signal_has_its_line_in_the_table() -> None:
    assert set(BREAKS) == set(Signal)
    assert {reason for reason in BREAKS.values() if reason} == set(Break) - {Break.IMPORTED}


def opened(text: str, at: int, *, doc: str = "d", now: int = 0) -> Gaps:
    gaps = Gaps()
    assert gaps.open("r", doc, at, len(text), now) == ([], None)
    return gaps


def ranges(gaps: Gaps, doc: str = "d") -> list[tuple[int, int]]:
    return [(gap.start, gap.end) for gap in gaps.live(doc)]


def test_a_gap_grows_and_moves_and_breaks_where_its_anchor_is_touched() -> None:
    gaps = opened("one two", 3)
    assert gaps.edited("d", Edit(3, 3, "+1"), Origin.TYPED, 1) == []
    assert gaps.edited("d", Edit(0, 0, "#"), Origin.AUTOMATIC, 2) == []
    assert ranges(gaps) == [(4, 6)]
    assert gaps.edited("d", Edit(10, 10, "#"), Origin.AUTOMATIC, 3) == []
    assert ranges(gaps) == [(4, 6)]
    (ended,) = gaps.edited("d", Edit(3, 4, ""), Origin.TYPED, 9)
    assert (ended.reason, ended.at_ms, ended.gap.end) == (Break.PREFIX_EDITED, 9, 6)
    assert len(gaps) == 0


def test_an_edit_beside_a_burst_moves_all_of_it_and_ends_what_it_touches() -> None:
    """`one⟦⟦+1⟧⟧ two`: the inner gap is asked for after the first key."""
    gaps = opened("one two", 3)
    gaps.edited("d", Edit(3, 3, "+"), Origin.TYPED, 1)
    assert gaps.open("inner", "d", 4, 8, 1) == ([], 3)
    gaps.edited("d", Edit(4, 4, "1"), Origin.TYPED, 2)
    assert ranges(gaps) == [(3, 5), (4, 5)]
    assert gaps.edited("d", Edit(9, 9, " more"), Origin.AUTOMATIC, 3) == []
    assert gaps.edited("d", Edit(0, 0, "##"), Origin.AUTOMATIC, 3) == []
    assert ranges(gaps) == [(5, 7), (6, 7)]
    assert gaps.hull("d") == (5, 7)
    # In the outer gap, but in the inner one's anchor; by nobody's hand, so the outer one lives on.
    (ended,) = gaps.edited("d", Edit(5, 5, "-"), Origin.AUTOMATIC, 4)
    assert (ended.gap.request, ended.reason) == ("inner", Break.PREFIX_EDITED)
    assert ranges(gaps) == [(5, 8)]


def test_an_edit_in_another_file_ends_the_gap_only_if_a_person_made_it() -> None:
    gaps = opened("abc", 1)
    gaps.open("other", "e", 0, 0, 0)
    assert (gaps.count("d"), gaps.count("e"), gaps.count("f")) == (1, 1, 0)
    assert gaps.edited("e", Edit(0, 0, "x"), Origin.AUTOMATIC, 1) == []
    (ended,) = gaps.edited("e", Edit(0, 0, "x"), Origin.TYPED, 2)
    assert (ended.gap.doc, ended.reason) == ("d", Break.SWITCHED)
    assert [gap.request for gap in gaps.live("e")] == ["other"]
    (ended,) = gaps.edited("f", Edit(0, 0, "x"), Origin.TYPED, 3)
    assert (ended.gap.doc, ended.reason) == ("e", Break.SWITCHED)
    assert gaps.hull("e") is None


def test_closing_and_reopening_end_gaps() -> None:
    gaps = opened("abc", 1)
    assert [ended.reason for ended in gaps.closed("d", 1)] == [Break.CLOSED]
    gaps = opened("abc", 1)
    assert [ended.reason for ended in gaps.replaced("d", 1)] == [Break.REPLACED]
    assert gaps.replaced("unknown", 1) == gaps.closed("unknown", 1) == gaps.live("unknown") == []


def test_time_ends_gaps_when_it_was_due_not_when_somebody_looked() -> None:
    gaps = opened("line\nother\n", 2)
    assert gaps.advance(limits.GAP_LIFETIME_MS - 1) == []
    (ended,) = gaps.advance(10 * limits.GAP_LIFETIME_MS)
    assert (ended.reason, ended.at_ms) == (Break.EXPIRED, limits.GAP_LIFETIME_MS)


LINE, OTHER = (0, 4), (5, 10)  # of "line\nother\n", where `opened` puts its gap at 2


def test_a_cursor_that_stays_away_means_left() -> None:
    gaps = opened("line\nother\n", 2)
    gaps.cursor("d", *LINE, 50)  # the same line is not away
    gaps.cursor("d", *OTHER, 100)
    gaps.cursor("d", *OTHER, 200)
    assert gaps.advance(99 + limits.GAP_CURSOR_AWAY_MS) == []
    (ended,) = gaps.advance(10**6)
    assert (ended.reason, ended.at_ms) == (Break.LEFT, 100 + limits.GAP_CURSOR_AWAY_MS)


def test_a_cursor_that_comes_back_saves_the_gap() -> None:
    gaps = opened("line\nother\n", 2)
    gaps.cursor("d", *OTHER, 100)
    gaps.cursor("d", *LINE, 200)
    assert gaps.advance(200 + limits.GAP_CURSOR_AWAY_MS) == []
    gaps.cursor("unknown", *LINE, 300)
    assert len(gaps) == 1


def test_quiet_and_off_the_line_means_settled() -> None:
    gaps = opened("line\nother\n", 2)
    gaps.cursor("d", *OTHER, limits.GAP_QUIET_MS + 5)
    (ended,) = gaps.advance(limits.GAP_QUIET_MS + 5)
    assert (ended.reason, ended.at_ms) == (Break.SETTLED, limits.GAP_QUIET_MS + 5)


def test_too_many_live_gaps_end_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GAPS_LIVE_MAX", 2)
    gaps = Gaps()
    ended = [gaps.open(str(number), "d", 0, 0, number).ended for number in range(3)]
    assert [[end.gap.request for end in ends] for ends in ended] == [[], [], ["0"]]


def test_an_edit_looks_at_few_of_thousands_of_live_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: how many gaps are made out for a key inside and for an edit beside."""
    looked: list[int] = []
    look = Nest._gap

    def counting(nest: Nest, burst: Burst, held: Held, start_moved: int, tail_moved: int) -> Gap:
        looked.append(held.seq)
        return look(nest, burst, held, start_moved, tail_moved)

    gaps = Gaps()
    for number in range(4000):
        gaps.open(str(number), "d", 500 + number, 1000 + number, number)
        gaps.edited("d", Edit(500 + number, 500 + number, "x"), Origin.TYPED, number)
    monkeypatch.setattr(Nest, "_gap", counting)
    assert gaps.edited("d", Edit(4500, 4500, "x"), Origin.TYPED, 4000) == []
    assert gaps.edited("d", Edit(0, 10, ""), Origin.AUTOMATIC, 4000) == []
    assert len(looked) <= 2
    assert len(gaps) == 4000
    assert gaps.live("d")[0].start == 490
