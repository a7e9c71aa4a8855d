"""When samples are judged: idle, plugged in, recorded; what typing, batteries and failures do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from echo_core.errors import EngineError, StoreError
from echo_core.judging.checks.case import Case
from echo_core.judging.judgement import State
from echo_daemon.distilling import distiller as d
from echo_daemon.distilling.api import Around, Conditions
from echo_daemon.distilling.distiller import Distiller, Options, Pause, Tally
from echo_daemon.distilling.pipeline import Pipeline
from echo_engine.background import Preempted
from echo_testing.judging import (
    ListedSamples,
    ScriptedExaminer,
    ScriptedTeacher,
    a_table,
)
from echo_testing.samples import a_sample
from echo_testing.waiting import until
from echo_testing.wound_clock import WoundClock

IDLE_MS = 30_000


@dataclass
class Room:
    """A distiller with everything around it."""

    quiet_ms: float = 60_000
    battery: bool = False
    askable: bool = True

    def __post_init__(self) -> None:
        self.clock = WoundClock()
        self.clock.pass_ms(1_000_000)
        self.samples = ListedSamples({n: a_sample(f"call{n}()") for n in range(1, 6)})
        self.use(1)

    def use(self, words: int, options: Options | None = None) -> Distiller:
        table = a_table(words)
        self.examiner = ScriptedExaminer(table)
        self.teacher = ScriptedTeacher()
        self.pipeline = Pipeline(table, self.examiner, self.teacher.choose, self.teacher.asking)
        self.distiller = Distiller(
            self.samples,
            self.examiner,
            self.pipeline,
            Conditions(lambda: self.quiet_ms, lambda: self.battery, lambda: self.askable),
            self.clock,
            options=options,
        )
        return self.distiller

    def look(self) -> None:
        asyncio.run(self.distiller.look())

    def now(self, limit: int | None = None) -> Tally:
        return asyncio.run(self.distiller.now(limit, lambda _: None))

    @property
    def states(self) -> dict[int, State]:
        return {number: row.judgement.state for number, row in self.samples.rows.items()}


def test_what_is_due_is_judged_newest_first_and_once() -> None:
    room = Room()
    room.look()
    assert room.samples.writes == [5, 4, 3, 2, 1]
    assert set(room.states.values()) == {State.KEPT}
    assert room.distiller.pause is Pause.NOTHING_DUE
    room.clock.pass_ms(d.REST_MS)
    room.look()
    assert len(room.samples.writes) == 5


def test_another_version_of_a_check_judges_all_again() -> None:
    room = Room()
    room.look()
    questions = len(room.teacher.questions)
    room.use(2)
    room.look()
    assert room.samples.writes == [5, 4, 3, 2, 1] * 2
    assert (questions, room.teacher.questions) == (5, [])  # no model is asked again
    assert {names for _, _, names in room.examiner.asked} == {("words",)}


def test_a_check_that_was_installed_judges_again() -> None:
    room = Room()
    room.examiner.missing = frozenset({"words"})
    room.look()
    room.examiner.missing = frozenset()
    room.clock.pass_ms(d.REST_MS)
    room.look()
    assert len(room.samples.writes) == 10


def test_nobody_is_disturbed() -> None:
    for room, options, pause in (
        (Room(quiet_ms=IDLE_MS - 1), None, Pause.TYPING),
        (Room(battery=True), None, Pause.ON_BATTERY),
        (Room(), Options(enabled=False), Pause.OFF),
    ):
        room.use(1, options)
        room.look()
        assert room.samples.writes == []
        assert room.distiller.pause is pause
        assert room.now().judged == 5  # who asks by hand is asked nothing of that
    room = Room(battery=True)
    room.use(1, Options(on_battery=True))
    room.look()
    assert len(room.samples.writes) == 5


def test_nothing_is_judged_while_nothing_is_recorded() -> None:
    room = Room()
    room.samples.recording = False
    room.look()
    assert (room.samples.writes, room.distiller.pause) == ([], Pause.NOT_RECORDING)
    with pytest.raises(StoreError, match="Nothing is recorded"):
        room.now()


async def test_who_started_the_daemon_waits_for_the_store() -> None:
    room = Room()
    room.samples.recording, room.samples.opening = False, True
    asked = asyncio.ensure_future(room.distiller.now(None, lambda _: None))
    await until(lambda: room.clock.sleeping)
    room.samples.recording, room.samples.opening = True, False
    room.clock.pass_ms(d.LOOK_MS)
    assert (await asked).judged == 5


def test_a_folder_that_was_switched_off_is_passed_over() -> None:
    room = Room()
    room.samples.samples[3] = replace(a_sample("x()"), doc="file:///off/a.py")
    room.samples.private.add("file:///off/a.py")
    tally = room.now()
    assert (tally.judged, tally.passed_over) == (4, 1)
    assert 3 not in room.states


def test_typing_ends_it_between_two_samples() -> None:
    room = Room()
    rounds = 0

    def then_somebody_types() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 4:  # a sample asks the examiner twice
            room.quiet_ms = 0

    room.examiner.before_each = then_somebody_types
    room.look()
    assert room.samples.writes == [5, 4]
    assert room.distiller.pause is Pause.TYPING
    room.quiet_ms = IDLE_MS
    room.look()
    assert room.samples.writes == [5, 4, 3, 2, 1]


def test_typing_takes_the_model_away_and_the_same_sample_comes_first_again() -> None:
    room = Room()
    room.teacher.raising = [Preempted("typing")]
    room.look()
    assert room.samples.writes == []
    room.clock.pass_ms(d.REST_MS)
    room.look()
    assert room.samples.writes == [5, 4, 3, 2, 1]


async def test_who_asked_by_hand_waits_for_a_pause_in_typing() -> None:
    room = Room(quiet_ms=0)
    room.teacher.raising = [Preempted("typing")]
    asked = asyncio.ensure_future(room.distiller.now(None, lambda _: None))
    await until(lambda: room.clock.sleeping)
    assert room.samples.writes == []
    room.quiet_ms = d.NOW_QUIET_MS
    room.clock.pass_ms(d.LOOK_MS)
    assert (await asked).judged == 5


async def test_who_asks_by_hand_comes_first() -> None:
    room = Room()
    asked: list[asyncio.Future[Tally]] = []
    tallies: list[int] = []

    def then_somebody_asks() -> None:
        if not asked:
            asked.append(
                asyncio.ensure_future(
                    room.distiller.now(None, lambda tally: tallies.append(tally.judged))
                )
            )

    room.examiner.before_each = then_somebody_asks
    await room.distiller.look()
    assert (await asked[0]).judged == len(tallies)
    assert sorted(room.samples.writes) == [1, 2, 3, 4, 5]  # each once


async def test_whoever_stops_it_loses_one_sample_and_nothing_else() -> None:
    room = Room()
    rounds = 0

    def then_ctrl_c() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 6:
            running.cancel()

    room.examiner.before_each = then_ctrl_c
    running = asyncio.ensure_future(room.distiller.now(None, lambda _: None))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(room.states) == [3, 4, 5]
    room.examiner.before_each = lambda: None
    await room.distiller.look()
    assert sorted(room.states) == [1, 2, 3, 4, 5]


def test_a_limit_ends_it() -> None:
    room = Room()
    tally = room.now(2)
    assert (tally.judged, tally.due, room.samples.writes) == (2, 5, [5, 4])


def test_counts_by_reason() -> None:
    room = Room()
    room.samples.samples = {
        1: a_sample("bad()"),
        2: a_sample("secret"),
        3: a_sample("bad2()"),
        4: a_sample("fine()"),
    }
    tally = room.now()
    assert (tally.judged, tally.kept) == (4, 1)
    assert tally.dropped == {"name_unknown": 2, "credential_form": 1}


def test_without_a_model_samples_are_judged_and_asked_about_later() -> None:
    room = Room(askable=False)
    room.look()
    assert room.teacher.questions == []
    assert all(row.judgement.is_unasked for row in room.samples.rows.values())
    room.askable = True
    room.clock.pass_ms(d.REST_MS)
    room.look()
    assert len(room.teacher.questions) == 5
    assert not any(row.judgement.is_unasked for row in room.samples.rows.values())


def test_an_engine_that_is_down_is_left_alone_for_longer_and_longer() -> None:
    room = Room()
    room.teacher.raising = [EngineError("down")] * 4
    room.look()
    assert (len(room.teacher.questions), room.distiller.pause) == (2, Pause.ENGINE_DOWN)
    room.clock.pass_ms(d.BACK_OFF_MS - 1)
    room.look()
    assert len(room.teacher.questions) == 2
    room.clock.pass_ms(d.REST_MS)
    room.look()
    assert len(room.teacher.questions) == 4
    room.clock.pass_ms(2 * d.BACK_OFF_MS - 1)
    assert room.distiller.pause is Pause.ENGINE_DOWN
    room.clock.pass_ms(d.REST_MS)
    room.look()
    assert set(room.states.values()) == {State.KEPT}


def test_a_sample_that_the_engine_dies_of_holds_up_no_other_and_is_dropped() -> None:
    room = Room()
    asked = room.teacher.silence

    async def dies_of_the_fifth(case: Case, around: Around, ask: bool) -> object:
        if "call5" in case.target:
            raise EngineError("died")
        return await asked(case, around, ask)

    room.pipeline._asking = {"silence": dies_of_the_fifth}  # type: ignore[dict-item]
    room.look()
    assert sorted(room.states) == [1, 2, 3, 4]
    for more in range(6, 6 + d.FAILURES_MAX):
        room.samples.samples[more] = a_sample(f"more{more}()")
        room.clock.pass_ms(d.REST_MS)
        room.look()
    assert room.states[5] is State.DROPPED


def test_a_store_that_closes_ends_the_pass() -> None:
    room = Room()
    room.samples.raising = [StoreError("closed")]
    assert room.now().ended is Pause.STORE_CLOSED


def test_the_checks_memory_is_given_back() -> None:
    room = Room()
    room.look()
    rested = room.examiner.rested
    room.clock.pass_ms(d.EXAMINER_REST_MS + 1)
    room.look()
    assert room.examiner.rested == rested + 1


async def test_it_looks_again_and_again_and_survives_whatever_happens() -> None:
    room = Room()
    room.samples.raising = [RuntimeError("unexpected")]
    running = asyncio.ensure_future(room.distiller.run())
    await until(lambda: room.clock.sleeping)
    room.clock.pass_ms(d.LOOK_MS)
    await until(lambda: room.clock.sleeping)
    assert room.states == {}
    room.clock.pass_ms(d.REST_MS)
    await until(lambda: len(room.states) == 5)
    running.cancel()
    assert sorted(room.states) == [1, 2, 3, 4, 5]


def test_every_pause_has_a_sentence() -> None:
    assert all(pause.sentence.endswith(".") for pause in Pause)
