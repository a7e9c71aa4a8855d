"""Two peers over a real socket, and one peer against everything else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from echo_core import limits, wire
from echo_core.errors import DaemonError, StoreKeyError, WireError
from echo_runtime import rpc
from echo_runtime.clock import SystemClock
from echo_runtime.frames import encode_frame
from echo_runtime.logs import Log
from echo_runtime.rpc import Peer

ASK = wire.CompletionAsk("d", 1, 0, "automatic")
ANSWER = wire.CompletionAnswer([wire.Offer("1", "\U0001f600\ud800", 0, 0)], "proposed")
PATIENCE_MS = 20_000  # never reached unless something hangs


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


# --- one peer against raw bytes ---------------------------------------------------------------


class Raw:
    """A peer on one end and bytes on the other."""

    def __init__(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.peer = peer
        self.reader = reader
        self.writer = writer

    async def everything_after(self, data: bytes) -> bytes:
        """Send `data`, end the stream, and read to the other side's end."""
        self.writer.write(data)
        self.writer.write_eof()
        answered = await self.reader.read()
        await self.peer.wait_closed()
        return answered


@contextlib.asynccontextmanager
async def raw_peer(log: Log, opening: str | None = None) -> AsyncIterator[Raw]:
    one, two = socket.socketpair()
    peer = Peer(*await streams(one), log, opening=opening)
    reader, writer = await streams(two)
    peer.on(wire.DAEMON_FLUSH, lambda _: wire.Flushed(7))
    peer.on(wire.DOCUMENT_EDIT, lambda _: None)
    peer.start()
    try:
        yield Raw(peer, reader, writer)
    finally:
        peer.close()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def messages(data: bytes) -> list[dict[str, object]]:
    found = []
    while data:
        header, _, rest = data.partition(b"\r\n\r\n")
        length = int(header.partition(b":")[2])
        found.append(json.loads(rest[:length]))
        data = rest[length:]
    return found


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


FLUSH = frame(b'{"jsonrpc":"2.0","id":9,"method":"daemon/flush","params":{}}')


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"\xff", -32700),
        (b"NaN", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"{}", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"daemon/flush","params":{}}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"daemon/flush","params":{}}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"no/such","params":{}}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":[],"params":{}}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"daemon/flush"}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"daemon/flush","params":[]}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"daemon/flush","params":{"x":1}}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"document/edit","params":{}}', -32600),
    ],
)
async def test_malformed_messages_are_answered_and_the_next_is_served(
    tmp_path: Path, body: bytes, code: int
) -> None:
    async with raw_peer(Log(tmp_path, "t", SystemClock())) as raw:
        answers = messages(await raw.everything_after(frame(body) + FLUSH))
    assert [answer.get("error", {}).get("code") for answer in answers] == [code, None]  # type: ignore[attr-defined]
    assert answers[1]["result"] == {"events": 7}


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":77,"result":{}}',
        b'{"jsonrpc":"2.0","id":null,"error":{}}',
        b'{"jsonrpc":"2.0","id":[],"error":3}',
        b'{"jsonrpc":"2.0","method":"no/such","params":{}}',
        b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":4}}',
        b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":[]}}',
        b'{"jsonrpc":"2.0","method":"document/edit","params":{"doc":1}}',
    ],
)
async def test_what_wants_no_answer_gets_none(tmp_path: Path, body: bytes) -> None:
    async with raw_peer(Log(tmp_path, "t", SystemClock())) as raw:
        answers = messages(await raw.everything_after(frame(body) + FLUSH))
    assert [answer["id"] for answer in answers] == [9]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 99999999999999999999\r\n\r\n",
        b"Content-Length: %d\r\n\r\n" % (limits.FRAME_BYTES_MAX + 1),
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"nothing\r\n",
        b"\r\n",
        b"a: b\r\n" * 2000,
        b"x" * (1 << 20),
    ],
)
async def test_a_broken_header_closes_the_connection(tmp_path: Path, head: bytes) -> None:
    async with raw_peer(Log(tmp_path, "t", SystemClock())) as raw:
        raw.writer.write(head + FLUSH)
        with contextlib.suppress(ConnectionResetError):
            assert await raw.reader.read() == b""
        await raw.peer.wait_closed()


async def test_hello_comes_first(tmp_path: Path) -> None:
    async with raw_peer(Log(tmp_path, "t", SystemClock()), opening=wire.HELLO) as raw:
        answers = messages(await raw.everything_after(FLUSH))
    assert "echo/hello comes first" in str(answers[0]["error"])


async def test_who_never_reads_is_not_heard_any_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "OUTGOING_BYTES_MAX", 1 << 12)
    monkeypatch.setattr(rpc, "OUTGOING_WAIT_S_MAX", 0.05)
    async with raw_peer(Log(tmp_path, "t", SystemClock())) as raw:
        raw.reader._transport.pause_reading()  # type: ignore[attr-defined]
        raw.writer.write(FLUSH * 50_000)
        await raw.peer.wait_closed()
        assert raw.peer.outgoing_bytes == 0


async def test_requests_at_once_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "REQUESTS_IN_FLIGHT_MAX", 3)

    async def wait_long(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        await asyncio.Event().wait()
        raise AssertionError

    params = json.dumps({"doc": "d", "version": 1, "offset": 0, "trigger": "automatic"})
    call = '{"jsonrpc":"2.0","id":%s,"method":"completion/request","params":%s}'
    async with raw_peer(Log(tmp_path, "t", SystemClock())) as raw:
        raw.peer.on(wire.COMPLETION, wait_long)
        # 2 is in use, 4 is one too many
        calls = [frame((call % (number, params)).encode()) for number in (1, 2, 2, 3, 4)]
        found = messages(await raw.everything_after(b"".join(calls)))
    assert [(each["id"], each["error"]["code"]) for each in found] == [  # type: ignore[index]
        (2, -32600),
        (4, -32603),
    ]


def nasty(build: Callable[[object], bytes]) -> st.SearchStrategy[bytes]:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error", "doc"]),
                inner | st.sampled_from(["2.0", *wire.METHODS, "$/cancelRequest"]),
                max_size=5,
            )
        ),
        max_leaves=10,
    )
    return values.map(build)


PIECES = st.lists(
    st.binary(max_size=40)
    | nasty(encode_frame)
    | st.sampled_from([FLUSH, FLUSH[:-3], b"Content-Length: 5\r\n\r\n", b"\r\n\r\n"]),
    max_size=6,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(PIECES)
def test_any_bytes_are_answered_or_end_the_connection(tmp_path: Path, pieces: list[bytes]) -> None:
    async def run() -> None:
        async with raw_peer(Log(tmp_path, "t", SystemClock())) as raw:
            data = b""
            with contextlib.suppress(ConnectionResetError):
                data = await raw.everything_after(b"".join(pieces))
            for answer in messages(data):
                assert answer["jsonrpc"] == "2.0"
                assert ("result" in answer) != ("error" in answer)
            await raw.peer.wait_closed()

    asyncio.run(run())
