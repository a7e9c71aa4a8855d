"""Counting over the log says what a reader of every single event would say."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

import pytest

from echo_core.gaps.life import Break
from echo_core.records.events import (
    ALTERNATIVE,
    Edited,
    Event,
    Origin,
    Outcome,
    Proposed,
    Requested,
)
from echo_core.showing.figures import QUARTER_MS, Counted, Figures, Stretch, Where, summed
from echo_daemon.store import packs
from echo_daemon.store.gaps import GapsBroken
from echo_daemon.store.progress import counted
from echo_daemon.store.recorder import Store
from echo_testing.days import DAY_MS, DOCS, typing
from echo_testing.records import a_sample

START_MS = 1_700_000_000_000 // DAY_MS * DAY_MS + 5 * QUARTER_MS
END_MS = START_MS + 5 * DAY_MS


def one_by_one(
    events: Iterable[Event], stretch: Stretch, wanted: frozenset[str]
) -> dict[Where, Figures]:
    """The same, without SQL: every event is looked at."""
    rows: defaultdict[Where, list[Figures]] = defaultdict(list)
    asked: dict[str, str] = {}
    made: dict[str, tuple[str, str]] = {}
    seen: dict[str, int] = {}
    taken: set[str] = set()

    def add(at_ms: int, doc: str, model: str, figures: Figures) -> None:
        if stretch.since_ms <= at_ms < stretch.until_ms and doc in wanted:
            rows[Where(at_ms // QUARTER_MS, DOCS[doc], model)].append(figures)

    for event in events:
        match event:
            case Edited(origin=Origin.TYPED):
                chars = sum(len(edit.inserted) for edit in event.edits)
                add(event.at_ms, event.doc, "", Figures(typed_chars=chars))
            case Edited(origin=Origin.ACCEPTED):
                chars = sum(len(edit.inserted) for edit in event.edits)
                add(event.at_ms, event.doc, "", Figures(accepted_chars=chars))
            case Requested():
                asked[event.request] = event.doc
            case Proposed():
                made[event.proposal] = (asked[event.request], event.model)
                if event.reason != ALTERNATIVE:
                    doc = asked[event.request]
                    took = {math.ceil(event.latency_ms): 1} if event.tokens_prompt else {}
                    figures = Figures(latencies=took, reasons={event.reason: 1})
                    add(event.at_ms, doc, event.model, figures)
            case Outcome(outcome="shown" | "accepted" | "partial"):
                seen.setdefault(event.proposal, event.at_ms)
                if event.outcome != "shown":
                    taken.add(event.proposal)
            case _:
                pass
    for proposal, at_ms in seen.items():
        add(at_ms, *made[proposal], Figures(shown=1, accepted=int(proposal in taken)))
    return {where: summed(parts) for where, parts in rows.items()}


async def ask(store: Store, stretch: Stretch, events_max: int | None = None) -> Counted:
    await store.flush()
    queries = store.reading()
    found = counted(queries, stretch, events_max)
    queries.close()
    return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_figures_are_those_of_every_event(
    store: Store, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(packs, "PACK_EVENTS", 100)
    events = list(typing(seed, START_MS, days=4, keys=150))
    for event in events:
        store.append(event, "s1")
    for wanted in (frozenset(DOCS), frozenset([*DOCS][:1])):
        for since_ms, until_ms in ((START_MS, END_MS), (START_MS + DAY_MS, START_MS + 2 * DAY_MS)):
            stretch = Stretch(since_ms, until_ms, None if len(wanted) == len(DOCS) else wanted)
            found = await ask(store, stretch)
            assert found.figures == one_by_one(events, stretch, wanted)
            assert not found.is_cut
    queries = store.reading()
    ((blocks,),) = [tuple(row.values()) for row in queries.rows("SELECT count(*) FROM packs")]
    queries.close()
    assert isinstance(blocks, int)
    assert blocks > 5


async def test_what_is_too_much_is_cut_at_a_day(store: Store) -> None:
    events = list(typing(3, START_MS, days=4, keys=50))
    for event in events:
        store.append(event, "s1")
    whole = await ask(store, Stretch(0, END_MS))
    assert START_MS <= whole.since_ms < START_MS + DAY_MS
    part = await ask(store, Stretch(0, END_MS), events_max=len(events) // 2)
    assert part.is_cut
    assert part.since_ms % DAY_MS == 0
    assert START_MS < part.since_ms < END_MS
    assert part.figures == {
        where: figures
        for where, figures in whole.figures.items()
        if where.quarter * QUARTER_MS >= part.since_ms
    }


async def test_what_was_kept_counts_when_its_gap_ended(store: Store) -> None:
    store.append(next(typing(1, START_MS, 1, 1)), "s1")
    for number, reason in enumerate((Break.LEFT, Break.LEFT, Break.IMPORTED)):
        ended_ms = START_MS + number * DAY_MS
        sample = replace(a_sample(), request=f"r{number}", broken_at_ms=ended_ms)
        store.write_sample(replace(sample, break_reason=reason))
    store.write_gaps_broken(
        GapsBroken("s1", next(iter(DOCS)), START_MS + DAY_MS, Break.LEFT, ("g.1", "g.2"))
    )
    found = await ask(store, Stretch(START_MS + DAY_MS, END_MS))
    assert summed(found.figures.values()) == Figures(kept_chars=7, ended_chars=7)
    assert found.endings == Counter({"left": 2})


async def test_of_an_empty_store_there_is_nothing(store: Store) -> None:
    found = await ask(store, Stretch(0, END_MS), events_max=10)
    assert (found.figures, found.endings, found.is_cut) == ({}, {}, False)
