"""One peer against bytes: whatever comes is answered or ends the connection."""

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

from echo_core import limits
from echo_core.records import wire
from echo_runtime import rpc
from echo_runtime.clock import SystemClock
from echo_runtime.frames import encode_frame
from echo_runtime.logs import Log
from echo_runtime.rpc import Peer

PATIENCE_MS = 20_000  # never reached unless something hangs


async def streams(sock: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(sock=sock)


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
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
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
