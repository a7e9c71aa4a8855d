"""Two peers over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_core import limits
from echo_core.errors import DaemonError, StoreKeyError, WireError
from echo_core.records import wire
from echo_runtime.clock import SystemClock
from echo_runtime.logs import Log
from echo_runtime.rpc import Peer
from echo_testing.waiting import LONG_S

ASK = wire.CompletionAsk("d", 1, 0, "automatic")
ANSWER = wire.CompletionAnswer([wire.Offer("1", "\U0001f600\ud800", 0, 0)], "proposed")
PATIENCE_MS = int(LONG_S * 1000)


class Ends:
    """Two peers, and the log that both write."""

    def __init__(self, near: Peer, far: Peer, log_file: Path) -> None:
        self.near = near
        self.far = far
        self.log_file = log_file

    def start(self) -> None:
        self.near.start()
        self.far.start()

    async def ask(self) -> wire.CompletionAnswer:
        return await self.near.request(
            wire.COMPLETION, ASK, wire.CompletionAnswer, timeout_ms=PATIENCE_MS
        )


async def streams(sock: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(sock=sock)


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    log = Log(tmp_path, "t", SystemClock())
    one, two = socket.socketpair()
    pair = Ends(Peer(*await streams(one), log), Peer(*await streams(two), log), tmp_path / "t.log")
    yield pair
    pair.near.close()
    pair.far.close()
    await pair.near.wait_closed()


async def test_request_and_answer(ends: Ends) -> None:
    seen: list[object] = []

    async def complete(ask: wire.CompletionAsk) -> wire.CompletionAnswer:
        seen.append(ask)
        return ANSWER

    ends.far.on(wire.COMPLETION, complete)
    ends.start()
    assert await ends.ask() == ANSWER
    assert seen == [ASK]


async def test_both_sides_ask_at_once(ends: Ends) -> None:
    for peer in (ends.near, ends.far):
        peer.on(wire.DAEMON_FLUSH, lambda _: wire.Flushed(3))
    ends.start()
    answers = await asyncio.gather(
        *(
            peer.request(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed, timeout_ms=PATIENCE_MS)
            for peer in (ends.near, ends.far) * 20
        )
    )
    assert answers == [wire.Flushed(3)] * 40


async def test_notifications_keep_their_order(ends: Ends) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    def edit(message: wire.DocumentEdit) -> None:
        seen.append(message.version)
        if message.version == 99:
            done.set()

    ends.far.on(wire.DOCUMENT_EDIT, edit)
    ends.start()
    for version in range(100):
        ends.near.notify(wire.DOCUMENT_EDIT, wire.DocumentEdit("d", version, [(0, 0, "x")], 1))
    await done.wait()
    assert seen == list(range(100))


async def test_our_errors_come_back_as_themselves(ends: Ends) -> None:
    def refuse(_: wire.Nothing) -> wire.Nothing:
        raise StoreKeyError("There is no key: run `echoctl doctor`.")

    ends.far.on(wire.ENGINE_RELOAD, refuse)
    ends.start()
    with pytest.raises(StoreKeyError, match="no key"):
        await ends.near.request(
            wire.ENGINE_RELOAD, wire.Nothing(), wire.Nothing, timeout_ms=PATIENCE_MS
        )


async def test_other_exceptions_show_their_class_only(ends: Ends) -> None:
    async def fail(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        raise ValueError("canary")

    ends.far.on(wire.COMPLETION, fail)
    ends.start()
    with pytest.raises(DaemonError, match=r"\(ValueError\)") as caught:
        await ends.ask()
    assert "canary" not in str(caught.value)
    assert "canary" not in ends.log_file.read_text()


async def test_a_wrong_result_is_not_sent(ends: Ends) -> None:
    ends.far.on(wire.COMPLETION, lambda _: wire.Flushed(1))
    ends.start()
    with pytest.raises(DaemonError, match="TypeError"):
        await ends.ask()


async def test_no_handler_is_an_answer(ends: Ends) -> None:
    ends.start()
    with pytest.raises(DaemonError, match="Not Found"):
        await ends.ask()


async def test_cancelling_here_cancels_there(ends: Ends) -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def wait_long(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    ends.far.on(wire.COMPLETION, wait_long)
    ends.start()
    task = asyncio.create_task(ends.ask())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await cancelled.wait()
    ends.far.on(wire.DAEMON_FLUSH, lambda _: wire.Flushed(1))
    assert await ends.near.request(
        wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed, timeout_ms=PATIENCE_MS
    ) == wire.Flushed(1)


async def test_too_late_is_an_error(ends: Ends) -> None:
    async def wait_long(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        await asyncio.Event().wait()
        raise AssertionError

    ends.far.on(wire.COMPLETION, wait_long)
    ends.start()
    with pytest.raises(DaemonError, match="did not answer"):
        await ends.near.request(wire.COMPLETION, ASK, wire.CompletionAnswer, timeout_ms=1)


async def test_a_lost_connection_fails_what_waits(ends: Ends) -> None:
    started = asyncio.Event()

    async def wait_long(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    ends.far.on(wire.COMPLETION, wait_long)
    ends.start()
    task = asyncio.create_task(ends.ask())
    await started.wait()
    ends.far.close()
    with pytest.raises(DaemonError, match="lost"):
        await task
    await ends.near.wait_closed()
    assert ends.near.is_closed
    ends.near.notify(wire.DOCUMENT_CLOSE, wire.DocumentRef("d"))  # into nothing, quietly
    with pytest.raises(DaemonError, match="closed"):
        await ends.ask()


async def test_a_message_that_is_too_large_is_not_sent(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FRAME_BYTES_MAX", 2000)
    ends.far.on(wire.COMPLETION, lambda _: ANSWER)
    ends.start()
    with pytest.raises(WireError, match="larger"):
        ends.near.notify(wire.DOCUMENT_OPEN, wire.DocumentOpen("d", "python", 1, "x" * 2000))
    assert await ends.ask() == ANSWER


async def test_an_answer_that_is_too_large_becomes_an_error(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FRAME_BYTES_MAX", 2000)
    long = wire.CompletionAnswer([wire.Offer("1", "x" * 3000, 0, 0)], "proposed")
    ends.far.on(wire.COMPLETION, lambda _: long)
    ends.start()
    with pytest.raises(WireError, match="larger"):
        await ends.ask()
