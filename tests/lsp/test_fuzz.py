"""Whatever comes in, the server lives, and a request is answered once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types

from echo_lsp import protocol_ext as ext
from echo_lsp.server import EchoServer
from echo_runtime.clock import SystemClock
from echo_runtime.logs import Log
from echo_runtime.profile import Profile

METHODS = [
    types.INITIALIZE,
    types.SHUTDOWN,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_SAVE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.TEXT_DOCUMENT_INLINE_COMPLETION,
    types.WORKSPACE_EXECUTE_COMMAND,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION,
    types.CANCEL_REQUEST,
    types.SET_TRACE,
    *ext.MESSAGE_TYPES,
    "no/such",
]
URI = "file:///a"
PLACE = {"line": 0, "character": 1}
DOCUMENT = {"uri": URI, "languageId": "python", "version": 1, "text": "a\U0001f600"}
ITEM = {"insertText": "t", "command": {"title": "", "command": "echo.accept", "arguments": [1]}}
PARAMS = [
    {"textDocument": DOCUMENT},
    {"textDocument": DOCUMENT, "position": PLACE, "context": {"triggerKind": 1}},
    {"textDocument": DOCUMENT, "contentChanges": [{"text": "b"}]},
    {
        "textDocument": DOCUMENT,
        "contentChanges": [{"range": {"start": PLACE, "end": PLACE}, "text": "b"}],
    },
    {"command": "echo.accept", "arguments": ["p"]},
    {"command": "echo.accept", "arguments": [{}, 3]},
    {"item": ITEM, "acceptedLength": 3},
    {"id": 1},
    {"settings": {"echo": {"completion": {"enabled": 3, "disabledGlobs": ["!"]}}}},
    {"capabilities": {}},
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["textDocument", "item", "id", "uri"]), inner, max_size=3)
    ),
    max_leaves=6,
)
CALLS = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": st.sampled_from(METHODS) | JSON},
    optional={
        "id": st.integers(1, 3) | st.sampled_from(["a", None, 1.5]) | JSON,
        "params": st.sampled_from(PARAMS) | JSON,
    },
)
BODIES = st.lists(CALLS.map(json.dumps).map(str.encode) | st.binary(max_size=9), max_size=12)


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(BODIES)
def test_each_request_is_answered_once(tmp_path: Path, bodies: list[bytes]) -> None:
    sent: list[bytes] = []

    async def run() -> None:
        profile = Profile.locate({"ECHO_HOME": str(tmp_path)})
        clock = SystemClock()
        server = EchoServer(profile, clock, Log(tmp_path, "t", clock), sent.append)
        start = {"jsonrpc": "2.0", "id": "start", "method": "initialize"}
        server.protocol.receive(json.dumps({**start, "params": {"capabilities": {}}}).encode())
        for body in bodies:
            server.protocol.receive(body)
            await asyncio.sleep(0)
        # Without a daemon a completion is answered within a turn or two of the loop.
        await asyncio.gather(*server.protocol._request_futures.values(), return_exceptions=True)
        await asyncio.sleep(0)

    asyncio.run(run())
    expected: Counter[object] = Counter({"start": 1})
    for body in bodies:
        try:
            message = json.loads(body)
        except ValueError:
            continue
        if isinstance(message, dict) and type(message.get("id")) in {int, str}:
            expected[message["id"]] += 1
    answers = [json.loads(frame.partition(b"\r\n\r\n")[2]) for frame in sent]
    answered = Counter(answer["id"] for answer in answers if answer.get("id") is not None)
    assert answered == expected
    assert all(("result" in answer) != ("error" in answer) for answer in answers if "id" in answer)
