"""An editor for tests: pytest-lsp's client with documents, over stdio against a real server.

It counts lines and characters by itself, straight from the words of LSP 3.18. A test in which the
server said something that was not read fails when the editor stops; of its state it may say more
while it stops, so a test that does not follow that calls `follow_no_status` before.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from lsprotocol import types
from pygls.protocol.json_rpc import JsonRPCProtocol
from pytest_lsp import LanguageClient, make_test_lsp_client

from echo_lsp import protocol_ext as ext
from echo_runtime.profile import Profile
from echo_testing.waiting import LONG_S

SERVER_COMMAND = (sys.executable, "-m", "echo_lsp")
_LINE = re.compile(r"\r\n|\r|\n")
_UNITS = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


def position(text: str, offset: int, encoding: str = "utf-16") -> types.Position:
    """Line and character of an offset, the slow and plain way."""
    starts = [0, *(end.end() for end in _LINE.finditer(text))]
    line = max(number for number, start in enumerate(starts) if start <= offset)
    return types.Position(line, _UNITS[encoding](text[starts[line] : offset]))


def server_environ(profile: Profile) -> dict[str, str]:
    """The environment in which a server finds this code and this profile."""
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)  # noqa: PTH100
    return {**os.environ, **profile.environ(), "PYTHONPATH": paths}


class Editor:
    """One window: a server process and the documents open in it."""

    def __init__(self) -> None:
        self.client: LanguageClient = make_test_lsp_client()
        self.texts: dict[str, str] = {}
        self.encoding = "utf-16"
        self._versions = itertools.count(1)
        self._statuses: asyncio.Queue[Any] = asyncio.Queue()
        self._follows = True

        # A partial, because pygls sets attributes on what it is given.
        self.client.feature(ext.DID_CHANGE_STATUS)(functools.partial(self._statuses.put_nowait))

    async def start(
        self,
        profile: Profile,
        encodings: tuple[str, ...] = ("utf-16",),
        options: Mapping[str, object] | None = None,
        workspace: types.WorkspaceClientCapabilities | None = None,
        command: tuple[str, ...] = SERVER_COMMAND,
        root: str = "file:///w",
    ) -> types.InitializeResult:
        """Start the server and say `initialize` and `initialized`."""
        await self.client.start_io(*command, env=server_environ(profile))
        general = types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind(each) for each in encodings]
        )
        result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(workspace=workspace, general=general),
                client_info=types.ClientInfo("Editor", "1"),
                root_uri=root,
                initialization_options=dict(options) if options else None,
            )
        )
        chosen = result.capabilities.position_encoding or "utf-16"
        self.encoding = str(getattr(chosen, "value", chosen))
        return result

    @property
    def is_running(self) -> bool:
        """The server was started and has not ended."""
        server = self.client._server
        return server is not None and server.returncode is None and not self.client.stopped

    async def status(self) -> Any:
        """The next status that the server sends."""
        async with asyncio.timeout(LONG_S):
            return await self._statuses.get()

    def follow_no_status(self) -> None:
        """Take what the server said of its state, and what it will say, as read."""
        self._follows = False

    def open(self, uri: str, text: str, language: str = "python") -> None:
        """Open a document."""
        self.texts[uri] = text
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(uri, language, next(self._versions), text)
            )
        )

    def edit(self, uri: str, *edits: tuple[int, int, str]) -> None:
        """Replace `[start, end)`, in code points, by a text; several go in one notification."""
        changes: list[types.TextDocumentContentChangeEvent] = []
        for start, end, inserted in edits:
            text = self.texts[uri]
            where = types.Range(self.position(uri, start), self.position(uri, end))
            changes.append(types.TextDocumentContentChangePartial(where, inserted))
            self.texts[uri] = text[:start] + inserted + text[end:]
        self._change(uri, changes)

    def replace(self, uri: str, text: str) -> None:
        """Send a document as a whole."""
        self.texts[uri] = text
        self._change(uri, [types.TextDocumentContentChangeWholeDocument(text)])

    def save(self, uri: str) -> None:
        """Save a document."""
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    def close(self, uri: str) -> None:
        """Close a document."""
        del self.texts[uri]
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    def position(self, uri: str, offset: int) -> types.Position:
        """A position in a document as this editor counts."""
        return position(self.texts[uri], offset, self.encoding)

    def ask(
        self, uri: str, offset: int, *, invoked: bool = False
    ) -> asyncio.Future[types.InlineCompletionList]:
        """Ask for completions at an offset; cancel with `cancel`."""
        kind = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic),
            types.TextDocumentIdentifier(uri),
            self.position(uri, offset),
        )
        # Sent at once; pygls' own method sends when its task gets a turn.
        sent: Any = JsonRPCProtocol.send_request(
            self.client.protocol, types.TEXT_DOCUMENT_INLINE_COMPLETION, params
        )
        return asyncio.wrap_future(sent)

    async def complete(self, uri: str, offset: int) -> list[types.InlineCompletionItem]:
        """The items offered at an offset."""
        return list((await self.ask(uri, offset)).items)

    async def why(self, params: object = None) -> str:
        """How the newest request ended, as the server or the daemon says."""
        asked: Any = self.client.protocol
        answer = await asked.send_request_async(ext.WHY, params)
        return str(answer["reason"] if isinstance(answer, dict) else answer.reason)

    def notify(self, method: str, params: object) -> None:
        """Send a notification that LSP does not have, or any other."""
        self.client.protocol.notify(method, params)

    def send_raw(self, message: Mapping[str, object]) -> None:
        """Send a message as it is, well-formed or not."""
        self.client.protocol._send_data({"jsonrpc": "2.0", **message})

    async def accept(self, item: types.InlineCompletionItem) -> None:
        """Run the item's command, as an editor does after putting the text in."""
        assert item.command is not None
        await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(item.command.command, item.command.arguments)
        )

    async def stop(self) -> int:
        """`shutdown` and `exit`; the server's exit code. Fails where something was left unread."""
        await self.client.shutdown_session()
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the server's end and look for what was not read."""
        server = self.client._server
        assert server is not None
        code = await server.wait()
        await self.client.stop()  # type: ignore[no-untyped-call]
        unread = [self._statuses.get_nowait() for _ in range(self._statuses.qsize())]
        if not self._follows:
            unread.clear()
        assert (unread, self.client.messages, self.client.log_messages) == ([], [], [])
        assert self.client.error is None
        return code

    def _change(self, uri: str, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        identity = types.VersionedTextDocumentIdentifier(next(self._versions), uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identity, changes))
