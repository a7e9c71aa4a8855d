"""Questions to a real HTTP server on this machine: what is sent, and all that may come back."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from echo_core.errors import EngineError, InputError
from echo_daemon.remote.chat import (
    ANSWER_BYTES_MAX,
    BACK_OFF_MS_FIRST,
    ChatEndpoint,
    Options,
    Told,
    checked,
)
from echo_testing.chat_server import ChatServer, chat_server, completion
from echo_testing.waiting import until
from echo_testing.wound_clock import WoundClock

NONE: Mapping[str, str] = {}
PLANTED = "zq_planted_word"


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as one:
        yield one


@asynccontextmanager
async def endpoint(
    options: Options, clock: WoundClock | None = None, environ: Mapping[str, str] = NONE
) -> AsyncIterator[ChatEndpoint]:
    one = ChatEndpoint(options, environ, clock or WoundClock())
    try:
        yield one
    finally:
        await one.close()


def asked(server: ChatServer, **other: object) -> Options:
    return Options(server.url, "teacher-1", **other)  # type: ignore[arg-type]


async def ask(one: ChatEndpoint, *answers: str) -> Told:
    return await one.ask("who", PLANTED, answers or ("A", "B"))


async def test_what_is_sent_and_what_is_read(server: ChatServer) -> None:
    server.says(completion({"B": -0.2, " A": -2.0, "A": -3.0, "C": -9.0}))
    async with endpoint(asked(server)) as one:
        told = await ask(one)
    assert told.logprobs == pytest.approx((math.log(math.exp(-2) + math.exp(-3)), -0.2))
    assert told.tokens == 7
    first, headers, body = server.requests[0]
    assert first == "POST /v1/chat/completions HTTP/1.1"
    assert "authorization" not in headers
    assert json.loads(body) == {
        "model": "teacher-1",
        "messages": [
            {"role": "system", "content": "who"},
            {"role": "user", "content": PLANTED},
        ],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 20,
    }


async def test_an_answer_that_is_not_listed_is_less_likely_than_all_that_are(
    server: ChatServer,
) -> None:
    server.says(completion({"B": -0.2, "C": -9.0}))
    async with endpoint(asked(server)) as one:
        assert (await ask(one)).logprobs == (-10.0, -0.2)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (completion({"x": -0.1}), "none of the letters"),
        (completion({}), "no log-probabilities"),
        ({"choices": [{"message": {"content": "A"}, "logprobs": None}]}, "no log-prob"),
        ({"choices": [{"message": {"content": "A"}}]}, "no log-prob"),
        ({"choices": []}, "another form"),
        ({"error": PLANTED}, "another form"),
        ([1], "another form"),
        (completion({"A": float("nan")}), "another form"),
        (completion({"A": True}), "another form"),
    ],
)
async def test_what_is_no_answer(server: ChatServer, said: object, words: str) -> None:
    server.says(said)
    async with endpoint(asked(server)) as one:
        with pytest.raises(EngineError, match=words) as caught:
            await ask(one)
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'"' + b"9" * 9_000])
async def test_what_is_no_json(server: ChatServer, body: bytes) -> None:
    server.body = body
    async with endpoint(asked(server)) as one:
        with pytest.raises(EngineError, match="another form"):
            await ask(one)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "credential"), (403, "credential"), (429, "429"), (500, "500")]
)
async def test_a_status_that_refuses(server: ChatServer, status: int, words: str) -> None:
    server.status, server.body = status, PLANTED.encode()
    async with endpoint(asked(server)) as one:
        with pytest.raises(EngineError, match=words) as caught:
            await ask(one)
    assert PLANTED not in str(caught.value)


async def test_a_redirect_carries_the_text_nowhere(server: ChatServer) -> None:
    async with chat_server() as elsewhere:
        elsewhere.says(completion({"A": -0.1}))
        server.status, server.head = 307, f"Location: {elsewhere.url}/chat/completions\r\n"
        async with endpoint(asked(server)) as one:
            with pytest.raises(EngineError, match="307"):
                await ask(one)
        assert not elsewhere.requests


async def test_an_answer_without_end_is_not_read_to_its_end(server: ChatServer) -> None:
    server.body = b" " * (ANSWER_BYTES_MAX + 1)
    async with endpoint(asked(server)) as one:
        with pytest.raises(EngineError, match="more than an answer"):
            await ask(one)


async def test_one_that_does_not_answer_is_given_up(server: ChatServer) -> None:
    server.hold = True
    async with endpoint(asked(server, answer_s=0.05)) as one:
        with pytest.raises(EngineError, match="in time"):
            await ask(one)


async def test_who_goes_away_lets_the_connection_go(server: ChatServer) -> None:
    server.hold = True
    async with endpoint(asked(server)) as one:
        asking = asyncio.create_task(ask(one))
        await until(lambda: bool(server.requests))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_one_that_is_not_there() -> None:
    async with chat_server() as gone:
        options = asked(gone)
    async with endpoint(options) as one:
        with pytest.raises(EngineError, match="cannot be reached"):
            await ask(one)


async def test_after_a_failure_it_is_left_alone_for_longer_and_longer(server: ChatServer) -> None:
    clock = WoundClock()
    server.status = 500
    async with endpoint(asked(server), clock) as one:
        for failures in range(3):
            with pytest.raises(EngineError, match="500"):
                await ask(one)
            for _ in range(3):
                with pytest.raises(EngineError, match="not asked again yet"):
                    await ask(one)
            assert len(server.requests) == failures + 1
            clock.pass_ms(BACK_OFF_MS_FIRST * 2**failures)
        server.says(completion({"A": -0.1}))
        await ask(one)
        server.status = 500
        with pytest.raises(EngineError, match="500"):
            await ask(one)
        clock.pass_ms(BACK_OFF_MS_FIRST)
        with pytest.raises(EngineError, match="500"):
            await ask(one)


async def test_the_credential_comes_from_the_environment_or_a_file(
    server: ChatServer, tmp_path: Path
) -> None:
    server.says(completion({"A": -0.1}))
    path = tmp_path / "key"
    path.write_text("file-key\n")
    path.chmod(0o600)
    for options, expected in (
        (asked(server, key_env="K"), "Bearer env-key"),
        (asked(server, key_file=str(path)), "Bearer file-key"),
        (asked(server, key_env="K", key_file=str(path)), "Bearer env-key"),
    ):
        async with endpoint(options, environ={"K": "env-key"}) as one:
            await ask(one)
        assert server.requests[-1][1]["authorization"] == expected


@pytest.mark.parametrize("key", ["", "two words", "a\r\nX-Other: b", "schlüssel", "\x07"])
async def test_a_credential_that_cannot_be_one_is_not_sent(server: ChatServer, key: str) -> None:
    async with endpoint(asked(server, key_env="K"), environ={"K": key}) as one:
        with pytest.raises(EngineError, match="credential") as caught:
            await ask(one)
    assert not server.requests
    assert not key or key not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has bits for others")
async def test_a_credential_that_others_can_read_is_not_sent(
    server: ChatServer, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text("file-key")
    path.chmod(0o640)
    for file in (path, tmp_path / "missing", tmp_path):
        async with endpoint(asked(server, key_file=str(file))) as one:
            with pytest.raises(EngineError, match="credential"):
                await ask(one)
    assert not server.requests


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host/v1",
        "ftp://host/v1",
        "http://host/v1",
        "http://127.0.0.1.example/v1",
        "http://10.0.0.1/v1",
        "https://user:secret@host/v1",
        "https:///v1",
        "https://host/v1?key=1",
        "https://host:port/v1",
        "http://localhost.example",
    ],
)
def test_where_no_text_may_be_sent(url: str) -> None:
    with pytest.raises(InputError, match=r"teacher\.endpoint"):
        checked(url)


@pytest.mark.parametrize(
    "url",
    ["https://host.example/v1/", "http://127.0.0.1:8080", "http://[::1]/v1", "http://localhost"],
)
def test_where_text_may_be_sent(url: str) -> None:
    assert str(checked(url)).endswith("/chat/completions")
