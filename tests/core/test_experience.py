"""The fold from events to samples, on short stories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from echo_core.experience.mining import Experience
from echo_core.gaps.life import Break
from echo_core.judging.checks.boundary import Life, Place, Why, why_void
from echo_core.records.events import (
    ALTERNATIVE,
    Closed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    Opened,
    Origin,
    Outcome,
    OutcomeKind,
    Proposed,
    Requested,
    Trigger,
)
from echo_core.text.edits import Edit


def request(at_ms: int, name: str, offset: int, doc: str = "d") -> Requested:
    return Requested(at_ms, name, doc, 1, offset, Trigger.AUTOMATIC)


def proposed(at_ms: int, name: str, proposal: str, text: str) -> Proposed:
    return Proposed(at_ms, name, proposal, text, "model", -0.1, 5.0, 10, 2, 3, "proposed")


def typed(at_ms: int, start: int, text: str, origin: Origin = Origin.TYPED, p: str = "") -> Edited:
    return Edited(at_ms, "d", at_ms, (Edit(start, start, text),), origin, p)


def test_a_sample_holds_what_was_kept_between_the_anchors() -> None:
    experience = Experience()
    for event in (
        Opened(0, "d", "python", 1, "total = \nprint(total)\n"),
        request(1, "r", 8),
        proposed(2, "r", "p", "sum(xs)"),
        typed(3, 8, "sum(xs)", Origin.ACCEPTED, "p"),
        typed(4, 14, ", 1"),
    ):
        assert experience.feed(event) == []
    assert experience.gaps_live == 1
    (mined,) = experience.feed(Closed(9, "d"))
    sample = mined.sample
    assert sample is not None
    assert (sample.prefix, sample.target, sample.suffix) == (
        "total = ",
        "sum(xs, 1)",
        "\nprint(total)\n",
    )
    assert (sample.proposal, sample.proposal_id, sample.model) == ("sum(xs)", "p", "model")
    assert (sample.accepted_chars, sample.kept_chars) == (7, 7)
    assert (mined.reason, mined.opened_at_ms, mined.broken_at_ms) == (Break.CLOSED, 1, 9)
    assert not sample.is_void
    assert experience.documents == {}


def alternative(at_ms: int, name: str, proposal: str, text: str) -> Proposed:
    return replace(proposed(at_ms, name, proposal, text), reason=ALTERNATIVE)


@pytest.mark.parametrize(("taken", "text"), [("p", "sum(xs)"), ("q", "len(xs)"), ("", "sum(xs)")])
def test_of_several_the_accepted_one_is_what_was_offered(taken: str, text: str) -> None:
    experience = Experience()
    experience.feed(Opened(0, "d", "python", 1, "total = \n"))
    experience.feed(request(1, "r", 8))
    experience.feed(proposed(2, "r", "p", "sum(xs)"))
    experience.feed(alternative(2, "r", "q", "len(xs)"))
    origin = Origin.ACCEPTED if taken else Origin.TYPED
    experience.feed(typed(3, 8, text, origin, taken))
    (mined,) = experience.feed(Closed(9, "d"))
    assert mined.sample is not None
    assert (mined.sample.proposal, mined.sample.proposal_id) == (text, taken or "p")
    assert mined.sample.kept_chars == (7 if taken else 0)


def test_a_continued_proposal_is_counted_at_the_gap_it_was_made_for() -> None:
    experience = Experience()
    mined = []
    for event in (
        Opened(0, "d", "python", 1, ""),
        request(1, "first", 0),
        proposed(1, "first", "p", "a\nbcd"),
        typed(2, 0, "a\n"),
        request(3, "second", 2),  # on a line of its own: a sample too
        proposed(3, "second", "p", "bcd"),
        typed(4, 2, "bcd", Origin.ACCEPTED, "p"),
        Closed(5, "d"),
    ):
        mined += experience.feed(event)
    kept = {one.request: one.sample.kept_chars for one in mined if one.sample}
    assert kept == {"first": 3, "second": 0}


def asked_at_each_key(keys: str, *outcomes: str) -> Experience:
    """One burst of typing, a request with a proposal at each key; some proposals are shown."""
    experience = Experience()
    experience.feed(Opened(0, "d", "python", 1, ""))
    for at, key in enumerate(keys):
        experience.feed(request(at, f"r{at}", at))
        experience.feed(proposed(at, f"r{at}", f"p{at}", "text"))
        if f"p{at}" in outcomes:
            experience.feed(Outcome(at, f"p{at}", OutcomeKind.SHOWN, 4))
        experience.feed(typed(at, at, key))
    return experience


def samples(experience: Experience) -> list[str]:
    """Closes; which requests became samples, while all the others were counted as nested."""
    mined = experience.feed(Closed(99, "d"))
    assert all(one.nested == (one.sample is None) for one in mined)
    return [one.request for one in mined if one.sample]


def test_a_burst_has_a_sample_where_it_begins_and_where_lines_begin() -> None:
    """Of `a`, newline, two spaces, `bc`: the first, and the first on the second line."""
    assert samples(asked_at_each_key("a\n  bc")) == ["r0", "r2"]
    assert samples(asked_at_each_key("a\r  bc")) == ["r0", "r2"]


def test_a_shown_proposal_has_a_sample_wherever_it_stood() -> None:
    assert samples(asked_at_each_key("abcdef", "p3", "unknown")) == ["r0", "r3"]


def test_an_accepted_proposal_was_shown() -> None:
    experience = asked_at_each_key("abc")
    experience.feed(typed(9, 3, "text", Origin.ACCEPTED, "p2"))
    assert samples(experience) == ["r0", "r2"]


def test_a_request_outside_all_live_gaps_begins_a_burst() -> None:
    experience = asked_at_each_key("ab")
    experience.feed(Opened(3, "e", "python", 1, "x"))
    experience.feed(request(3, "other", 1, "e"))
    (mined,) = experience.feed(Closed(4, "e"))
    assert mined.sample is not None
    assert samples(experience) == ["r0"]


def test_what_belongs_to_no_document_is_harmless() -> None:
    experience = Experience()
    for event in (
        typed(0, 0, "x"),
        request(1, "r", 0),
        proposed(2, "r", "p", "y"),
        CursorMoved(3, "d", 0, 0),
        Focused(4, "d"),
        Closed(5, "d"),
    ):
        assert experience.feed(event) == []


def test_a_replaced_region_teaches_nothing() -> None:
    experience = Experience()
    experience.feed(Opened(0, "d", "python", 1, "abc"))
    experience.feed(request(1, "r", 1))
    experience.feed(proposed(1, "r", "p", "x"))
    (mined,) = experience.feed(Opened(2, "d", "python", 2, "other"))
    assert (mined.reason, mined.sample) == (Break.REPLACED, None)


def test_a_gap_left_empty_is_a_void_candidate() -> None:
    experience = Experience()
    experience.feed(Opened(0, "d", "python", 1, "abc"))
    experience.feed(request(1, "r", 3))
    (mined,) = experience.feed(Edited(2, "d", 2, (Edit(2, 3, ""),), Origin.TYPED))
    assert mined.sample is not None
    assert mined.sample.is_void
    assert mined.sample.prefix == "abc"


def removed(at_ms: int, start: int, end: int, origin: Origin = Origin.TYPED) -> Edited:
    return Edited(at_ms, "d", at_ms, (Edit(start, end, ""),), origin)


CURSOR = CursorMoved(5, "d", 30, 30)
WORD = typed(3, 8, "word")


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ((WORD, removed(4, 8, 12, Origin.UNDONE), Closed(9, "d")), Why.UNDONE),
        ((WORD, removed(4, 8, 12), Closed(9, "d")), Why.DELETED),
        ((WORD, removed(4, 8, 12), typed(5, 8, " ", Origin.UNDONE), Closed(9, "d")), Why.UNDONE),
        ((WORD, removed(4, 8, 12, Origin.UNDONE), typed(5, 8, " "), Closed(9, "d")), Why.DELETED),
        ((removed(4, 7, 8),), Why.DELETED),
        ((removed(4, 9, 14),), Why.DELETED),
        ((typed(4, 3, "s"),), Why.EMPTY),
        ((Edited(4, "d", 4, (Edit(6, 8, ":"),), Origin.TYPED),), Why.EMPTY),  # not only removed
        ((typed(4, 200, "s"),), Why.NAVIGATED),
        ((removed(4, 200, 201),), Why.NAVIGATED),
        ((CURSOR, Focused(9_000_000, "d")), Why.NAVIGATED),
        ((Closed(9, "d"),), Why.NAVIGATED),
        ((Focused(9_000_000, "d"),), Why.RESTED),
        ((WORD, Closed(9, "d")), None),
    ],
)
def test_how_a_gap_came_to_end_empty_is_known(events: tuple[Event, ...], why: Why | None) -> None:
    experience = Experience()
    experience.feed(Opened(0, "d", "python", 1, "total = \nprint(total)\n" + "#\n" * 200))
    experience.feed(request(1, "r", 8))
    samples = [one.sample for event in events for one in experience.feed(event)]
    (sample,) = [one for one in samples if one]
    life = Life(sample.break_reason, sample.grown_chars, sample.undone, sample.deleted)
    assert why_void(sample.target, Place.CODE, life) is why


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (Outcome(3, "p", OutcomeKind.SHOWN, 7), True),
        (Outcome(3, "p", OutcomeKind.PARTIAL, 3), True),
        (typed(3, 8, "sum(xs)", Origin.ACCEPTED, "p"), True),
        (Outcome(3, "p", OutcomeKind.TYPED_THROUGH, 7), False),
        (Outcome(3, "another", OutcomeKind.SHOWN, 7), False),
    ],
)
def test_a_sample_says_whether_its_proposal_was_seen(event: Event, shown: bool) -> None:
    experience = Experience()
    for before in (
        Opened(0, "d", "python", 1, "total = \nprint(total)\n"),
        request(1, "r", 8),
        proposed(2, "r", "p", "sum(xs)"),
        event,
    ):
        experience.feed(before)
    (mined,) = experience.feed(Closed(9, "d"))
    assert mined.sample is not None
    assert mined.sample.shown is shown
