"""The real server over stdio: documents, completions, outcomes, and what becomes of trouble."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from echo_core.records import wire
from echo_lsp import protocol_ext as ext
from echo_testing.editor import position
from echo_testing.lsp_bench import Bench

URI = "file:///w/a.py"
NASTY = "a\U0001f600b\fc\u2028d\x85e\r\nf\rg\n\n\U0001f600\U0001f600"


async def mirrored(bench: Bench, uri: str = URI) -> str:
    """The daemon's mirror once it has the editor's text; waits for ever where it never has."""
    wanted = bench.editor.texts[uri]
    await bench.daemon.wait_until(lambda: bench.daemon.mirrors.get(uri) == wanted)
    return bench.daemon.mirrors[uri]


async def test_capabilities(bench: Bench) -> None:
    await bench.daemon.open()
    files = types.FileOperationClientCapabilities(did_rename=True)
    workspace = types.WorkspaceClientCapabilities(file_operations=files)
    result = await bench.editor.start(bench.profile, workspace=workspace)
    capabilities = result.capabilities
    sync = capabilities.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert (sync.open_close, sync.change, sync.save) == (
        True,
        types.TextDocumentSyncKind.Incremental,
        True,
    )
    assert capabilities.inline_completion_provider is not None
    assert capabilities.execute_command_provider is not None
    assert list(capabilities.execute_command_provider.commands) == [ext.ACCEPT_COMMAND]
    assert capabilities.hover_provider is None
    assert capabilities.workspace is not None
    operations = capabilities.workspace.file_operations
    assert operations is not None
    assert operations.did_rename is not None
    (one,) = operations.did_rename.filters
    assert (one.scheme, one.pattern.glob) == ("file", "**")
    assert (await bench.editor.status()).kind == "ready"
    hello = bench.daemon.hellos[0]
    assert (hello.client, hello.roots, hello.reports_shown) == ("Editor 1", ["file:///w"], False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_mirrors_stay_equal_in_each_encoding(bench: Bench, encoding: str) -> None:
    await bench.begin(encodings=(encoding,))
    editor = bench.editor
    assert editor.encoding == encoding
    editor.open(URI, NASTY)
    assert await mirrored(bench) == NASTY
    for offset in range(len(NASTY), -1, -1):
        # Between \r and \n there is no position in LSP; an editor does not put one there.
        if NASTY[offset - 1 : offset + 1] != "\r\n":
            editor.edit(URI, (offset, offset, "\U0001f600x"))
    editor.edit(URI, (3, 9, ""), (0, 2, "\r\n"), (0, 2, "\r"), (1, 1, "\u2028"))
    assert await mirrored(bench) == editor.texts[URI]
    editor.replace(URI, "new\n")
    editor.edit(URI, (4, 4, "end"))
    assert await mirrored(bench) == "new\nend"


async def test_the_first_known_encoding_of_the_client_counts(bench: Bench) -> None:
    await bench.begin(encodings=("utf-32", "utf-8", "utf-16"))
    assert bench.editor.encoding == "utf-32"


async def test_a_completion(bench: Bench) -> None:
    await bench.begin()
    bench.daemon.answer_with("value)\n", "other")
    bench.editor.open(URI, "x\n\U0001f600print(")
    items = await bench.editor.complete(URI, 9)
    assert [item.insert_text for item in items] == ["value)\n", "other"]
    where = types.Position(1, 8)
    assert items[0].range == types.Range(where, where)
    assert items[0].command is not None
    assert items[0].command.command == "echo.accept"
    assert list(items[0].command.arguments or ()) == ["p0"]
    (ask,) = bench.daemon.asks
    assert (ask.doc, ask.offset, ask.trigger) == (URI, 9, "automatic")
    assert ask.version == bench.daemon.versions[URI]
    await bench.editor.ask(URI, 0, invoked=True)
    assert bench.daemon.asks[1].trigger == "invoked"


async def test_three_candidates_each_with_its_own_id(bench: Bench) -> None:
    await bench.begin()
    bench.daemon.answer_with("value)", "\U0001f600 other", "third")
    bench.editor.open(URI, "print(")
    items = (await bench.editor.ask(URI, 6, invoked=True)).items
    assert [item.insert_text for item in items] == ["value)", "\U0001f600 other", "third"]
    commands = [item.command for item in items if item.command is not None]
    assert [list(each.arguments or ()) for each in commands] == [["p0"], ["p1"], ["p2"]]
    assert len({(item.range.start.character, item.range.end.line) for item in items}) == 1
    await bench.editor.accept(items[1])
    reports = [one for one in bench.daemon.messages if isinstance(one, wire.OutcomeReport)]
    assert reports == [wire.OutcomeReport("p1", "accepted", len("\U0001f600 other"))]


async def test_an_offer_over_two_lines_is_not_shown(bench: Bench) -> None:
    await bench.begin()

    async def complete(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        return wire.CompletionAnswer(
            [wire.Offer("a", "t", 0, 3), wire.Offer("b", "t", 9, 99), wire.Offer("c", "t", 0, 1)],
            "proposed",
        )

    bench.daemon.completer = complete
    bench.editor.open(URI, "a\nb\n")
    (item,) = await bench.editor.complete(URI, 0)
    assert item.range == types.Range(types.Position(0, 0), types.Position(0, 1))


async def test_an_answer_that_came_too_late_is_empty(bench: Bench) -> None:
    await bench.begin()
    release = asyncio.Event()

    async def complete(ask: wire.CompletionAsk) -> wire.CompletionAnswer:
        await release.wait()
        return wire.CompletionAnswer([wire.Offer("p", "t", ask.offset, ask.offset)], "proposed")

    bench.daemon.completer = complete
    bench.editor.open(URI, "ab")
    waiting = bench.editor.ask(URI, 2)
    bench.editor.edit(URI, (2, 2, "c"))
    await mirrored(bench)
    release.set()
    assert list((await waiting).items) == []
    # the offset is that of the moment of asking, though the edit was right behind it
    assert bench.daemon.asks[0].offset == 2


async def test_cancelling(bench: Bench) -> None:
    await bench.begin()
    started = asyncio.Event()

    async def complete(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    bench.daemon.completer = complete
    bench.editor.open(URI, "ab")
    waiting = bench.editor.ask(URI, 2)
    await started.wait()
    (number,) = bench.editor.client.protocol._request_futures
    bench.editor.notify(types.CANCEL_REQUEST, types.CancelParams(number))
    with pytest.raises(JsonRpcException) as caught:
        await waiting
    assert caught.value.code == -32800
    await bench.daemon.wait_until(lambda: bench.daemon.cancelled != [])
    bench.daemon.answer_with("x")
    assert len(await bench.editor.complete(URI, 2)) == 1


async def test_shutdown_answers_what_waits(bench: Bench) -> None:
    await bench.begin()
    started = asyncio.Event()

    async def complete(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    bench.daemon.completer = complete
    bench.editor.open(URI, "ab")
    waiting = bench.editor.ask(URI, 2)
    await started.wait()
    assert await bench.editor.stop() == 0
    with pytest.raises(JsonRpcException):
        await waiting


async def test_outcomes(bench: Bench) -> None:
    await bench.begin()
    bench.daemon.answer_with("\U0001f600b\n\U0001f600")
    bench.editor.open(URI, "x")
    (item,) = await bench.editor.complete(URI, 1)
    shown = {"item": bench.editor.client.protocol._converter.unstructure(item)}
    bench.editor.notify(ext.DID_SHOW_COMPLETION, shown)
    for units in (0, 1, 2, 3, 4, 6, 99):
        bench.editor.notify(ext.DID_PARTIALLY_ACCEPT_COMPLETION, {**shown, "acceptedLength": units})
    bench.editor.notify(ext.DID_SHOW_COMPLETION, {"item": {"insertText": "foreign"}})
    await bench.editor.accept(item)

    def reported() -> list[wire.OutcomeReport]:
        return [each for each in bench.daemon.messages if isinstance(each, wire.OutcomeReport)]

    await bench.daemon.wait_until(lambda: len(reported()) >= 9)
    reports = reported()
    assert [(report.outcome, report.chars) for report in reports] == [
        ("shown", 0),
        ("partial", 0),
        ("partial", 0),
        ("partial", 1),
        ("partial", 2),
        ("partial", 3),
        ("accepted", 4),
        ("accepted", 4),
        ("accepted", 4),
    ]
    assert {report.proposal for report in reports} == {"p0"}


async def test_focus_cursor_save_close(bench: Bench) -> None:
    await bench.begin()
    editor = bench.editor
    editor.open(URI, "\U0001f600x\ny")
    editor.notify(ext.DID_FOCUS, {"textDocument": {"uri": URI}})
    editor.notify(ext.DID_FOCUS, {"textDocument": {"uri": URI}})  # no news
    editor.notify(ext.DID_FOCUS, {})
    cursor = {"line": 0, "character": 2}
    editor.notify(
        ext.DID_MOVE_CURSOR,
        {"textDocument": {"uri": URI}, "anchor": cursor, "head": {"line": 1, "character": 0}},
    )
    editor.save(URI)
    editor.close(URI)
    await bench.daemon.wait_until(lambda: len(bench.daemon.messages) >= 5)
    ref = wire.DocumentRef(URI)
    assert bench.daemon.messages[1:] == [ref, wire.DocumentCursor(URI, 1, 3), ref, ref]


async def test_new_names_are_handed_on(bench: Bench) -> None:
    await bench.begin()
    editor = bench.editor
    editor.open(URI, "x")
    renamed = types.FileRename("file:///w", "file:///v")
    editor.client.workspace_did_rename_files(types.RenameFilesParams([renamed]))
    await bench.daemon.wait_until(lambda: len(bench.daemon.messages) >= 2)
    assert bench.daemon.messages[1:] == [wire.DocumentRename("file:///w", "file:///v")]


async def test_the_daemons_status_reaches_the_editor_once(bench: Bench) -> None:
    await bench.begin()
    loading = wire.Status("loading", "The model is still loading.", busy=True, recording=False)
    for _ in range(3):
        bench.daemon.peers[0].notify(wire.STATUS_CHANGED, loading)
    status = await bench.editor.status()
    assert (status.kind, status.busy, status.message) == ("loading", True, loading.message)


async def test_the_daemon_goes_and_comes_back(bench: Bench) -> None:
    await bench.begin()
    editor, daemon = bench.editor, bench.daemon
    daemon.answer_with("x")
    editor.open(URI, "one\n")
    await mirrored(bench)
    editor.notify(ext.DID_FOCUS, {"textDocument": {"uri": URI}})
    daemon.close()
    status = await editor.status()
    assert (status.kind, "went away" in status.message) == ("error", True)
    editor.edit(URI, (4, 4, NASTY))
    assert await editor.complete(URI, 1) == []
    await daemon.open()
    while (await editor.status()).kind != "ready":
        pass  # that it was tried in vain meanwhile
    assert await mirrored(bench) == "one\n" + NASTY
    await daemon.wait_until(lambda: wire.DocumentRef(URI) in daemon.messages)
    editor.edit(URI, (0, 3, ""))
    await mirrored(bench)
    assert len(await editor.complete(URI, 1)) == 1


async def test_a_daemon_that_dies_while_it_is_asked(bench: Bench) -> None:
    await bench.begin()

    async def die(_: wire.CompletionAsk) -> wire.CompletionAnswer:
        bench.daemon.close()
        return wire.CompletionAnswer([], "proposed")

    bench.daemon.completer = die
    bench.editor.open(URI, "a")
    assert await bench.editor.complete(URI, 1) == []
    assert (await bench.editor.status()).kind == "error"
    bench.editor.follow_no_status()


async def test_no_daemon_at_all(bench: Bench) -> None:
    await bench.editor.start(bench.profile)
    bench.editor.open(URI, "a")
    assert await bench.editor.complete(URI, 1) == []
    bench.editor.follow_no_status()  # how often one is looked for is not told here


async def test_resync(bench: Bench) -> None:
    await bench.begin()
    bench.editor.open(URI, "abc")
    await mirrored(bench)
    bench.daemon.mirrors[URI] = "wrong"
    bench.daemon.peers[0].notify(wire.DOCUMENT_RESYNC, wire.DocumentRef(URI))
    assert await mirrored(bench) == "abc"


async def test_malformed_and_unknown_calls_are_answered(bench: Bench) -> None:
    await bench.begin()
    protocol = bench.editor.client.protocol
    for method, params, code in (
        ("textDocument/inlineCompletion", {"textDocument": 3}, -32602),
        ("textDocument/hover", {}, -32601),
        ("no/such", None, -32601),
        ("textDocument/didOpen", {}, -32602),
        ("workspace/executeCommand", {"command": "rm"}, -32602),
        ("initialize", {"capabilities": {}}, -32600),
    ):
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        protocol._request_futures[f"x{method}"] = future  # type: ignore[assignment]
        bench.editor.send_raw({"id": f"x{method}", "method": method, "params": params})
        with pytest.raises(JsonRpcException) as caught:
            await future
        assert caught.value.code == code, method
        assert caught.value.data is None
    bench.editor.notify("no/such", {})
    bench.editor.send_raw({"method": "textDocument/didOpen", "params": {"textDocument": []}})
    bench.editor.texts["file:///w/never.py"] = "a"
    bench.editor.edit("file:///w/never.py", (0, 1, "b"))
    bench.editor.open(URI, "a")
    assert await bench.editor.complete(URI, 1) == []


async def test_nothing_of_a_document_is_logged(bench: Bench) -> None:
    await bench.begin()
    bench.daemon.answer_with("canary")
    bench.editor.open("file:///w/canary.py", "canary")
    bench.editor.edit("file:///w/canary.py", (6, 6, "canary"))
    (item,) = await bench.editor.complete("file:///w/canary.py", 12)
    await bench.editor.accept(item)
    bench.editor.send_raw({"method": "textDocument/didChange", "params": {"canary": "canary"}})
    bench.daemon.close()
    await bench.editor.status()
    bench.editor.follow_no_status()
    assert await bench.editor.stop() == 0
    assert "lsp.ended" in bench.log_text()
    assert "canary" not in bench.log_text()


def test_the_editors_own_counting() -> None:
    assert position("a\r\nb\rc\n", 7) == types.Position(3, 0)
    assert position("\U0001f600x\u2028y", 3) == types.Position(0, 4)
    assert position("\U0001f600x", 1, "utf-8") == types.Position(0, 4)
