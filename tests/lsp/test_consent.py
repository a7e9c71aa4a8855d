"""Consent over stdio: what is on and why, choosing, and the editor's own telemetry setting."""

from __future__ import annotations

from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from echo_core.records import wire
from echo_lsp import protocol_ext as ext
from echo_testing.lsp_bench import Bench


async def ask(bench: Bench, method: str, params: object = None) -> list[Any]:
    answer: Any = await bench.editor.client.protocol.send_request_async(method, params)
    found = answer["switches"] if isinstance(answer, dict) else answer.switches
    return [each if isinstance(each, dict) else each._asdict() for each in found]


def told(bench: Bench) -> list[bool]:
    """What the daemon heard of the editor's telemetry setting."""
    return [m.allowed for m in bench.daemon.messages if isinstance(m, wire.EditorTelemetry)]


async def test_consent_is_shown_and_chosen(bench: Bench) -> None:
    await bench.begin()
    shown = await ask(bench, ext.CONSENT)
    assert [(each["switch"], each["on"], each["reason"], each["text"]) for each in shown] == [
        ("record", False, "Recording is off.", "What is recorded.")
    ]
    choice = {"switch": "record", "on": True, "workspace": "/w"}
    (state,) = await ask(bench, ext.SET_CONSENT, choice)
    assert state["on"] is True
    (heard,) = [each for each in bench.daemon.messages if isinstance(each, wire.SwitchChoice)]
    assert heard == wire.SwitchChoice("record", on=True, by="Editor 1", workspace="/w")
    with pytest.raises(JsonRpcException, match="A switch is one of"):
        await ask(bench, ext.SET_CONSENT, {"switch": "everything", "on": True})
    with pytest.raises(JsonRpcException):
        await ask(bench, ext.SET_CONSENT, {"switch": "record"})


async def test_without_a_daemon_nothing_is_chosen(bench: Bench) -> None:
    await bench.begin()
    bench.daemon.close()
    while (await bench.editor.status()).kind != "error":
        pass
    with pytest.raises(JsonRpcException, match="daemon is away"):
        await ask(bench, ext.SET_CONSENT, {"switch": "record", "on": True})
    bench.editor.follow_no_status()


async def test_the_editors_own_setting_is_passed_on(bench: Bench) -> None:
    await bench.begin(options={"telemetry": False})
    await bench.daemon.wait_until(lambda: told(bench) == [False])
    bench.editor.notify(ext.DID_CHANGE_TELEMETRY, ext.TelemetryParams(allowed=True))
    await bench.daemon.wait_until(lambda: told(bench) == [False, True])


async def test_an_editor_that_says_nothing_of_telemetry_is_not_quoted(bench: Bench) -> None:
    await bench.begin(options={"telemetry": "maybe"})
    await ask(bench, ext.CONSENT)
    assert told(bench) == []
