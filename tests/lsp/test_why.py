"""`echo/why` over stdio: the daemon's word, or the server's own where it was not asked."""

from __future__ import annotations

from lsprotocol import types

from echo_core.records.reasons import Reason
from echo_testing.lsp_bench import Bench

URI = "file:///w/a.py"


def chosen(*, enabled: bool) -> types.DidChangeConfigurationParams:
    return types.DidChangeConfigurationParams({"echo": {"completion": {"enabled": enabled}}})


async def test_why(bench: Bench) -> None:
    await bench.begin()
    editor = bench.editor
    editor.open(URI, "one\n")
    await editor.complete(URI, 1)
    assert await bench.editor.why() == "unsure"
    assert await bench.editor.why({}) == "unsure"
    editor.texts["file:///w/unknown.py"] = ""  # never sent
    await editor.complete("file:///w/unknown.py", 0)
    assert await bench.editor.why() == Reason.UNKNOWN_DOCUMENT
    editor.notify("workspace/didChangeConfiguration", chosen(enabled=False))
    await editor.complete(URI, 1)
    assert await bench.editor.why() == Reason.OFF
    editor.notify("workspace/didChangeConfiguration", chosen(enabled=True))
    bench.daemon.close()
    assert [(await editor.status()).kind for _ in range(3)] == ["off", "ready", "error"]
    await editor.complete(URI, 1)
    assert await bench.editor.why() == Reason.DAEMON_AWAY
    editor.follow_no_status()  # how often it is tried again is not told here
