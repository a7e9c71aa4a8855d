"""`echo/why` over stdio: the daemon's word, or the server's own where it was not asked."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from echo_core.records.reasons import Reason
from echo_lsp import protocol_ext as ext
from echo_testing.lsp_bench import Bench

URI = "file:///w/a.py"


async def reason(bench: Bench, params: object = None) -> str:
    answer: Any = await bench.editor.client.protocol.send_request_async(ext.WHY, params)
    return str(answer["reason"] if isinstance(answer, dict) else answer.reason)


def chosen(*, enabled: bool) -> types.DidChangeConfigurationParams:
    return types.DidChangeConfigurationParams({"echo": {"completion": {"enabled": enabled}}})


async def test_why(bench: Bench) -> None:
    await bench.begin()
    editor = bench.editor
    editor.open(URI, "one\n")
    await editor.complete(URI, 1)
    assert await reason(bench) == "unsure"
    assert await reason(bench, {}) == "unsure"
    editor.texts["file:///w/unknown.py"] = ""  # never sent
    await editor.complete("file:///w/unknown.py", 0)
    assert await reason(bench) == Reason.UNKNOWN_DOCUMENT
    editor.notify("workspace/didChangeConfiguration", chosen(enabled=False))
    await editor.complete(URI, 1)
    assert await reason(bench) == Reason.OFF
    editor.notify("workspace/didChangeConfiguration", chosen(enabled=True))
    bench.daemon.close()
    assert [(await editor.status()).kind for _ in range(3)] == ["off", "ready", "error"]
    await editor.complete(URI, 1)
    assert await reason(bench) == Reason.DAEMON_AWAY
    editor.follow_no_status()  # how often it is tried again is not told here
