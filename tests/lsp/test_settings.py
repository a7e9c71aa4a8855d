"""The editor's settings: pushed or asked for, and exactly those that its own list holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsprotocol import types

from echo_core.records import wire
from echo_daemon.completion.values import CompletionOptions
from echo_runtime.settings_editor import editor_settings
from echo_testing.lsp_bench import Bench

URI = "file:///w/a.py"
VSCODE = Path(__file__).parents[2] / "editor-client" / "vscode" / "configuration.json"


async def test_the_editors_settings(bench: Bench) -> None:
    await bench.begin(
        options={"reportsShown": True, "completion": {"disabledLanguages": ["markdown"]}}
    )
    editor, daemon = bench.editor, bench.daemon
    daemon.answer_with("x")
    assert daemon.hellos[0].reports_shown
    editor.open(URI, "a")
    assert len(await editor.complete(URI, 1)) == 1
    languages = {"completion.disabled_languages": ["markdown"]}
    assert daemon.settings() == [languages]
    assert isinstance(daemon.messages[0], wire.EditorSettings), "documents come after settings"

    def configure(settings: object) -> None:
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams(settings)
        )

    configure({"echo": {"completion": {"enabled": False}}})
    assert (await editor.status()).kind == "off"
    assert await editor.complete(URI, 1) == []
    configure({"echo": {"completion": {"enabled": "yes", "disabledGlobs": ["!"]}, "other": 3}})
    configure({"echo": {"completion": 3, "enabled": True}})
    configure(None)
    assert await editor.complete(URI, 1) == []
    configure({"echo": {"completion": {"enabled": True, "disabledGlobs": ["*.pem"]}}})
    assert (await editor.status()).kind == "ready"
    assert len(await editor.complete(URI, 1)) == 1
    assert daemon.settings()[-1] == {
        **languages, "completion.enabled": True, "completion.disabled_globs": ["*.pem"]
    }  # fmt: skip
    assert "completion.disabled_globs" in bench.log_text()  # that it was refused, not what it held


async def test_settings_are_told_again_to_a_new_daemon(bench: Bench) -> None:
    await bench.begin(options={"completion": {"eagerness": "calm"}})
    await bench.daemon.wait_until(lambda: len(bench.daemon.settings()) == 1)
    bench.daemon.close()
    await bench.daemon.open()
    await bench.daemon.wait_until(lambda: len(bench.daemon.settings()) == 2)
    assert bench.daemon.settings()[0] == bench.daemon.settings()[1]
    while (await bench.editor.status()).kind != "ready":
        pass


# A value for each setting of VS Code's list, other than its default.
OTHER = {"boolean": lambda schema: not schema["default"],
         "array": lambda _: ["a/"],
         "string": lambda schema: next(v for v in schema["enum"] if v != schema["default"]),
         "integer": lambda schema: schema["maximum"]}  # fmt: skip


async def test_the_daemon_hears_exactly_what_vscode_may_set(bench: Bench) -> None:
    schemas: dict[str, Any] = json.loads(VSCODE.read_text(encoding="utf-8"))["properties"]
    section: dict[str, dict[str, object]] = {"completion": {}, "engine": {"threads": 2}}
    for name, schema in schemas.items():
        echo, table, key = name.split(".")
        assert echo == "echo"
        section[table][key] = OTHER[schema["type"]](schema)
    section["completion"]["tokensMax"] = 1  # a setting, but not an editor's
    editor = bench.editor
    editor.client.set_configuration({"echo": section})
    await bench.daemon.open()
    await editor.start(
        bench.profile, workspace=types.WorkspaceClientCapabilities(configuration=True)
    )
    await bench.daemon.wait_until(lambda: bool(bench.daemon.settings()))
    heard = bench.daemon.settings()[-1]
    names = {each.full_name for each in editor_settings()}
    assert heard.keys() == names
    assert len(schemas) == len(names)
    # and each of them changes what completion does
    chosen, default = CompletionOptions().in_window(heard), CompletionOptions()
    for name in names:
        field = name.removeprefix("completion.")
        assert getattr(chosen, field) != getattr(default, field), name
    editor.follow_no_status()


async def test_settings_are_asked_for_where_the_client_lets_us(bench: Bench) -> None:
    editor = bench.editor
    editor.client.set_configuration({"echo": {"completion": {"enabled": False}}})
    asks = types.WorkspaceClientCapabilities(configuration=True)
    await bench.daemon.open()
    await editor.start(bench.profile, workspace=asks)
    bench.daemon.answer_with("x")
    editor.open(URI, "a")
    while (await editor.status()).kind != "off":
        pass
    assert await editor.complete(URI, 1) == []
    editor.client.set_configuration({"echo": {"completion": {"enabled": True}}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    assert (await editor.status()).kind == "ready"
    assert len(await editor.complete(URI, 1)) == 1
    editor.send_raw({"id": "workspace/configuration", "result": [None]})  # nobody asked
    editor.send_raw({"id": "workspace/configuration", "error": 3})
    assert len(await editor.complete(URI, 1)) == 1
