"""`echo/dashboard` over stdio: the daemon's link, or a sentence where the daemon is away."""

from __future__ import annotations

from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from echo_lsp import protocol_ext as ext
from echo_testing.lsp_bench import Bench


async def link(bench: Bench, params: object = None) -> tuple[str, int]:
    answer: Any = await bench.editor.client.protocol.send_request_async(ext.DASHBOARD, params)
    found = answer if isinstance(answer, dict) else answer._asdict()
    return found["url"], found["seconds"]


async def test_an_editor_gets_a_link(bench: Bench) -> None:
    await bench.begin()
    assert await link(bench) == ("http://127.0.0.1:1/open/x", 9)
    assert await link(bench, {}) == ("http://127.0.0.1:1/open/x", 9)


async def test_without_a_daemon_there_is_no_link(bench: Bench) -> None:
    await bench.begin()
    bench.daemon.close()
    while (await bench.editor.status()).kind != "error":
        pass
    with pytest.raises(JsonRpcException, match="daemon is away"):
        await link(bench)
    bench.editor.follow_no_status()
