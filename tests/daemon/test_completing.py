"""What is answered early, remembered, written ahead, and not said at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from echo_core.completion.gate import Eagerness, Evidence
from echo_core.completion.rhythm import REFUSALS_MIN
from echo_core.completion.silence import REJECTED_MS
from echo_core.records.events import OutcomeKind, Proposed
from echo_core.records.reasons import Reason
from echo_core.records.wire import DocumentCursor, DocumentRef, OutcomeReport
from echo_daemon.completion.values import CompletionOptions
from echo_daemon.structure.api import Advice, Scope
from echo_engine.api import EngineState
from echo_testing.desk import DOC, Desk

BLOCK = "a = 1\n    b = 2\n    c = 3\n"
BODY = "def f():\n    \n"
AT = len("def f():\n    ")


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until `holds`."""
    for _ in range(1_000_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("what was waited for never came")


async def shown(desk: Desk, at: int) -> str:
    (offer,) = (await desk.ask(at)).offers
    desk.front.outcome(OutcomeReport(offer.id, "shown", len(offer.text)))
    return offer.text


def written_in_lines(desk: Desk) -> asyncio.Event:
    """The engine writes BLOCK, and stands still before its second line until the event is set."""
    desk.engine.text, desk.engine.piece_chars = BLOCK, 6
    desk.engine.gate = gate = asyncio.Event()
    gate.set()
    return gate


async def first_line(desk: Desk, gate: asyncio.Event) -> tuple[str, str]:
    """Ask for a block, and let only its first line be written."""
    gate.clear()
    asking = asyncio.create_task(desk.ask(AT))
    await desk.engine.asked.wait()
    gate.set()
    gate.clear()  # whoever waits goes on, to the next piece
    await desk.engine.wrote.wait()
    (offer,) = (await asking).offers
    return offer.id, offer.text


async def test_the_first_line_is_answered_early_and_the_rest_follows_its_acceptance() -> None:
    desk = Desk()
    desk.open(BODY)
    gate = written_in_lines(desk)
    proposal, text = await first_line(desk, gate)
    assert text == "a = 1"
    desk.front.outcome(OutcomeReport(proposal, "shown", 5))
    desk.type(AT, "a = 1")
    desk.front.outcome(OutcomeReport(proposal, "accepted", 5))
    gate.set()
    (rest,) = (await desk.ask(AT + 5)).offers
    assert (rest.id, rest.text[:10]) == (proposal, "\n    b = 2")
    assert (len(desk.engine.jobs), desk.engine.cancelled) == (1, 0)
    desk.type(AT + 5, rest.text)
    assert desk.recorder.outcomes().count(OutcomeKind.SHOWN) == 1
    assert desk.recorder.outcomes().count(OutcomeKind.ACCEPTED) == 1


async def test_what_is_waited_for_the_engine_is_told_apart() -> None:
    desk = Desk()
    desk.open(BODY)
    gate = written_in_lines(desk)
    asking = asyncio.ensure_future(desk.ask(AT))
    await desk.engine.asked.wait()
    desk.clock.pass_ms(40)
    desk.engine.heard_ms = desk.clock.steady_ms()
    desk.clock.pass_ms(3)  # of the daemon's own, after the reply was read
    gate.set()
    answer = await asking
    assert (answer.latency_ms, desk.engine_ms) == (43.0, [40.0])
    desk.type(AT, "a")
    await desk.ask(AT + 1)
    assert (desk.answers[-1], desk.engine_ms[-1]) == ("typed_through", 0.0)


async def test_the_syntax_is_looked_at_when_the_job_is_on_its_way() -> None:
    jobs_then: list[int] = []
    looked = asyncio.Event()

    class Looking(Everywhere):
        def scope(self, language: str, text: str, offset: int) -> Scope:
            jobs_then.append(len(desk.engine.jobs))
            looked.set()
            return super().scope(language, text, offset)

    desk = Desk(structure=Looking(Advice(Scope.LINE, comment=False, string=False)))
    desk.open(BODY)
    desk.engine.prompt_gate = asyncio.Event()
    asking = asyncio.ensure_future(desk.ask(AT))
    await desk.engine.asked.wait()
    await looked.wait()
    desk.engine.prompt_gate.set()
    await asking
    assert jobs_then == [1]


async def test_what_a_job_took_is_counted_with_the_first_answer_from_it() -> None:
    desk = Desk()
    desk.open(BODY)
    gate = written_in_lines(desk)
    _, text = await first_line(desk, gate)
    desk.type(AT, text[0])
    second = await desk.ask(AT + 1)
    assert (second.offers[0].text, second.hit) == (text[1:], "typed_through")
    took = [one.tokens_evaluated for one in desk.recorder.events if isinstance(one, Proposed)]
    assert took == [2, 0]
    assert len(desk.engine.jobs) == 1
    gate.set()


async def test_who_asks_by_hand_gets_all_of_it() -> None:
    desk = Desk()
    desk.open(BODY)
    written_in_lines(desk)
    (offer,) = (await desk.ask(AT, "invoked")).offers
    assert offer.text == BLOCK.rstrip()


async def test_the_rest_goes_into_the_cache_unless_somebody_else_asks() -> None:
    desk = Desk()
    desk.open(BODY)
    gate = written_in_lines(desk)
    await first_line(desk, gate)
    gate.set()
    await until(lambda: desk.engine.ended == 1)
    answer = await desk.ask(AT)
    assert (answer.hit, answer.offers[0].text) == ("exact", BLOCK.rstrip())

    desk = Desk()
    desk.open(BODY)
    gate = written_in_lines(desk)
    await first_line(desk, gate)
    desk.type(AT, "z")
    asking = asyncio.create_task(desk.ask(AT + 1))
    await until(lambda: len(desk.engine.jobs) == 2)
    await until(desk.engine.freed.is_set)
    gate.set()
    assert (await asking).reason == Reason.PROPOSED


async def test_a_flight_with_a_line_outlives_the_request_that_is_cancelled(
    ring: Callable[[], None],
) -> None:
    desk = Desk()
    desk.open(BODY)
    gate = written_in_lines(desk)
    gate.clear()
    asking = asyncio.create_task(desk.ask(AT, "invoked"))
    await desk.engine.asked.wait()
    gate.set()
    gate.clear()  # whoever waits goes on, to the next piece
    await desk.engine.wrote.wait()
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    ring()
    assert desk.engine.cancelled == 0
    gate.set()
    await until(lambda: desk.engine.ended == 1)
    assert (await desk.ask(AT)).hit == "exact"


async def test_a_backspace_within_a_proposal_finds_it_again() -> None:
    desk = Desk()
    desk.open("x = ")
    assert await shown(desk, 4) == "value"
    desk.type(4, "v")
    desk.type(5, "a")
    assert await shown(desk, 6) == "lue"
    desk.type(5, "", 1)
    assert await shown(desk, 5) == "alue"
    assert len(desk.engine.jobs) == 1


async def test_what_follows_acceptance_is_written_ahead_once() -> None:
    desk = Desk(options=CompletionOptions())
    desk.open("x = ")
    await desk.ask(4)
    assert len(desk.engine.jobs) == 1  # the answer goes first
    await until(lambda: desk.engine.ended == 2)
    assert [job.window.tail for job in desk.engine.jobs] == ["x = ", "x = value"]
    desk.type(4, "v")
    assert (await desk.ask(5)).hit == "typed_through"
    desk.type(5, "alue")
    answer = await desk.ask(9)
    assert (answer.hit, answer.offers[0].text) == ("exact", "value")
    await until(lambda: desk.engine.ended == 3)
    assert len(desk.engine.jobs) == 3


async def test_what_is_written_ahead_gives_way_and_is_taken_over() -> None:
    desk = Desk(options=CompletionOptions())
    desk.open("x = ")
    desk.engine.piece_chars = 5
    await desk.ask(4)
    gate = desk.engine.gate = asyncio.Event()
    await until(lambda: len(desk.engine.jobs) == 2)
    desk.type(4, "value")
    asking = asyncio.create_task(desk.ask(9))
    await asyncio.sleep(0)
    gate.set()
    gate.clear()
    assert (await asking).reason == Reason.PROPOSED
    assert desk.engine.jobs[1].window.tail == "x = value"
    assert desk.engine.cancelled == 0
    await until(lambda: len(desk.engine.jobs) == 3)
    desk.type(9, "!")
    asking = asyncio.create_task(desk.ask(10))
    await until(desk.engine.freed.is_set)
    gate.set()
    assert (await asking).reason == Reason.PROPOSED


@dataclass
class Everywhere:
    """A structure that says the same of every place."""

    advice: Advice

    def advise(self, language: str, text: str, offset: int) -> Advice:
        return self.advice

    def scope(self, language: str, text: str, offset: int) -> Scope:
        return self.advice.scope

    def outline(self, language: str, text: str, before: int) -> str:
        return ""


@pytest.mark.parametrize("reason", [Reason.COMMENT, Reason.STRING])
async def test_silence_where_the_user_wants_it(reason: Reason) -> None:
    advice = Advice(Scope.LINE, comment=reason is Reason.COMMENT, string=reason is Reason.STRING)
    quiet = CompletionOptions(look_ahead=False, silence_in_comments=True, silence_in_strings=True)
    desk = Desk(structure=Everywhere(advice), options=quiet)
    desk.open("x = ")
    assert (await desk.ask(4)).reason == reason
    assert (await desk.ask(4, "invoked")).reason == Reason.PROPOSED
    desk = Desk(structure=Everywhere(advice))
    desk.open("x = ")
    assert (await desk.ask(4)).reason == Reason.PROPOSED


async def test_structure_says_how_much_is_written() -> None:
    desk = Desk(structure=Everywhere(Advice(Scope.LINE, comment=False, string=False)))
    desk.open(BODY)
    written_in_lines(desk)
    (offer,) = (await desk.ask(AT, "invoked")).offers
    assert offer.text == "a = 1"


async def test_snoozing() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.completer.snooze(5)
    assert (await desk.ask(4)).reason == Reason.SNOOZED
    assert (await desk.ask(4, "invoked")).reason == Reason.PROPOSED
    desk.clock.pass_ms(5 * 60_000)
    assert (await desk.ask(4)).reason == Reason.PROPOSED
    desk.completer.snooze(5)
    desk.completer.snooze(0)
    assert (await desk.ask(4)).reason == Reason.PROPOSED


async def test_what_was_contradicted_is_not_offered_there_again_for_a_while() -> None:
    desk = Desk()
    desk.open("x = ")
    await shown(desk, 4)
    desk.type(4, "v")
    desk.type(5, "(")
    assert desk.recorder.outcomes()[-1] is OutcomeKind.DISMISSED
    desk.type(5, "", 1)
    assert (await desk.ask(5)).reason == Reason.REJECTED_HERE
    desk.type(4, "", 1)
    assert (await desk.ask(4)).reason == Reason.REJECTED_HERE
    assert (await desk.ask(4, "invoked")).reason == Reason.PROPOSED
    desk.clock.pass_ms(REJECTED_MS)
    assert (await desk.ask(4)).reason == Reason.PROPOSED


async def test_a_proposal_that_is_hardly_ever_wanted_is_not_shown() -> None:
    calm = CompletionOptions(look_ahead=False, eagerness=Eagerness.CALM)
    desk = Desk(options=calm)
    desk.open("x = ")
    desk.engine.logprob = -3.0
    assert (await desk.ask(4)).reason == Reason.UNSURE
    assert (await desk.ask(4, "invoked")).reason == Reason.PROPOSED


async def test_outcomes_teach_the_gate_once_a_proposal() -> None:
    desk = Desk()
    desk.open("x = ")
    (offer,) = (await desk.ask(4)).offers
    desk.front.outcome(OutcomeReport(offer.id, "shown", 5))
    assert desk.completer.gate.outcomes == 0
    desk.front.outcome(OutcomeReport(offer.id, "partial", 2))
    desk.front.outcome(OutcomeReport(offer.id, "accepted", 5))
    assert desk.completer.gate.outcomes == 1


async def test_a_cursor_that_comes_to_new_anchors_lets_the_engine_prepare() -> None:
    desk = Desk()
    desk.open("x = 1\n" * 400)
    desk.front.cursor(DocumentCursor(DOC, 1200, 1200))
    (first,) = desk.engine.prepared
    assert (first.head + first.tail).endswith("x = 1\n")
    desk.front.cursor(DocumentCursor(DOC, 1200, 1200))
    desk.front.focus(DocumentRef(DOC))
    assert len(desk.engine.prepared) == 1
    desk.front.cursor(DocumentCursor(DOC, 5, 5))
    assert len(desk.engine.prepared) == 2
    desk.engine.state = EngineState.IDLE
    desk.front.cursor(DocumentCursor(DOC, 2000, 2000))
    assert len(desk.engine.prepared) == 2


async def test_the_engine_is_asked_after_a_pause_in_typing_the_cache_at_once() -> None:
    desk = Desk()
    desk.open("x = ")
    await desk.ask(4)
    for _ in range(REFUSALS_MIN):
        desk.completer.learn(Evidence(-1.0, -1.0, 5), wanted=False)
    desk.type(4, "a")
    desk.clock.pass_ms(100)  # the rhythm; the engine has taken no time
    overtaken = asyncio.create_task(desk.ask(len(desk.text)))
    await until(lambda: desk.clock.sleeping != [])
    jobs = len(desk.engine.jobs)
    desk.type(len(desk.text), "c")
    asking = asyncio.create_task(desk.ask(len(desk.text)))
    assert (await overtaken).reason == Reason.CANCELLED
    await until(lambda: desk.clock.sleeping != [])
    assert len(desk.engine.jobs) == jobs
    desk.clock.pass_ms(200)
    assert (await asking).reason == Reason.PROPOSED
    assert len(desk.engine.jobs) == jobs + 1
    assert (await desk.ask(len(desk.text))).hit == "exact"
