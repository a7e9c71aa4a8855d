"""A language server that knows what will be typed: it stands for echo-lsp under a replay.

It counts lines and columns by itself, proposes the rest of the document that ECHO_SIMULATED
names, in several shapes, and writes what it saw to ECHO_SIMULATED_REPORT when it is shut down.
"""

import json
import os
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from echo_core.text.document import Encoding, Text
from echo_core.text.edits import Edit

WANTED = Path(os.environ["ECHO_SIMULATED"]).read_bytes().decode()
REPORT = Path(os.environ["ECHO_SIMULATED_REPORT"])
DIES_AT = int(os.environ.get("ECHO_SIMULATED_DIES_AT", "0"))
seen: list[str] = []
texts: dict[str, Text] = {}
closed: dict[str, str] = {}
server = LanguageServer("simulator", "1", text_document_sync_kind=lsp.TextDocumentSyncKind.None_)


def encoding() -> Encoding:
    return Encoding(str(server.workspace.position_encoding))


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
    texts[params.text_document.uri] = Text(params.text_document.text)
    seen.append("open")


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    for change in params.content_changes:
        at = change.range
        start, end = (
            texts[uri].offset(where.line, where.character, encoding())
            for where in (at.start, at.end)
        )
        texts[uri] = texts[uri].edited(Edit(start, end, change.text))
    seen.append("change")
    if DIES_AT and seen.count("change") == DIES_AT:
        os._exit(9)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
    closed[params.text_document.uri] = texts.pop(params.text_document.uri).content


@server.feature(lsp.TEXT_DOCUMENT_INLINE_COMPLETION)
def complete(params: lsp.InlineCompletionParams) -> lsp.InlineCompletionList:
    text = texts[params.text_document.uri]
    position = params.position
    at = text.offset(position.line, position.character, encoding())
    number = seen.count("request")
    seen.append("request")
    start = text.line_start(position.line) if number % 2 else at
    ahead = WANTED[at : at + 5 + 7 * (number % 3)]
    if number % 5 == 4:
        ahead = ahead.split("\n")[0] + "\nnobody types this"
    command = lsp.Command("Accepted", "simulator.accepted", arguments=[number])
    item = lsp.InlineCompletionItem(
        insert_text=text.content[start:at] + ahead,
        range=lsp.Range(
            start=lsp.Position(*text.position(start, encoding())),
            end=lsp.Position(*text.position(at, encoding())),
        ),
        command=command,
    )
    return lsp.InlineCompletionList([item])


@server.command("simulator.accepted")
def accepted(number: int) -> None:
    seen.append("accepted")


@server.feature("textDocument/didShowCompletion")
def shown(params: Any) -> None:
    assert params.item.command.command == "simulator.accepted"
    seen.append("shown")


@server.feature("textDocument/didPartiallyAcceptCompletion")
def partly(params: Any) -> None:
    units = params.acceptedLength
    text = params.item.insertText.encode("utf-16-le")[: 2 * units].decode("utf-16-le")
    assert "\n" not in text
    seen.append("partly")


@server.feature("textDocument/didMoveCursor")
def moved(params: Any) -> None:
    assert params.anchor.line >= 0
    assert params.head.character >= 0
    seen.append("cursor")


@server.feature(lsp.SHUTDOWN)
def shutdown(_: None) -> None:
    REPORT.write_text(json.dumps({"seen": seen, "closed": closed}))


server.start_io()
