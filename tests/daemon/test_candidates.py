"""Who asks by hand gets up to three: what is written for them, when it ends, what is recorded."""

from __future__ import annotations

import asyncio

import pytest

from echo_core.completion.candidates import (
    CANDIDATES_MAX,
    LINE_END,
    OPENING_LOGPROB_MIN,
    OTHERS_MS_MAX,
)
from echo_core.records.events import ALTERNATIVE, Edited, Origin, OutcomeKind, Proposed
from echo_core.records.reasons import Reason
from echo_core.records.wire import DocumentRef, OutcomeReport
from echo_daemon.completion.values import CompletionOptions
from echo_engine.api import EngineState
from echo_testing.desk import DOC, Desk

THREE = ("other(1)", "third")


def desk_with(*others: str, options: CompletionOptions | None = None) -> Desk:
    desk = Desk(options=options) if options else Desk()
    desk.open("x = ")
    desk.engine.others = others
    return desk


async def texts(desk: Desk, at: int = 4) -> list[str]:
    return [offer.text for offer in (await desk.ask(at, "invoked")).offers]


def proposed(desk: Desk) -> list[Proposed]:
    return [event for event in desk.recorder.events if isinstance(event, Proposed)]


async def until_jobs(desk: Desk, jobs: int) -> None:
    """Let the engine write until it has been asked so often; then it stands still."""
    gate = desk.engine.gate
    assert gate is not None
    for _ in range(1000):
        if len(desk.engine.jobs) == jobs:
            return
        gate.set()
        gate.clear()  # whoever waits goes on, by one piece
        await asyncio.sleep(0)
    raise AssertionError("it was never asked")


async def test_three_are_offered_each_with_its_id_and_event() -> None:
    desk = desk_with(*THREE, "fourth")
    answer = await desk.ask(4, "invoked")
    assert [offer.text for offer in answer.offers] == ["value", *THREE]
    assert {(offer.start, offer.end) for offer in answer.offers} == {(4, 4)}
    events = proposed(desk)
    assert [event.proposal for event in events] == [offer.id for offer in answer.offers]
    assert len({event.proposal for event in events}) == CANDIDATES_MAX
    assert len({event.request for event in events}) == 1
    assert [event.reason for event in events] == [Reason.PROPOSED, ALTERNATIVE, ALTERNATIVE]
    assert events[0].logprob_mean > events[1].logprob_mean
    assert (desk.reasons, desk.answers) == ({Reason.PROPOSED: 1}, ["engine"])
    avoided = [job.avoid for job in desk.engine.jobs]
    assert avoided == [(), (LINE_END, "value"), (LINE_END, "value", "other")]
    assert all(job.deadline_ms <= OTHERS_MS_MAX for job in desk.engine.jobs[1:])


async def test_who_did_not_ask_by_hand_gets_one() -> None:
    desk = desk_with(*THREE)
    assert len((await desk.ask(4)).offers) == 1
    assert len(desk.engine.jobs) == 1


@pytest.mark.parametrize(
    ("others", "offered"),
    [
        ((), ["value"]),
        (("   ", "third"), ["value"]),  # nothing else comes to its mind
        (("vAlue", "value + 1", "third"), ["value", "vAlue", "third"]),
        (("va lue",), ["value"]),
        (("val", "third"), ["value", "third"]),
        (("(", "third"), ["value", "(", "third"]),
    ],
)
async def test_they_are_distinct_after_polish(others: tuple[str, ...], offered: list[str]) -> None:
    assert await texts(desk_with(*others)) == offered


async def test_far_less_likely_ones_are_not_offered_and_not_written_on() -> None:
    desk = desk_with(*THREE)
    desk.engine.logprob_other = OPENING_LOGPROB_MIN - 0.1
    gate = desk.engine.gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4, "invoked"))
    await until_jobs(desk, 2)
    await asyncio.sleep(0)
    gate.set()
    gate.clear()  # one piece
    assert [offer.text for offer in (await asking).offers] == ["value"]
    await desk.engine.freed.wait()
    assert len(desk.engine.jobs) == 2


async def test_the_second_is_accepted_and_becomes_the_sample() -> None:
    desk = desk_with(*THREE)
    _, second, third = (await desk.ask(4, "invoked")).offers
    desk.front.outcome(OutcomeReport(second.id, "shown", 0))
    desk.type(4, second.text)
    desk.front.outcome(OutcomeReport(second.id, "accepted", len(second.text)))
    desk.front.outcome(OutcomeReport(third.id, "accepted", len(third.text)))
    edited = [event for event in desk.recorder.events if isinstance(event, Edited)][-1]
    assert (edited.origin, edited.proposal) == (Origin.ACCEPTED, second.id)
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN, OutcomeKind.ACCEPTED]
    desk.front.close_document(DocumentRef(DOC))
    desk.front.recording.settled()
    (mined,) = desk.recorder.mined
    assert mined.sample is not None
    assert (mined.sample.proposal, mined.sample.proposal_id) == ("other(1)", second.id)
    assert mined.sample.kept_chars == len("other(1)")


async def test_typing_goes_on_with_whichever_agrees() -> None:
    desk = desk_with(*THREE)
    _, second, _ = (await desk.ask(4, "invoked")).offers
    jobs = len(desk.engine.jobs)
    desk.type(4, "o")
    answer = await desk.ask(5)
    assert [(offer.id, offer.text) for offer in answer.offers] == [(second.id, "ther(1)")]
    assert (answer.hit, len(desk.engine.jobs)) == ("typed_through", jobs)


async def test_what_the_model_writes_by_itself_stays_first_in_the_cache() -> None:
    desk = desk_with(*THREE)
    await texts(desk)
    jobs = len(desk.engine.jobs)
    answer = await desk.ask(4)
    assert (answer.hit, answer.offers[0].text, len(desk.engine.jobs)) == ("exact", "value", jobs)
    assert await texts(desk) == ["value", *THREE]


async def test_time_ends_them_but_keeps_their_whole_lines() -> None:
    desk = Desk()
    desk.open("def f():\n    \n")
    desk.engine.text, desk.engine.others = "a = 1", ("b = 2\n    c = 3\n    d", "e")
    desk.engine.piece_chars = 6
    gate = desk.engine.gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(13, "invoked"))
    await until_jobs(desk, 2)
    desk.clock.pass_ms(OTHERS_MS_MAX / 2)  # the share of the second
    await until_jobs(desk, 3)
    desk.clock.pass_ms(OTHERS_MS_MAX)
    gate.set()
    assert [offer.text for offer in (await asking).offers] == ["a = 1", "b = 2", "e"]
    assert len(desk.engine.jobs) == 3


async def test_a_newer_request_ends_them_at_once() -> None:
    desk = desk_with(*THREE)
    desk.engine.gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4, "invoked"))
    await until_jobs(desk, 2)
    answer = await desk.ask(4)
    assert (answer.hit, answer.offers[0].text) == ("exact", "value")
    assert (await asking).reason == Reason.CANCELLED
    await desk.engine.freed.wait()
    assert desk.engine.cancelled == 1


async def test_cancelling_ends_them_and_frees_the_engine() -> None:
    desk = desk_with(*THREE)
    gate = desk.engine.gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4, "invoked"))
    await until_jobs(desk, 2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await desk.engine.freed.wait()
    assert desk.reasons == {Reason.CANCELLED: 1}
    gate.set()
    assert (await desk.ask(4)).hit == "exact"


async def test_trouble_with_the_others_leaves_the_first() -> None:
    desk = desk_with(*THREE)
    await desk.ask(4)
    desk.engine.dies = True
    assert await texts(desk) == ["value"]
    desk.engine.state = EngineState.IDLE  # nothing is loaded for them
    jobs = len(desk.engine.jobs)
    assert await texts(desk) == ["value"]
    assert len(desk.engine.jobs) == jobs


async def test_what_follows_the_first_is_written_ahead_after_them() -> None:
    desk = desk_with(*THREE, options=CompletionOptions())
    assert await texts(desk) == ["value", *THREE]
    for _ in range(1_000_000):
        if len(desk.engine.jobs) == 4:
            break
        await asyncio.sleep(0)
    assert desk.engine.jobs[3].window.tail == "x = value"
