"""Laws of gaps, on generated documents and edits."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_core.experience.mining import Experience, Mined
from echo_core.gaps.accepted import Accepted
from echo_core.gaps.index import Gaps
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Opened,
    Origin,
    Proposed,
    Requested,
    Trigger,
)
from echo_core.text import mirror
from echo_core.text.edits import Edit, apply
from echo_core.text.mirror import Mirror

TEXTS = st.text(alphabet="ab\n(\r", max_size=40)
ORIGINS = st.sampled_from(Origin)


@dataclass(frozen=True, slots=True)
class Step:
    """An edit by fractions of whatever the text is then."""

    start: float
    length: float
    inserted: str
    origin: Origin

    def on(self, text: str) -> Edit:
        start = int(self.start * len(text))
        end = min(len(text), start + int(self.length * 6))
        return Edit(start, end, self.inserted)


FRACTIONS = st.floats(0, 1)
STEPS = st.lists(
    st.builds(Step, FRACTIONS, FRACTIONS, st.text("xy\n", max_size=4), ORIGINS), max_size=12
)


@given(TEXTS, FRACTIONS, STEPS)
def test_a_live_gap_stands_between_untouched_anchors(
    text: str, where: float, steps: list[Step]
) -> None:
    at = int(where * len(text))
    gaps = Gaps()
    gaps.open("r", "d", at, len(text), 0)
    (gap,) = gaps.live("d")
    prefix = text[at - gap.prefix_anchor : at]
    suffix = text[at : at + gap.suffix_anchor]
    for step in steps:
        edit = step.on(text)
        gaps.edited("d", edit, step.origin, 1)
        text = apply(text, edit)
        if not gaps.live("d"):
            return
        (gap,) = gaps.live("d")
        assert text[gap.start - gap.prefix_anchor : gap.start] == prefix
        assert text[gap.end : gap.end + gap.suffix_anchor] == suffix
        assert 0 <= gap.start <= gap.end <= len(text)


@given(STEPS)
def test_accepted_characters_are_those_that_accepting_brought_in(steps: list[Step]) -> None:
    """Against a document whose every character carries its own origin."""
    text = ""
    accepted = Accepted(0)
    owners: list[str] = []
    for number, step in enumerate(steps):
        edit = step.on(text)
        proposal = f"p{number % 3}" if step.origin is Origin.ACCEPTED else None
        accepted.follow(edit, proposal)
        text = apply(text, edit)
        owners[edit.start : edit.end] = [proposal or ""] * len(edit.inserted)
        assert accepted.count(0, len(text)) == sum(map(bool, owners))
        assert accepted.count_of("p1", 0, len(text)) == owners.count("p1")
    accepted.forget(0, len(text))
    assert accepted.count(0, len(text)) == sum(map(bool, owners))
    accepted.forget(len(text), 0)
    assert accepted.count(0, len(text)) == 0


@given(TEXTS, STEPS, FRACTIONS, FRACTIONS)
def test_a_mirror_is_the_text(text: str, steps: list[Step], one: float, other: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "NEAR_CHARS", 3)
        patch.setattr(mirror, "NEAR_CHARS_MAX", 12)
        mirrored = Mirror(text)
        for step in steps:
            edit = step.on(text)
            mirrored.edit(edit)
            text = apply(text, edit)
            low, high = sorted((int(one * len(text)), int(other * len(text))))
            assert mirrored.cut(low, high) == text[low:high]
            start, end = mirrored.line(high)
            assert not set(text[start:end]) & set("\r\n")
            assert start == 0 or text[start - 1] in "\r\n"
            assert end == len(text) or text[end] in "\r\n"
            assert start <= high <= end
            if step.length > 0.5:
                assert mirrored.text == text
        assert mirrored.length == len(text)
        assert mirrored.text == text


def story(text: str, steps: list[Step], gaps_ms: list[int]) -> list[Event]:
    """A session: open, then edits with requests between them, then close."""
    events: list[Event] = [Opened(0, "d", "python", 1, text)]
    now = 0
    for number, step in enumerate(steps):
        now += gaps_ms[number % len(gaps_ms)] if gaps_ms else 0
        at = step.on(text).start
        events.append(Requested(now, f"r{number}", "d", number, at, Trigger.AUTOMATIC))
        events.append(
            Proposed(
                now, f"r{number}", f"p{number // 2}", "xy", "m", -0.5, 1.0, 9, 1, 2, "proposed"
            )
        )
        events.append(CursorMoved(now, "d", at, at))
        edit = step.on(text)
        text = apply(text, edit)
        events.append(Edited(now, "d", number, (edit,), step.origin, f"p{number // 2}"))
    events.append(Closed(now, "d"))
    return events


@given(TEXTS, STEPS, st.lists(st.integers(0, 200_000), max_size=5), st.lists(st.integers(0, 999)))
def test_looking_at_the_clock_changes_nothing(
    text: str, steps: list[Step], gaps_ms: list[int], looks: list[int]
) -> None:
    """Live mining ticks, a rebuild does not: both mine the same."""
    events = story(text, steps, gaps_ms)
    quiet, ticking = Experience(), Experience()
    rebuilt: list[Mined] = []
    live: list[Mined] = []
    before = 0
    for number, event in enumerate(events):
        rebuilt += quiet.feed(event)
        for look in looks[number % 3 :: 3]:
            live += ticking.advance(before + (event.at_ms - before) * look // 1000)
        live += ticking.feed(event)
        before = event.at_ms
    order = [(one.broken_at_ms, one.request) for one in live]
    assert sorted(live, key=lambda one: one.request) == sorted(rebuilt, key=lambda one: one.request)
    assert [when for when, _ in order] == sorted(when for when, _ in order)
    assert quiet.gaps_live == ticking.gaps_live == 0


@given(TEXTS, STEPS)
def test_a_sample_is_a_part_of_the_document_as_it_stood(text: str, steps: list[Step]) -> None:
    experience = Experience()
    for event in story(text, steps, [10]):
        before = experience.documents.get("d")
        standing = before.text if before else ""
        states = [standing]
        if isinstance(event, Edited):
            states += [apply(standing, edit) for edit in event.edits]
        for mined in experience.feed(event):
            if mined.sample is not None:
                sample = mined.sample
                whole = sample.prefix + sample.target + sample.suffix
                assert any(whole in state for state in states)
                assert sample.kept_chars <= sample.accepted_chars <= len(sample.target)
                assert sample.is_void == (not sample.target.strip())
