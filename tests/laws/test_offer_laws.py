"""Whatever is offered, typed, accepted and reported: one end a proposal, and only what is true."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from echo_core.completion.candidates import distinct
from echo_core.completion.offers import Offer, Offers, State
from echo_core.records.events import OutcomeKind
from echo_core.text.edits import Edit, apply

DOC = "d"
words = st.text("ab \n", min_size=1, max_size=5)


@st.composite
def answers(draw: st.DrawFn) -> list[str]:
    """Up to three texts that are distinct, as a front answers with."""
    texts: list[str] = []
    for text in draw(st.lists(words, min_size=1, max_size=3)):
        if distinct(text, texts) or not texts:
            texts.append(text)
    return texts


class Typist:
    """A document, what is offered in it, and what was told of it."""

    def __init__(self, reported: bool) -> None:
        self.offers = Offers()
        self.reported = reported
        self.text = "xx"
        self.now = 0
        self.ids = 0
        self.texts: dict[str, str] = {}
        self.standing: list[str] = []  # ids of the newest answer
        self.start = 0
        self.seen: Counter[tuple[str, OutcomeKind]] = Counter()

    def answer(self, texts: list[str]) -> None:
        offers = []
        for text in texts:
            self.ids += 1
            offers.append(Offer(str(self.ids), len(self.text), text, self.now, self.reported))
            self.texts[str(self.ids)] = text
        self.standing, self.start = [one.proposal for one in offers], len(self.text)
        self._note(self.offers.answered(DOC, *offers))

    def type(self, inserted: str, again: int = 0) -> str:
        """At the end; the last `again` characters are replaced by the same, as some editors do."""
        at = len(self.text) - again
        removed = self.text[at:]
        edit = Edit(at, at + again, removed + inserted)
        accepted, happened = self.offers.edited(DOC, edit, removed)
        self.text = apply(self.text, edit)
        self._note(happened)
        return accepted

    def _note(self, happened: list) -> None:
        for one in happened:
            assert 0 <= one.chars <= len(self.texts[one.proposal])
            self.seen[one.proposal, one.outcome] += 1


steps = st.lists(
    st.tuples(
        st.sampled_from(["answer", "type", "accept", "seen", "taken", "time", "drop"]),
        answers(),
        words,
        st.integers(0, 2),
    ),
    max_size=12,
)


@settings(max_examples=300)
@given(steps, st.booleans())
def test_one_end_for_each_and_nothing_for_what_was_never_seen(steps: list, reported: bool) -> None:
    typist = Typist(reported)
    for kind, texts, word, number in steps:
        some = typist.standing[number % len(typist.standing)] if typist.standing else "0"
        match kind:
            case "answer":
                typist.answer(texts)
            case "type":
                typist.type(word[:1], number)
            case "accept" if typist.standing:
                typist.type(typist.texts[some], number)
            case "seen":
                typist._note(typist.offers.seen(some))
            case "taken":
                typist._note(typist.offers.taken(some))
            case "time":
                typist.now += 100
                typist._note(typist.offers.advance(typist.now))
            case "drop":
                typist._note(typist.offers.dropped(DOC))
        leads = typist.offers.current(DOC)
        if leads is not None and leads.state not in (State.GONE, State.ACCEPTED):
            assert typist.text[leads.start :] == leads.text[: leads.done]
    for (proposal, outcome), count in typist.seen.items():
        assert count == 1 or outcome is OutcomeKind.PARTIAL
        if outcome is not OutcomeKind.SHOWN:
            assert typist.seen[proposal, OutcomeKind.SHOWN] == 1
    taken = (OutcomeKind.ACCEPTED, OutcomeKind.PARTIAL)
    for proposal in typist.texts:
        ends = [kind for (one, kind) in typist.seen if one == proposal and kind not in taken]
        assert len(ends) <= 2  # shown, and dismissed, replaced or typed through


@given(answers(), st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 2))
def test_any_of_them_is_accepted_by_its_text_or_typed_through(
    texts: list[str], number: int, at_once: bool, reported: bool, again: int
) -> None:
    typist = Typist(reported)
    typist.answer(texts)
    chosen = typist.standing[number % len(texts)]
    typist._note(typist.offers.seen(chosen))
    text = typist.texts[chosen]
    accepted = [typist.type(part, again) for part in ([text] if at_once else text)]
    if at_once and len(text) > 1:
        assert accepted == [chosen]
        assert typist.seen[chosen, OutcomeKind.ACCEPTED] == 1
    else:
        assert set(accepted) == {""}
        assert typist.seen[chosen, OutcomeKind.TYPED_THROUGH] == 1
    assert {proposal for proposal, _ in typist.seen} == {chosen}  # the others end silently
