"""The index and the oracle say the same of any session: breaks, times, texts, counts.

The sessions are made of what editors do: typing with a request at each key, multi-cursor edits,
undo and redo, formatters, reloads, line ends that change, other documents, cursor moves, waiting.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core import limits
from echo_core.experience.mining import Experience, Mined
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Mark,
    Marked,
    Opened,
    Origin,
    Outcome,
    OutcomeKind,
    Proposed,
    Renamed,
    Requested,
    Trigger,
)
from echo_core.text.edits import Edit, apply, invert
from echo_testing.naive_experience import NaiveExperience

DOCS = ("a", "b")
LETTERS = "xy(\n\r "


class Story:
    """A session, one thing after the other, as a person and an editor could make it."""

    def __init__(self, number: Callable[[int, int], int]) -> None:
        self.number = number  # between two bounds, both included
        self.events: list[Event] = []
        self._texts: dict[str, str] = {}
        self._now = 0
        self._doc = DOCS[0]
        self._cursor = 0
        self._undo: list[tuple[str, Edit]] = []
        self._proposals: list[str] = []
        self._requests = 0
        self.open(self._doc)

    def word(self) -> str:
        return "".join(LETTERS[self.number(0, 5)] for _ in range(self.number(0, 3)))

    def step(self) -> None:
        doing = (
            *(self.type,) * 6,
            *(self.ask,) * 4,
            *(self.accept,) * 2,
            *(self.wait,) * 2,
            self.delete,
            self.change_line_ends,
            self.undo,
            self.reload,
            self.switch,
            self.open_again,
            self.rename,
            self.mark,
            *self.calm(),
        )
        doing[self.number(0, len(doing) - 1)]()

    def calm_step(self) -> None:
        """One after which gaps at many places may be alive."""
        doing = (*(self.ask,) * 2, *self.calm())
        doing[self.number(0, len(doing) - 1)]()

    def calm(self) -> list[Callable[[], None]]:
        return [self.move, self.move, self.shown, self.other_cursors, self.format_others]

    def edits(self, edits: list[Edit], origin: Origin, proposal: str = "") -> None:
        text = self._texts[self._doc]
        for edit in edits:
            self._undo.append((self._doc, invert(text, edit)))
            text = apply(text, edit)
        self._texts[self._doc] = text
        self.events.append(Edited(self._now, self._doc, 1, tuple(edits), origin, proposal))
        self._cursor = min(self._cursor, len(text))

    def open(self, doc: str) -> None:
        self._doc, self._cursor = doc, 0
        if doc not in self._texts:
            lines = self.number(0, 12)
            self._texts[doc] = self.word() + "one two\n" * lines
        self._cursor = self.number(0, len(self._texts[doc]))
        self.events.append(Opened(self._now, doc, "python", 1, self._texts[doc]))

    def open_again(self) -> None:
        self.events.append(Closed(self._now, self._doc))
        self.open(self._doc)

    def rename(self) -> None:
        """To a name of its own, to that of another document, or to its own."""
        to = (*DOCS, "c")[self.number(0, 2)]
        self.events.append(Renamed(self._now, self._doc, to))
        self._texts[to] = self._texts.pop(self._doc)
        self._doc = to
        self._undo.clear()

    def mark(self) -> None:
        self.events.append(Marked(self._now, list(Mark)[self.number(0, len(Mark) - 1)]))

    def switch(self) -> None:
        other = DOCS[1 if self._doc == DOCS[0] else 0]
        if other not in self._texts:
            self.open(other)
        self._doc = other
        self._cursor = self.number(0, len(self._texts[other]))

    def type(self) -> None:
        word = self.word()
        self.edits([Edit(self._cursor, self._cursor, word)], Origin.TYPED)
        self._cursor += len(word)
        self.ask()

    def ask(self) -> None:
        self._requests += 1
        request = f"r{self._requests}"
        self.events.append(
            Requested(self._now, request, self._doc, 1, self._cursor, Trigger.AUTOMATIC)
        )
        if self.number(0, 1):
            proposal = f"p{self.number(self._requests // 3, self._requests)}"
            self._proposals.append(proposal)
            self.events.append(
                Proposed(self._now, request, proposal, "xyz", "m", -0.1, 1.0, 1, 1, 1, "proposed")
            )

    def accept(self) -> None:
        word = self.word()
        proposal = self._proposals[-1] if self._proposals else "p"
        self.edits([Edit(self._cursor, self._cursor, word)], Origin.ACCEPTED, proposal)
        self._cursor += len(word)

    def shown(self) -> None:
        proposal = self._proposals[-1] if self._proposals else "unknown"
        self.events.append(Outcome(self._now, proposal, OutcomeKind.SHOWN, 3))

    def delete(self) -> None:
        start = max(0, self._cursor - self.number(0, 6))
        self.edits([Edit(start, self._cursor, "")], Origin.TYPED)
        self._cursor = start

    def move(self) -> None:
        self._cursor = self.number(0, len(self._texts[self._doc]))
        self.events.append(CursorMoved(self._now, self._doc, self._cursor, self._cursor))

    def wait(self) -> None:
        self._now += (1, 400, 3000, 7000, 120_000)[self.number(0, 4)]

    def other_cursors(self) -> None:
        text = self._texts[self._doc]
        at = sorted({self._cursor, self.number(0, len(text)), self.number(0, len(text))})
        word = self.word()
        edits = [Edit(start, start, word) for start in reversed(at)]
        self.edits(edits, Origin.AUTOMATIC)

    def format_others(self) -> None:
        length = len(self._texts[self._doc])
        edits = []
        for _ in range(self.number(1, 4)):
            start = self.number(0, length)
            edit = Edit(start, min(length, start + self.number(0, 9)), self.word())
            length += edit.growth
            edits.append(edit)
        self.edits(edits, Origin.AUTOMATIC)

    def change_line_ends(self) -> None:
        text = self._texts[self._doc]
        at = [index for index, char in enumerate(text) if char == "\n"]
        origin = (Origin.AUTOMATIC, Origin.TYPED)[self.number(0, 1)]
        self.edits([Edit(index, index + 1, "\r\n") for index in reversed(at)], origin)

    def undo(self) -> None:
        if self._undo and self._undo[-1][0] == self._doc:
            _, edit = self._undo.pop()
            if edit.end <= len(self._texts[self._doc]):
                self.edits([edit], (Origin.UNDONE, Origin.TYPED)[self.number(0, 1)])
                self._cursor = edit.end_after

    def reload(self) -> None:
        text = self._texts[self._doc]
        self.edits([Edit(0, len(text), "new\n" + text[:20])], Origin.EXTERNAL)

    def close(self) -> None:
        for doc in self._texts:
            self.events.append(Closed(self._now, doc))


@st.composite
def stories(draw: Callable[[st.SearchStrategy[int]], int]) -> list[Event]:
    """Sessions that shrink well."""
    story = Story(lambda low, high: draw(st.integers(low, high)))
    for _ in range(story.number(0, 40)):
        story.step()
    story.close()
    return story.events


def long_story(seed: int) -> list[Event]:
    """A session in which what is rare meets what is rare: hypothesis draws short ones."""
    chance = random.Random(seed)
    story = Story(chance.randint)
    calm = chance.random()
    for _ in range(chance.choice((20, 60, 200))):
        if chance.random() < calm:
            story.calm_step()
        else:
            story.step()
    story.close()
    return story.events


def both(events: list[Event]) -> Iterator[tuple[list[Mined], list[Mined]]]:
    """What index and oracle say of each event."""
    index, oracle = Experience(), NaiveExperience()
    for event in events:
        yield index.feed(event), oracle.feed(event)
        assert index.gaps_live == len(oracle.gaps)
    assert index.gaps_live == 0


def bounds(patch: pytest.MonkeyPatch, anchor: int, chars: int, live: int) -> None:
    """Limits for texts of a few lines: with short anchors gaps live side by side in them."""
    patch.setattr(limits, "GAP_ANCHOR_CHARS", anchor)
    patch.setattr(limits, "GAP_CHARS_MAX", chars)
    patch.setattr(limits, "GAPS_LIVE_MAX", live)


@pytest.mark.parametrize("anchor_chars", [1, 4, 160])
@given(events=stories())
def test_the_index_says_what_looking_at_every_gap_says(
    anchor_chars: int, events: list[Event]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        bounds(patch, anchor_chars, 40, 24)
        for mine, theirs in both(events):
            assert mine == theirs


@pytest.mark.parametrize("chars", [10, 40, 4000])
@pytest.mark.parametrize("anchor_chars", [1, 4, 160])
def test_it_says_so_of_long_sessions(
    anchor_chars: int, chars: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds(monkeypatch, anchor_chars, chars, chars // 2)
    for seed in range(60):
        for number, (mine, theirs) in enumerate(both(long_story(seed))):
            assert mine == theirs, f"at event {number} of session {seed}"


def test_they_agree_on_what_stood_where_text_beside_a_gap_came_from_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The inner gap had its most before the outer one did: no chain of typing has that."""
    bounds(monkeypatch, 1, 4000, 24)

    def ask(request: str, at: int) -> Requested:
        return Requested(0, request, "a", 1, at, Trigger.AUTOMATIC)

    def edit(start: int, end: int, text: str, origin: Origin = Origin.TYPED) -> Edited:
        return Edited(0, "a", 1, (Edit(start, end, text),), origin)

    story: list[Event] = [
        Opened(0, "a", "python", 1, "()"),
        ask("outer", 1),
        edit(1, 1, "a" * 12),
        ask("inner", 4),
        edit(4, 4, "hhhhh"),
        edit(4, 9, "", Origin.UNDONE),
        ask("beside", 10),
        edit(7, 7, "bbbb", Origin.AUTOMATIC),
        edit(4, 4, "ccc"),
        Outcome(0, "p", OutcomeKind.SHOWN, 3),
        Closed(0, "a"),
    ]
    shown = Proposed(0, "inner", "p", "xyz", "m", -0.1, 1.0, 1, 1, 1, "proposed")
    story.insert(4, shown)
    said = [pair for pair in both(story) if pair[0] or pair[1]]
    assert all(mine == theirs for mine, theirs in said)
    samples = [one.sample for mine, _ in said for one in mine if one.sample]
    assert [(one.request, one.grown_chars) for one in samples] == [("outer", 19), ("inner", 5)]
