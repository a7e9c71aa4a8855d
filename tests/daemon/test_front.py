"""One front against a scripted engine: what is answered, what is recorded, what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from echo_core import limits
from echo_core.gaps.life import Break
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Focused,
    Opened,
    Origin,
    Outcome,
    OutcomeKind,
    Proposed,
    Requested,
    Saved,
)
from echo_core.records.reasons import Reason
from echo_core.records.wire import (
    CompletionAsk,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    EditorSettings,
    OutcomeReport,
)
from echo_daemon.completion.values import CompletionOptions
from echo_engine.api import EngineState
from echo_runtime.globs import Globs
from echo_testing.desk import DOC, Desk


async def test_a_request_is_answered_recorded_and_mined() -> None:
    desk = Desk()
    desk.open("total = \nprint(total)\n")
    answer = await desk.ask(8)
    (offer,) = answer.offers
    assert (offer.text, offer.start, offer.end) == ("value", 8, 8)
    assert (answer.reason, answer.hit, answer.tokens_evaluated) == ("proposed", "engine", 2)
    desk.front.outcome(OutcomeReport(offer.id, "shown", 5))
    desk.type(8, "value")
    desk.front.outcome(OutcomeReport(offer.id, "accepted", 5))
    desk.front.save(DocumentRef(DOC))
    desk.front.focus(DocumentRef(DOC))
    desk.front.close_document(DocumentRef(DOC))
    assert desk.front.recording.settled().documents == {}
    assert desk.recorder.kinds() == [
        Opened, Requested, Proposed, Outcome, Edited, Outcome, Saved, Focused, Closed
    ]  # fmt: skip
    edited = desk.recorder.events[4]
    assert isinstance(edited, Edited)
    assert (edited.origin, edited.proposal) == (Origin.ACCEPTED, offer.id)
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN, OutcomeKind.ACCEPTED]
    (mined,) = desk.recorder.mined
    assert mined.sample is not None
    assert (mined.sample.target, mined.sample.kept_chars) == ("value", 5)
    assert desk.front.documents == desk.front.gaps_live == 0


async def test_what_is_typed_through_goes_on_without_the_engine() -> None:
    desk = Desk()
    desk.open("x = ")
    first = await desk.ask(4)
    desk.type(4, "v")
    second = await desk.ask(5)
    assert second.offers[0].id == first.offers[0].id
    assert (second.offers[0].text, second.hit) == ("alue", "typed_through")
    assert len(desk.engine.jobs) == 1
    desk.type(5, "z")
    third = await desk.ask(6)
    assert (third.hit, len(desk.engine.jobs)) == ("engine", 2)
    assert third.offers[0].id != first.offers[0].id


async def test_a_newer_request_of_the_document_takes_over() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.engine.gate = asyncio.Event()
    first = asyncio.create_task(desk.ask(4))
    await desk.engine.asked.wait()
    desk.type(4, "q")
    second = asyncio.create_task(desk.ask(5))
    answer = await first
    assert (answer.offers, answer.reason) == ([], Reason.CANCELLED)
    desk.engine.gate.set()
    assert (await second).reason == Reason.PROPOSED
    assert (desk.engine.cancelled, len(desk.engine.jobs)) == (1, 2)


async def test_typing_while_the_prompt_is_read_does_not_start_it_anew() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.engine.prompt_gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4))
    await desk.engine.asked.wait()
    for key in "abc":
        desk.type(len(desk.text), key)
        older, asking = asking, asyncio.create_task(desk.ask(len(desk.text)))
        assert (await older).reason == Reason.CANCELLED
    assert (desk.engine.cancelled, len(desk.engine.jobs)) == (0, 1)
    desk.engine.prompt_gate.set()
    assert (await asking).reason == Reason.PROPOSED
    # The prompt is in the cache now; what was typed since is read by a second, short job.
    assert [job.window.tail for job in desk.engine.jobs] == ["x = ", "x = abc"]


async def test_typing_what_is_being_written_goes_with_it() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.engine.text, desk.engine.piece_chars = "value", 2
    gate = desk.engine.gate = asyncio.Event()
    first = asyncio.create_task(desk.ask(4))
    await desk.engine.asked.wait()
    gate.set()
    gate.clear()
    await desk.engine.wrote.wait()
    desk.type(4, "v")
    second = asyncio.create_task(desk.ask(5))
    assert (await first).reason == Reason.CANCELLED
    gate.set()
    answer = await second
    assert [offer.text for offer in answer.offers] == ["alue"]
    assert (desk.engine.cancelled, len(desk.engine.jobs)) == (0, 1)


async def test_a_cancelled_request_frees_the_engine_and_is_recorded() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.engine.gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4))
    await desk.engine.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await desk.engine.freed.wait()
    assert desk.engine.cancelled == 1
    assert desk.reasons == {Reason.CANCELLED: 1}
    assert desk.recorder.kinds()[-1] is Proposed


async def test_an_editor_that_cancels_before_it_asks_again_keeps_the_job(
    ring: Callable[[], None],
) -> None:
    desk = Desk()
    desk.open("x = ")
    desk.engine.prompt_gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4))
    await desk.engine.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    again = asyncio.create_task(desk.ask(4))
    await asyncio.sleep(0)
    ring()
    desk.engine.prompt_gate.set()
    assert (await again).reason == Reason.PROPOSED
    assert (desk.engine.cancelled, len(desk.engine.jobs)) == (0, 1)


async def test_an_answer_for_a_text_that_is_gone_is_not_shown() -> None:
    desk = Desk()
    desk.open("x = ")
    desk.engine.gate = asyncio.Event()
    asking = asyncio.create_task(desk.ask(4))
    await desk.engine.asked.wait()
    desk.type(0, "y")
    desk.engine.gate.set()
    assert (await asking).reason == Reason.STALE


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"text": ""}, Reason.NOTHING_WRITTEN),
        ({"text": "   "}, Reason.NOTHING_WRITTEN),
        ({"text": "", "late": True}, Reason.DEADLINE),
        ({"text": "value", "dies": True}, Reason.ENGINE_DOWN),
        ({"state": EngineState.NO_MODEL}, Reason.NO_MODEL),
        ({"state": EngineState.FAILED}, Reason.ENGINE_DOWN),
    ],
)
async def test_every_silence_has_its_reason(script: dict[str, object], reason: Reason) -> None:
    desk = Desk()
    for name, value in script.items():
        setattr(desk.engine, name, value)
    desk.open("x = ")
    answer = await desk.ask(4)
    assert (answer.offers, answer.reason) == ([], reason)
    assert desk.reasons == {reason: 1}


async def test_what_stands_there_already_is_filtered() -> None:
    desk = Desk()
    desk.open("x = \nvalue = compute(x)\n")
    desk.engine.text = "\nvalue = compute(x)"
    desk.type(4, "\n")
    desk.engine.text = "value = compute(x)"
    assert (await desk.ask(5)).reason == Reason.FILTERED


async def test_switched_off() -> None:
    desk = Desk(options=CompletionOptions(enabled=False))
    desk.open("x = ")
    assert (await desk.ask(4)).reason == Reason.OFF
    desk = Desk(options=CompletionOptions(disabled_languages=frozenset({"python"})))
    desk.open("x = ")
    assert (await desk.ask(4)).reason == Reason.OFF
    desk.open("x = ", language="rust")
    assert (await desk.ask(4)).reason == Reason.PROPOSED


async def reason_in(desk: Desk, uri: str, language: str = "python", trigger: str = "") -> str:
    desk.front.open(DocumentOpen(uri, language, 1, "x = "))
    return (await desk.front.complete(CompletionAsk(uri, 1, 4, trigger))).reason


async def test_files_that_settings_name_are_left_alone() -> None:
    globs = Globs(("secrets/", "*.min.js", "!ok.min.js"))
    desk = Desk(options=CompletionOptions(look_ahead=False, disabled_globs=globs))
    for uri in ("file:///w/secrets/a.py", "file:///w/x/a.min.js", "file:///elsewhere/a.min.js"):
        assert await reason_in(desk, uri) == Reason.EXCLUDED
        assert await reason_in(desk, uri, trigger="invoked") == Reason.EXCLUDED
        desk.front.focus(DocumentRef(uri))
        desk.front.cursor(DocumentCursor(uri, 1, 1))
    assert desk.engine.prepared == [], "the engine does not even read them"
    assert await reason_in(desk, "file:///w/ok.min.js") == Reason.PROPOSED
    desk.front.open(DocumentOpen("file:///w/b.py", "python", 1, "y = "))
    desk.front.focus(DocumentRef("file:///w/b.py"))
    assert len(desk.engine.prepared) == 1


async def test_commit_messages_are_the_persons_own() -> None:
    box, file = "vscode-scm:git/scm0/input", "file:///w/.git/COMMIT_EDITMSG"
    desk = Desk()
    assert await reason_in(desk, box, "scminput") == Reason.COMMIT_MESSAGE
    assert await reason_in(desk, file, "git-commit") == Reason.COMMIT_MESSAGE
    assert await reason_in(desk, file, "git-commit", "invoked") == Reason.PROPOSED
    desk.front.settings(EditorSettings({"completion.in_commit_messages": True}))
    assert await reason_in(desk, file, "git-commit") == Reason.PROPOSED


async def test_a_windows_settings_go_before_the_daemons_own() -> None:
    desk = Desk(options=CompletionOptions(look_ahead=False, disabled_languages=frozenset({"rust"})))
    uri = "file:///w/a"
    desk.front.settings(EditorSettings({"completion.disabled_languages": []}))  # never touched
    assert await reason_in(desk, uri, "rust") == Reason.OFF
    desk.front.settings(EditorSettings({"completion.disabled_languages": ["python"]}))
    assert await reason_in(desk, uri, "rust") == Reason.PROPOSED
    assert await reason_in(desk, uri, "python") == Reason.OFF
    desk.front.settings(EditorSettings({"completion.enabled": False}))
    assert await reason_in(desk, uri, "python") == Reason.OFF
    desk.front.settings(EditorSettings({}))
    assert await reason_in(desk, uri, "python") == Reason.PROPOSED
    assert desk.completer.options.disabled_languages == {"rust"}, "other windows keep theirs"


async def test_mirrors_that_differ_ask_for_the_document_once() -> None:
    desk = Desk()
    desk.open("abc")
    desk.front.edit(DocumentEdit(DOC, 2, [(0, 0, "x")], 99))
    desk.front.edit(DocumentEdit(DOC, 3, [(0, 0, "x")], 5))
    desk.front.edit(DocumentEdit("file:///unknown", 3, [(0, 0, "x")], 5))
    assert desk.resyncs == [DOC, "file:///unknown"]
    assert (await desk.ask(0)).reason == Reason.UNKNOWN_DOCUMENT
    desk.open("abc")
    desk.front.edit(DocumentEdit(DOC, 2, [(2, 9, "x")], 3))
    desk.front.edit(DocumentEdit(DOC, 2, [(-2, 1, "x")], 3))
    assert desk.resyncs == [DOC, "file:///unknown", DOC]
    desk.open("abc")
    desk.type(3, "d")
    assert (await desk.ask(4)).reason == Reason.PROPOSED


async def test_requests_for_other_versions_or_places_are_stale() -> None:
    desk = Desk()
    desk.open("abc")
    for version, offset in ((2, 0), (1, 4), (1, -1)):
        answer = await desk.front.complete(CompletionAsk(DOC, version, offset, "odd"))
        assert answer.reason == Reason.STALE
    answer = await desk.front.complete(CompletionAsk("file:///b", 1, 0, "invoked"))
    assert answer.reason == Reason.UNKNOWN_DOCUMENT
    assert desk.recorder.kinds() == [Opened]


async def test_documents_beyond_the_limits_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "DOCUMENT_CHARS_MAX", 4)
    monkeypatch.setattr(limits, "DOCUMENTS_OPEN_MAX", 1)
    desk = Desk()
    desk.open("abcd")
    desk.front.open(DocumentOpen("file:///b", "python", 1, ""))
    assert desk.front.documents == 1
    desk.open("abcde")
    assert desk.front.documents == 0
    desk.front.recording.settled()
    assert desk.recorder.kinds() == [Opened, Closed]


async def test_a_cursor_that_moves_away_dismisses_what_was_shown() -> None:
    desk = Desk()
    desk.open("x = \ny\n")
    (offer,) = (await desk.ask(4)).offers
    desk.front.outcome(OutcomeReport(offer.id, "shown", 5))
    desk.front.cursor(DocumentCursor(DOC, 4, 4))
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN]
    desk.front.cursor(DocumentCursor(DOC, 6, 6))
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN, OutcomeKind.DISMISSED]
    desk.front.cursor(DocumentCursor(DOC, 99, 99))
    assert desk.recorder.kinds().count(CursorMoved) == 2


async def test_a_plain_client_yields_outcomes_by_time() -> None:
    desk = Desk(reports_shown=False)
    desk.open("x = ")
    await desk.ask(4)
    desk.clock.now_ms += limits.SHOWN_AFTER_MS
    desk.front.tick()
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN]
    desk.type(4, "val")
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN, OutcomeKind.PARTIAL]


async def test_partial_acceptance_and_unknown_reports() -> None:
    desk = Desk()
    desk.open("x = ")
    (offer,) = (await desk.ask(4)).offers
    desk.front.outcome(OutcomeReport(offer.id, "partial", 3))
    desk.front.outcome(OutcomeReport("unknown", "accepted", 3))
    desk.front.outcome(OutcomeReport(offer.id, "nonsense", 3))
    assert desk.recorder.outcomes() == [OutcomeKind.SHOWN, OutcomeKind.PARTIAL]


async def test_time_ends_gaps_while_nothing_happens() -> None:
    desk = Desk()
    desk.open("x = ")
    await desk.ask(4)
    desk.clock.now_ms += limits.GAP_LIFETIME_MS
    desk.front.tick()
    assert [mined.reason for mined in desk.recorder.mined] == [Break.EXPIRED]


async def test_nothing_is_recorded_while_recording_is_off_and_all_of_it_after() -> None:
    desk = Desk()
    desk.recorder.recording = False
    desk.front.restart_recording()
    desk.recorder.begun.clear()
    desk.open("x = ")
    assert (await desk.ask(4)).reason == Reason.PROPOSED
    desk.clock.now_ms += limits.GAP_LIFETIME_MS
    desk.front.tick()
    assert desk.recorder.events == desk.recorder.mined == []
    desk.type(4, "1")
    desk.recorder.recording = True
    desk.front.restart_recording()
    (opened,) = desk.recorder.events
    assert isinstance(opened, Opened)
    assert opened.text == "x = 1"
    assert desk.recorder.begun == [desk.front.session]


async def test_the_clock_going_back_does_not_reach_the_log() -> None:
    desk = Desk()
    desk.open("x")
    desk.clock.now_ms -= 5_000
    desk.type(1, "y")
    times = [event.at_ms for event in desk.recorder.events]
    assert times == sorted(times)
