"""`bench.typing` and `bench.texts`: sessions are the same for everybody and end in the file."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from itertools import combinations
from statistics import fmean

import pytest

from bench import latency
from bench.latency import Pass
from bench.sides import Answer, Asked
from bench.speed import Speed
from bench.texts import LONG_LINES, Source, repeated, sources
from bench.typing import KEY_MS_MEAN, REST_MS_MEAN, Session, sessions
from echo_core.text.edits import Edit

SEEDS = (1, 2, 3)
TURNS = 10  # of the event loop, in which whoever was woken does what it does


@pytest.mark.parametrize("seed", SEEDS)
def test_every_session_ends_in_its_file(seed: int) -> None:
    for session in sessions(sources(seed), 300, seed):
        assert session.end_text() == session.source.text, session.source.name
        assert session.places


@pytest.mark.parametrize("keys", [6, 60, 301])
def test_as_many_keys_ask_as_were_wanted(keys: int) -> None:
    planned = sessions(sources(1), keys, 1)
    asking = sum(key.asks for session in planned for key in session.keys)
    assert keys <= asking < keys + len(planned)


def test_the_same_seed_makes_the_same_session_and_another_seed_another() -> None:
    assert sessions(sources(1), 120, 1) == sessions(sources(1), 120, 1)
    assert sessions(sources(1), 120, 1) != sessions(sources(1), 120, 2)


def test_no_pass_comes_to_a_place_of_another() -> None:
    plan = latency.Plan.made(600, 1)
    for one, other in combinations(Pass, 2):
        for first, second in zip(plan.sessions[one], plan.sessions[other], strict=True):
            assert first.source == second.source
            starts = {place.start for place in first.places}
            assert starts.isdisjoint(place.start for place in second.places)
            assert second.end_text() == second.source.text


def test_the_cursor_comes_to_a_place_and_rests_there() -> None:
    places = [place for session in sessions(sources(1), 3000, 1) for place in session.places]
    assert all(place.arrives_at == place.keys[0].edit.end for place in places)
    assert REST_MS_MEAN * 0.7 < fmean(place.rest_ms for place in places) < REST_MS_MEAN * 1.4


def test_the_files_are_three_languages_short_and_long() -> None:
    found = {(one.language, one.text.count("\n") >= LONG_LINES) for one in sources(1)}
    languages = ("python", "typescript", "rust")
    assert found == {(language, long) for language in languages for long in (False, True)}
    for one in sources(1):
        assert one.text.count("\n") < LONG_LINES + 600, one.name


def test_repeated_declarations_have_names_of_their_own() -> None:
    text = repeated("fn read_all() {\n    read_all();\n}\n", random.Random(1))
    names = [line for line in text.split("\n") if line.startswith("fn ")]
    assert len(names) > LONG_LINES // 5
    assert len(set(names)) > len(names) * 0.9


def test_the_rhythm_is_a_persons() -> None:
    waits = [
        key.wait_ms
        for session in sessions(sources(1), 3000, 1)
        for place in session.places
        for key in place.keys[2:]  # behind the deletion and the first key of a line
        if not key.edit.inserted.isspace()
    ]
    assert KEY_MS_MEAN * 0.8 < fmean(waits) < KEY_MS_MEAN * 1.3
    assert min(waits) > 20


def test_two_lines_are_typed_with_one_key_for_their_break() -> None:
    keys = [key for session in sessions(sources(1), 3000, 1) for key in session.keys if key.asks]
    breaks = [key.edit.inserted for key in keys if "\n" in key.edit.inserted]
    assert breaks
    assert all(struck.strip() == "" for struck in breaks)
    assert all(len(key.edit.inserted) <= 1 for key in keys if "\n" not in key.edit.inserted)


class SteppingClock:
    """Time that passes when everybody waits for it: whoever is due first goes on."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self._due: list[float] = []

    def wall_ms(self) -> int:
        return int(self.now_ms)

    def steady_ms(self) -> float:
        return self.now_ms

    async def sleep_ms(self, duration_ms: float) -> None:
        due = self.now_ms + duration_ms
        self._due.append(due)
        try:
            first = 0  # so many turns of the loop in which nobody else was due before
            while first < TURNS:
                await asyncio.sleep(0)
                first = first + 1 if due <= min(self._due) else 0
            self.now_ms = max(self.now_ms, due)
        finally:
            self._due.remove(due)


class SlowSide:
    """A side that answers every key with a proposal, `answer_ms` after it was asked."""

    def __init__(self, clock: SteppingClock, answer_ms: float) -> None:
        self.text = ""
        self.clock = clock
        self.answer_ms = answer_ms
        self.given_up = 0
        self.asked_by_hand = 0
        self.cursor = 0

    async def open(self, source: Source) -> None:
        self.text = source.text

    async def close(self) -> str:
        return self.text

    async def move(self, offset: int) -> None:
        self.cursor = offset

    async def edit(self, edit: Edit) -> None:
        self.text = self.text[: edit.start] + edit.inserted + self.text[edit.end :]

    async def ask(self, _offset: int, *, by_hand: bool) -> Asked:
        self.asked_by_hand += by_hand
        return SlowAsked(self)


class SlowAsked:
    """One request of it."""

    def __init__(self, side: SlowSide) -> None:
        self.side = side

    async def answer(self) -> Answer:
        await self.side.clock.sleep_ms(self.side.answer_ms)
        now_ms = self.side.clock.steady_ms()
        return Answer(proposed=True, hit="engine", tokens_evaluated=1, arrived_ms=now_ms)

    async def give_up(self) -> None:
        self.side.given_up += 1


@pytest.fixture(name="session")
def one_session() -> Session:
    return sessions(sources(1)[1:2], 40, 1)[0]  # a text that no change of ours changes


@pytest.mark.parametrize("how", [Pass.LOOKED_AT, Pass.TYPED_ON])
async def test_a_fast_side_has_a_value_at_every_key(session: Session, how: Pass) -> None:
    clock = SteppingClock()
    side = SlowSide(clock, 1.0)
    struck = await latency.play(side, session, clock, how)
    assert side.cursor == session.places[-1].arrives_at
    assert len(struck) == sum(key.asks for key in session.keys)
    assert latency.times(struck) == pytest.approx([1.0] * len(struck))
    assert side.given_up == 0
    assert side.text == session.source.text


async def test_a_slow_side_is_waited_for_where_it_is_looked_at(session: Session) -> None:
    clock = SteppingClock()
    side = SlowSide(clock, 60_000.0)
    struck = await latency.play(side, session, clock, Pass.LOOKED_AT)
    assert latency.times(struck) == pytest.approx([60_000.0] * len(struck))


async def test_an_overtaken_key_has_no_value(session: Session) -> None:
    clock = SteppingClock()
    side = SlowSide(clock, 60_000.0)
    struck = await latency.play(side, session, clock, Pass.TYPED_ON)
    overtaken = [one for one in struck if one.answer is None]
    assert side.given_up == len(overtaken)
    # Nobody strikes a key behind the last one of a place: it is waited for.
    assert len(struck) - len(session.places) <= len(overtaken) < len(struck)
    assert side.text == session.source.text


async def test_keys_at_which_only_one_side_proposed_are_left_out_of_pairs(session: Session) -> None:
    clock = SteppingClock()
    fast = await latency.play(SlowSide(clock, 1.0), session, clock, Pass.TYPED_ON)
    slow = await latency.play(SlowSide(clock, 60_000.0), session, clock, Pass.TYPED_ON)
    both = latency.where_both_proposed(fast, slow)
    assert both["echo_ms"] == {"count": len(latency.times(slow)), "p50": 1.0, "p95": 1.0}
    assert latency.equal_builds(0.1, Speed(200.0, 40.0), Speed(100.0, 40.0)) == 0.2
    assert latency.equal_builds(None, Speed(200.0, 40.0), Speed(100.0, 40.0)) is None


async def test_some_keys_of_a_place_ask_by_hand_and_wait(session: Session) -> None:
    clock = SteppingClock()
    side = SlowSide(clock, 60_000.0)
    struck = await latency.play(side, session, clock, Pass.BY_HAND)
    assert len(session.places) <= len(struck) < sum(key.asks for key in session.keys)
    assert side.asked_by_hand == len(struck)
    assert latency.times(struck) == pytest.approx([60_000.0] * len(struck))
    assert side.text == session.source.text


def test_what_the_peers_client_remembers_is_noted_beside_the_servers_time() -> None:
    asked = server(2500.0, remembered_ms=101.0)
    struck = [
        struck_at(100.0, asked),
        struck_at(100.0, replace(asked, proposed=False)),
        struck_at(100.0, replace(asked, remembered_ms=None)),
    ]
    assert latency.times(struck) == [2400.0, 2400.0]
    assert latency.times_with_client_cache(struck) == [1.0, 1.0, 2400.0]
    assert latency.ratios([240.0], latency.times(struck)) == {"p50": 0.1, "p95": 0.1}


def test_keys_that_were_answered_from_echos_cache_can_be_left_out() -> None:
    ours = [
        struck_at(0.0, replace(server(ms), hit=hit))
        for hit, ms in (("engine", 500.0), ("typed_through", 2.0))
    ]
    found = latency.where_both_proposed(ours, [struck_at(0.0, server(2000.0))] * 2, of_engine=True)
    assert found["echo_ms"] == {"count": 1, "p50": 500.0, "p95": 500.0}


def server(arrived_ms: float, remembered_ms: float | None = None) -> Answer:
    return Answer(
        proposed=True,
        hit="server",
        tokens_evaluated=257,
        arrived_ms=arrived_ms,
        remembered_ms=remembered_ms,
    )


def struck_at(at_ms: float, answer: Answer) -> latency.Struck:
    return latency.Struck("a.py", arrives=False, struck_ms=at_ms, answer=answer)
