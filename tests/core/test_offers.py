"""Outcomes, told by a client or inferred from what a plain one does."""

from __future__ import annotations

import pytest

from echo_core import limits
from echo_core.completion.offers import STEPS, Offer, Offers, Signal, State
from echo_core.records.events import OutcomeKind
from echo_core.text.edits import Edit

SHOWN, ACCEPTED, PARTIAL = OutcomeKind.SHOWN, OutcomeKind.ACCEPTED, OutcomeKind.PARTIAL
TEXT = "value + 1"


def offered(*, reported: bool = False, text: str = TEXT) -> Offers:
    offers = Offers()
    assert offers.answered("d", Offer("p", 10, text, 1000, reported)) == []
    return offers


def kinds(happened: list) -> list[OutcomeKind]:
    assert {one.proposal for one in happened} <= {"p"}
    return [one.outcome for one in happened]


def typed(offers: Offers, at: int, text: str) -> tuple[str, list[OutcomeKind]]:
    return replaced(offers, at, "", text)


def replaced(offers: Offers, at: int, removed: str, text: str) -> tuple[str, list[OutcomeKind]]:
    proposal, happened = offers.edited("d", Edit(at, at + len(removed), text), removed)
    return proposal, kinds(happened)


def test_every_state_has_its_row() -> None:
    assert set(STEPS) == set(State)
    assert all(set(row) <= set(Signal) for row in STEPS.values())


def test_a_client_that_reports_is_believed_and_never_second_guessed() -> None:
    offers = offered(reported=True)
    assert offers.advance(10**6) == []
    assert kinds(offers.seen("p")) == [SHOWN]
    assert offers.seen("p") == []
    assert kinds(offers.taken("p")) == [ACCEPTED]
    assert offers.taken("p") == []
    assert offers.seen("unknown") == []


def test_a_plain_client_shows_what_stands_long_enough() -> None:
    offers = offered()
    assert offers.advance(1000 + limits.SHOWN_AFTER_MS - 1) == []
    assert kinds(offers.advance(1000 + limits.SHOWN_AFTER_MS)) == [SHOWN]
    assert offers.advance(10**6) == []


def test_contradicted_at_once_was_never_shown() -> None:
    assert typed(offered(), 10, "x") == ("", [])


def test_contradicted_after_being_seen_is_dismissed() -> None:
    offers = offered()
    offers.seen("p")
    assert typed(offers, 10, "x") == ("", [OutcomeKind.DISMISSED])
    assert offers.current("d") is None


def test_the_whole_rest_in_one_edit_is_an_acceptance() -> None:
    assert typed(offered(), 10, TEXT) == ("p", [SHOWN, ACCEPTED])


def test_acceptance_after_typing_a_part() -> None:
    offers = offered()
    assert typed(offers, 10, "v") == ("", [])
    assert typed(offers, 11, "a") == ("", [])
    assert offers.current("d").rest == "lue + 1"
    assert typed(offers, 12, "lue + 1") == ("p", [SHOWN, ACCEPTED])
    assert typed(offers, 0, "x") == ("", [])  # what is done is not judged again


def test_a_word_of_it_at_once_is_a_partial_acceptance() -> None:
    offers = offered()
    offers.seen("p")
    assert typed(offers, 10, "value") == ("p", [PARTIAL])
    assert kinds(offers.taken_partly("p", 5)) == [PARTIAL]
    assert kinds(offers.taken("p")) == [ACCEPTED]


def test_the_whole_of_it_over_the_part_that_was_taken_is_an_acceptance() -> None:
    offers = offered()
    assert typed(offers, 10, "value") == ("p", [SHOWN, PARTIAL])
    assert replaced(offers, 10, "value", TEXT) == ("p", [ACCEPTED])
    assert kinds(offers.taken("p")) == []  # the report comes behind the edit


def test_what_is_replaced_by_the_same_on_both_sides_says_nothing() -> None:
    offers = offered(text="(a)")
    assert replaced(offers, 6, "call)", "call)") == ("", [])
    assert replaced(offers, 6, "call)", "call(a))") == ("p", [SHOWN, ACCEPTED])


@pytest.mark.parametrize(
    ("at", "removed", "text"),
    [
        (10, "va", "VALUE"),  # the part that was taken is another now
        (10, "val", "value"),  # what stands behind is gone
        (11, "a", "an"),
        (9, "xval", "xv"),
        (13, "ue", "lue"),  # behind the place
    ],
)
def test_a_replacement_that_changes_what_stands_contradicts(
    at: int, removed: str, text: str
) -> None:
    offers = offered()
    assert typed(offers, 10, "va") == ("p", [SHOWN, PARTIAL])
    assert replaced(offers, at, removed, text) == ("", [])
    assert offers.current("d") is None


def test_typing_to_the_end() -> None:
    offers = offered(text="ab")
    offers.seen("p")
    assert typed(offers, 10, "a") == ("", [])
    assert typed(offers, 11, "b") == ("", [OutcomeKind.TYPED_THROUGH])


def test_an_edit_before_it_moves_it_and_one_in_it_ends_it() -> None:
    offers = offered()
    assert typed(offers, 2, "xy") == ("", [])
    assert offers.current("d").start == 12
    offers.seen("p")
    assert replaced(offers, 11, "y", "") == ("", [OutcomeKind.DISMISSED])


def test_another_proposal_takes_its_place_and_the_same_one_goes_on() -> None:
    offers = offered()
    offers.seen("p")
    assert offers.answered("d", Offer("p", 12, "lue", 1100, reported=False)) == []
    assert offers.current("d").start == 10
    other = Offer("q", 12, "x", 1200, reported=False)
    assert kinds(offers.answered("d", other)) == [OutcomeKind.REPLACED]


def test_what_goes_on_after_its_acceptance_is_counted_once() -> None:
    offers = offered(reported=True)
    assert typed(offers, 10, TEXT) == ("p", [SHOWN, ACCEPTED])
    more = Offer("p", 10 + len(TEXT), "\n    + 2", 1200, reported=True)
    assert offers.answered("d", more) == []
    assert offers.current("d").state is State.LONGER
    assert typed(offers, 10 + len(TEXT), "\n    ") == ("p", [PARTIAL])
    (partial,) = offers.taken_partly("p", 6)
    assert partial.chars == len(TEXT) + 6  # reports count from what was answered last
    assert typed(offers, 10 + len(TEXT) + 5, "+ 2") == ("p", [PARTIAL])
    assert offers.current("d").state is State.ACCEPTED


def test_a_partial_report_is_bounded_by_the_text() -> None:
    offers = offered()
    (shown, partial) = offers.taken_partly("p", 999)
    assert (shown.chars, partial.chars) == (len(TEXT), len(TEXT))


@pytest.mark.parametrize("known", [True, False])
def test_dropping(known: bool) -> None:
    offers = offered() if known else Offers()
    assert offers.dropped("d") == []
    assert typed(offers, 10, "v") == ("", [])


def several(*texts: str, reported: bool = False) -> Offers:
    """`texts` offered together under the ids p0, p1, …"""
    offers = Offers()
    made = [Offer(f"p{at}", 10, text, 1000, reported) for at, text in enumerate(texts)]
    assert offers.answered("d", *made) == []
    return offers


def told(happened: list) -> list[tuple[str, OutcomeKind]]:
    return [(one.proposal, one.outcome) for one in happened]


def test_any_of_several_can_be_accepted() -> None:
    offers = several("value", "other", "third")
    offers.advance(2000)
    assert offers.edited("d", Edit(2, 2, "xy"), "") == ("", [])
    proposal, happened = offers.edited("d", Edit(12, 12, "other"), "")
    assert (proposal, told(happened)) == ("p1", [("p1", SHOWN), ("p1", ACCEPTED)])
    assert told(offers.taken("p1")) == []
    assert offers.taken("p0") == []


def test_the_one_that_the_typing_agrees_with_leads() -> None:
    offers = several("value", "other", "over")
    assert told(offers.advance(1300)) == [("p0", SHOWN)]
    assert offers.edited("d", Edit(10, 10, "o"), "") == ("", [])
    assert offers.current("d").proposal == "p1"
    offers.advance(1300 + limits.SHOWN_AFTER_MS - 1)
    assert offers.edited("d", Edit(11, 11, "v"), "") == ("", [])
    assert told(offers.advance(1300 + 2 * limits.SHOWN_AFTER_MS)) == [("p2", SHOWN)]
    assert told(offers.edited("d", Edit(12, 12, "z"), "")[1]) == [("p2", OutcomeKind.DISMISSED)]
    assert offers.current("d") is None


def test_the_one_that_the_client_shows_leads() -> None:
    offers = several("value", "other", reported=True)
    assert told(offers.seen("p0")) == [("p0", SHOWN)]
    assert told(offers.seen("p1")) == [("p1", SHOWN)]
    assert told(offers.seen("p0")) == []
    assert told(offers.taken_partly("p0", 2)) == [("p0", PARTIAL)]
    assert told(offers.taken("p1")) == [("p1", ACCEPTED)]
    assert offers.taken("p0") == []


def test_an_answer_ends_all_that_were_offered_but_what_it_continues() -> None:
    offers = several("value", "other", reported=True)
    offers.seen("p0")
    typed_on = Offer("p0", 10, "value", 1100, reported=True)
    assert offers.answered("d", typed_on, Offer("q", 10, "new", 1100, reported=True)) == []
    assert offers.taken("p1") == []
    assert told(offers.seen("q")) == [("q", SHOWN)]
    assert told(offers.answered("d", Offer("r", 10, "x", 1200, reported=True))) == [
        ("q", OutcomeKind.REPLACED)
    ]
