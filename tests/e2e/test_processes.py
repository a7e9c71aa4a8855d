"""Editor, server, daemon and engine as processes: what happens when one of them is killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress

import pytest
from lsprotocol import types

from echo_core.records import wire
from echo_core.records.reasons import Reason
from echo_core.text.edits import Edit, apply
from echo_testing.house import House
from echo_testing.waiting import LONG_S

DOC = "file:///w/a.py"
BOOK = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"


async def started(house: House, text: str = "def add(a, b):\n    retu") -> None:
    """The editor runs, has a daemon, and one document."""
    await house.editor.start(house.profile, options={"reportsShown": True})
    await house.until_ready()
    house.editor.open(DOC, text)


async def offered(house: House) -> str:
    """Ask at the document's end until something is offered, as an editor does at each key."""
    async with asyncio.timeout(LONG_S):
        while True:
            items = await house.editor.complete(DOC, len(house.editor.texts[DOC]))
            if items:
                assert isinstance(items[0].insert_text, str)
                return items[0].insert_text
            await house.clock.sleep_ms(50)


async def holding(house: House) -> asyncio.Future[types.InlineCompletionList]:
    """A request that the fake engine begins to answer and never ends, once it is at that."""
    before = (await recorded(house)).requests
    held = house.editor.ask(DOC, len("# hold"))
    while (await recorded(house)).requests == before:
        pass
    return held


async def recorded(house: House) -> wire.Metrics:
    """The counters of the store, after all that was sent is durable."""
    await house.ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)
    return await house.ask(wire.METRICS, wire.Nothing(), wire.Metrics)


async def test_what_the_editor_excludes_stays_silent_and_says_why(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK)
    editor = house.editor
    excluded, message = "file:///w/secrets/a.py", "vscode-scm:git/scm0/input"
    said = {"completion": {"disabledGlobs": ["secrets/"]}}
    await editor.start(house.profile, options={"reportsShown": True, **said})
    await house.until_ready()
    editor.open(excluded, "def add(a, b):\n    retu")
    editor.open(message, "def add(a, b):\n    retu", "scminput")
    editor.open(DOC, "def add(a, b):\n    retu")
    assert await offered(house)
    for uri, reason in ((excluded, Reason.EXCLUDED), (message, Reason.COMMIT_MESSAGE)):
        assert await editor.complete(uri, len(editor.texts[uri])) == []
        why = await house.ask(wire.COMPLETION_WHY, wire.Nothing(), wire.Why)
        assert (why.reason, why.sentence) == (reason, reason.sentence)
    assert (await editor.ask(message, len(editor.texts[message]), invoked=True)).items
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(
            {"echo": {"completion": {"disabledGlobs": [], "inCommitMessages": True}}}
        )
    )
    assert await editor.complete(excluded, len(editor.texts[excluded]))
    assert await editor.complete(message, len(editor.texts[message]))


async def test_a_completion_goes_all_the_way_and_is_recorded(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK)
    await started(house)
    await house.record()
    at = len(house.editor.texts[DOC])
    (item,) = await house.editor.complete(DOC, at)
    assert item.insert_text == "rn a + b"
    assert item.range is not None
    assert item.range.start == house.editor.position(DOC, at)
    house.editor.notify("textDocument/didShowCompletion", {"item": {"command": item.command}})
    house.editor.edit(DOC, (at, at, "rn a + b"))
    await house.editor.accept(item)
    house.editor.close(DOC)
    await house.arrived()
    metrics = await recorded(house)
    assert (metrics.requests, metrics.shown, metrics.accepted) == (1, 1, 1)
    assert (metrics.accepted_chars, metrics.accepted_kept_chars) == (8, 8)
    (row,) = (await house.ask(wire.SAMPLES_LIST, wire.SamplesQuery(), wire.SampleList)).rows
    detail = await house.ask(wire.SAMPLES_SHOW, wire.SampleQuery(row.id), wire.SampleDetail)
    assert (detail.prefix, detail.target) == ("def add(a, b):\n    retu", "rn a + b")
    assert detail.proposal == "rn a + b"
    assert await house.leave() == 0


async def test_the_second_of_three_is_accepted_and_recorded(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house("x = left + 1\nx = right - 1\nx = up * 2\nx = down\n")
    await started(house, "x = ")
    await house.record()
    items = (await house.editor.ask(DOC, 4, invoked=True)).items
    assert [item.insert_text for item in items] == ["left + 1", "right - 1", "up * 2"]
    first, second, _ = items
    for item in (first, second):  # the first was looked at, and then the second
        house.editor.notify("textDocument/didShowCompletion", {"item": {"command": item.command}})
    house.editor.edit(DOC, (4, 4, "right - 1"))
    await house.editor.accept(second)
    house.editor.close(DOC)
    await house.arrived()
    metrics = await recorded(house)
    assert (metrics.requests, metrics.events["proposal"], metrics.accepted) == (1, 3, 1)
    assert metrics.reasons == {"proposed": 1}
    assert (metrics.accepted_chars, metrics.accepted_kept_chars) == (9, 9)
    (row,) = (await house.ask(wire.SAMPLES_LIST, wire.SamplesQuery(), wire.SampleList)).rows
    detail = await house.ask(wire.SAMPLES_SHOW, wire.SampleQuery(row.id), wire.SampleDetail)
    assert (detail.target, detail.proposal) == ("right - 1", "right - 1")
    assert await house.leave() == 0


async def test_kill_9_of_the_engine_costs_one_completion(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK, "--hold", "# hold")
    await started(house)
    await house.record()
    await offered(house)
    before = await house.status()
    house.editor.edit(DOC, (0, 0, "# hold\n"))
    held = await holding(house)
    async with asyncio.timeout(LONG_S):
        while not held.done():  # what the first had not begun is done by the next one
            with suppress(ProcessLookupError):
                os.kill((await house.status()).engine_pid or before.engine_pid, signal.SIGKILL)
            await asyncio.wait({held}, timeout=2.0)
        assert not (await held).items
    assert await offered(house) == "rn a + b"
    after = await house.status()
    assert after.pid == before.pid
    assert after.engine_pid not in (0, before.engine_pid)
    assert await house.leave() == 0


async def test_kill_9_of_the_daemon_in_the_middle_of_a_request(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK, "--hold", "# hold")
    await started(house)
    await house.record()
    await offered(house)
    acknowledged = (await recorded(house)).events
    daemon = house.daemon_pid()
    house.editor.edit(DOC, (0, 0, "# hold\n"))
    held = await holding(house)
    os.kill(daemon, signal.SIGKILL)
    async with asyncio.timeout(LONG_S):
        assert not (await held).items
    house.editor.edit(DOC, (0, 7, ""))  # editing goes on meanwhile
    assert await offered(house) == "rn a + b"
    assert house.daemon_pid() != daemon
    events = (await recorded(house)).events
    assert all(events.get(kind, 0) >= count for kind, count in acknowledged.items())
    assert await house.leave() == 0


async def rebuilt(house: House) -> wire.RebuildReport:
    """Make everything again from the log."""
    greeted = await house.greet()
    greeted.peer.on(wire.STATUS_CHANGED, lambda _: None)
    greeted.peer.on(wire.MINE_PROGRESS, lambda _: None)
    try:
        return await greeted.peer.request(
            wire.MINE_REBUILD, wire.Nothing(), wire.RebuildReport, timeout_ms=int(LONG_S * 1000)
        )
    finally:
        greeted.peer.close()


async def the_sample(house: House) -> wire.SampleDetail:
    """The only sample there is."""
    (row,) = (await house.ask(wire.SAMPLES_LIST, wire.SamplesQuery(), wire.SampleList)).rows
    return await house.ask(wire.SAMPLES_SHOW, wire.SampleQuery(row.id), wire.SampleDetail)


async def a_live_gap(house: House) -> None:
    """Asked once, typed a little, and all of it durable."""
    await started(house)
    await house.record()
    while not (await recorded(house)).requests:
        await house.editor.complete(DOC, len(house.editor.texts[DOC]))
    at = len(house.editor.texts[DOC])
    house.editor.edit(DOC, (at, at, "rn"))
    while (await recorded(house)).events.get("edit", 0) < 1:
        pass


async def until_recording(house: House) -> None:
    """The daemon is there and its log is read."""
    while True:
        status = await house.status()
        if status.status.recording and status.documents:
            return


async def test_a_gap_outlives_the_daemon(fake_house: Callable[..., House]) -> None:
    house = fake_house(BOOK)
    await a_live_gap(house)
    os.kill(house.daemon_pid(), signal.SIGKILL)
    at = len(house.editor.texts[DOC])
    house.editor.edit(DOC, (at, at, " a"))  # nobody sees this key
    await until_recording(house)
    house.editor.edit(DOC, (at + 2, at + 2, " + b"))
    house.editor.close(DOC)
    while not (await recorded(house)).samples:
        pass
    assert (await the_sample(house)).target == "rn a + b"
    report = await rebuilt(house)
    assert (report.sessions, report.gaps_differing, report.samples_differing) == (1, 0, 0)
    assert await house.leave() == 0


async def test_a_gap_outlives_everything(fake_house: Callable[..., House]) -> None:
    house = fake_house(BOOK)
    await a_live_gap(house)
    server = house.editor.client._server
    assert server is not None
    for pid in (house.daemon_pid(), server.pid):
        os.kill(pid, signal.SIGKILL)
    await server.wait()
    other = House(house.profile, type(house.editor)(), house.clock)
    await started(other, "def add(a, b):\n    return a + b")
    await until_recording(other)
    other.editor.close(DOC)
    while not (await recorded(other)).samples:
        pass
    assert (await the_sample(other)).target == "rn a + b"
    report = await rebuilt(other)
    assert (report.sessions, report.gaps_differing, report.samples_differing) == (1, 0, 0)
    assert await other.leave() == 0


async def test_an_editor_that_ends_in_order_closes_its_documents(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK)
    await a_live_gap(house)
    assert await house.leave() == 0
    while not (metrics := await recorded(house)).samples:
        pass
    assert metrics.gaps == {"closed": 1}


async def test_two_windows_share_one_daemon_and_one_engine(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK)
    await started(house)
    await offered(house)
    other = House(house.profile, type(house.editor)(), house.clock)
    await started(other, "def sub(a, b):\n    retu")
    assert await offered(other) == "rn a - b"
    assert await offered(house) == "rn a + b"
    status = await house.status()
    assert (status.documents, status.engine_restarts) == (2, 0)
    assert await other.leave() == 0
    assert await house.leave() == 0


async def test_without_a_model_editing_goes_on_and_completions_come_with_it(
    fake_house: Callable[..., House],
) -> None:
    house = fake_house(BOOK)
    house.profile.choice_path.rename(house.profile.choice_path.with_suffix(".away"))
    await house.editor.start(house.profile)
    house.editor.open(DOC, "def add(a, b):\n    retu")
    while (status := await house.editor.status()).kind != "no_model":
        pass
    assert "echoctl models pull" in status.message
    assert await house.editor.complete(DOC, 23) == []
    house.profile.choice_path.with_suffix(".away").rename(house.profile.choice_path)
    await house.ask(wire.ENGINE_RELOAD, wire.Nothing(), wire.Nothing)
    assert await offered(house) == "rn a + b"
    assert await house.leave() == 0


@pytest.mark.model
async def test_the_real_model_through_the_real_protocol(real_house: House) -> None:
    house = real_house
    before = "def fibonacci(n):\n    if n < 2:\n        return n\n    return fib"
    await started(house, before)
    await house.record()
    async with asyncio.timeout(LONG_S):
        await house.ask(wire.ENGINE_DESCRIBE, wire.Nothing(), wire.EngineDescription)
    written = await offered(house)
    assert written.startswith("onacci(n")
    for key in "onacc":
        text = house.editor.texts[DOC]
        house.editor.edit(DOC, (len(text), len(text), key))
        assert apply(text, Edit(len(text), len(text), key)) == house.editor.texts[DOC]
        rest = "onacci(n"[len(house.editor.texts[DOC]) - len(before) :]
        assert (await offered(house)).startswith(rest)
    os.kill((await house.status()).engine_pid, signal.SIGKILL)
    house.editor.edit(DOC, (0, 0, "# again\n"))
    assert (await offered(house)).startswith("i(n")
    metrics = await recorded(house)
    assert metrics.requests == metrics.events["request"] > 6
    assert await house.leave() == 0
