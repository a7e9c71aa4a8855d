"""An editor without a screen: a real LSP client that speaks to a real echo-lsp over stdio.

Left out: what is typed and when (`typist`), what it gets to see (`seen`).

Rules
 - It keeps its own mirror and counts positions from it, in the encoding the server chose.
 - Accepting is what an editor does: first the change, then the item's command
   (`workspace/executeCommand`), or for a part `textDocument/didPartiallyAcceptCompletion`.
 - When the server dies, whatever was awaited and whatever is sent next raises `DaemonError`.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from echo_core.errors import DaemonError
from echo_core.text.document import Encoding, Text
from echo_core.text.edits import Edit
from echo_daemon.replay.client import SERVER_COMMAND, LspClient, gone
from echo_daemon.replay.seen import Counts, EditorStatus, Item

DID_FOCUS: Final = "textDocument/didFocus"
DID_MOVE_CURSOR: Final = "textDocument/didMoveCursor"
DID_SHOW: Final = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT: Final = "textDocument/didPartiallyAcceptCompletion"
DID_CHANGE_STATUS: Final = "didChangeStatus"

STATUSES_MAX: Final = 256  # kept; a server that says more has a fault that the first ones show


@dataclass(slots=True)
class _Document:
    uri: str
    language: str
    version: int
    text: Text


@dataclass(slots=True)
class Pending:
    """A request that was sent and may be cancelled."""

    id: str
    doc: str
    version: int
    answer: asyncio.Future[Any] = field(repr=False)


class Editor:
    """One editor window. `start` first, `stop` at the end; documents are named as in the trace."""

    def __init__(self, *, encoding: Encoding = Encoding.UTF16) -> None:
        self._client = LspClient()
        self._wanted = encoding
        self._encoding = encoding
        self._documents: dict[str, _Document] = {}
        self.counts = Counts()
        self.statuses: list[EditorStatus] = []
        self._listen()

    @property
    def encoding(self) -> Encoding:
        """What the server chose of what was offered."""
        return self._encoding

    # --- the server's life ---------------------------------------------------------------------

    async def start(self, env: Mapping[str, str] | None = None) -> None:
        """Start echo-lsp with `env` (default: this process's own) and initialize it.

        Raises:
            DaemonError: the server did not come up.
        """
        await self._client.launch(list(SERVER_COMMAND), os.environ if env is None else env)
        offered = [lsp.PositionEncodingKind(self._wanted.value)]
        if self._wanted is not Encoding.UTF16:
            offered.append(lsp.PositionEncodingKind.Utf16)  # every client must speak it
        params = lsp.InitializeParams(
            process_id=os.getpid(),
            client_info=lsp.ClientInfo(name="echo-replay", version="1"),
            capabilities=lsp.ClientCapabilities(
                general=lsp.GeneralClientCapabilities(position_encodings=offered),
                text_document=lsp.TextDocumentClientCapabilities(
                    inline_completion=lsp.InlineCompletionClientCapabilities(),
                ),
            ),
            initialization_options={"reportsShown": True},
        )
        result = await self._answer(self._client.initialize_async(params))
        chosen = result.capabilities.position_encoding
        self._encoding = Encoding.UTF16 if chosen is None else Encoding(chosen)
        self._client.initialized(lsp.InitializedParams())

    async def stop(self) -> None:
        """Shut the server down as an editor that closes its window."""
        if self._client.ended.is_set():
            await self._client.halt()
            return
        try:
            await self._answer(self._client.shutdown_async(None))
            self._client.exit(None)
        except DaemonError:
            pass  # it died while it was asked to: the same end
        await self._client.end()

    def _listen(self) -> None:
        def status(params: Any) -> None:
            if len(self.statuses) < STATUSES_MAX:
                kind = str(getattr(params, "kind", ""))
                message = str(getattr(params, "message", "") or "")
                busy = bool(getattr(params, "busy", False))
                self.statuses.append(EditorStatus(kind, message, busy))

        def register(_: lsp.RegistrationParams) -> None:
            return None

        def configuration(params: lsp.ConfigurationParams) -> list[None]:
            return [None for _ in params.items]  # no settings: the server's defaults

        for method, handler in (
            (DID_CHANGE_STATUS, status),
            (lsp.CLIENT_REGISTER_CAPABILITY, register),
            (lsp.WORKSPACE_CONFIGURATION, configuration),
        ):
            on: Callable[[Callable[[Any], object]], object] = self._client.feature(method)
            on(handler)

    async def _answer(self, asked: Awaitable[Any]) -> Any:
        answer = asyncio.ensure_future(asked)
        self._alive()
        ended = asyncio.ensure_future(self._client.ended.wait())
        try:
            await asyncio.wait({answer, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                raise DaemonError(gone(self._client.exit_status))
            return answer.result()
        except RuntimeError as error:  # pygls fails what is pending when the process is gone
            raise DaemonError(gone(self._client.exit_status)) from error
        finally:
            ended.cancel()

    def _alive(self) -> None:
        if self._client.ended.is_set():
            raise DaemonError(gone(self._client.exit_status))

    # --- documents -----------------------------------------------------------------------------

    def text(self, doc: str) -> Text:
        """The mirror of an open document."""
        return self._documents[doc].text

    def is_open(self, doc: str) -> bool:
        """Whether `doc` is open in this window."""
        return doc in self._documents

    async def open(self, doc: str, uri: str, language: str, text: str) -> None:
        """Open `doc`; the server knows it as `uri`."""
        document = _Document(uri, language, 1, Text(text))
        self._documents[doc] = document
        item = lsp.TextDocumentItem(uri=uri, language_id=language, version=1, text=text)
        self._alive()
        self._client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=item))
        await self._client.written()

    async def rename(self, doc: str, to: str, uri: str) -> None:
        """Give `doc` another name, as an editor does: it is closed, and opened as `uri`."""
        await self.open(to, uri, self._documents[doc].language, (await self.close(doc)).content)

    async def edit(self, doc: str, edits: tuple[Edit, ...]) -> None:
        """One didChange with `edits`, each in the text that the one before left.

        Raises:
            EditError: an edit reaches beyond the text.
        """
        document = self._documents[doc]
        changes: list[lsp.TextDocumentContentChangeEvent] = []
        for edit in edits:
            changes.append(self._change(document.text, edit))
            document.text = document.text.edited(edit)
        document.version += 1
        self.counts.changes += 1
        self.counts.edits += len(changes)
        self._alive()
        self._client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                text_document=lsp.VersionedTextDocumentIdentifier(
                    version=document.version, uri=document.uri
                ),
                content_changes=changes,
            )
        )
        await self._client.written()

    def _change(self, text: Text, edit: Edit) -> lsp.TextDocumentContentChangePartial:
        sent = reachable(text.content, edit)
        return lsp.TextDocumentContentChangePartial(
            range=self._range(text, sent.start, sent.end), text=sent.inserted
        )

    def _range(self, text: Text, start: int, end: int) -> lsp.Range:
        return lsp.Range(
            start=lsp.Position(*text.position(start, self._encoding)),
            end=lsp.Position(*text.position(end, self._encoding)),
        )

    async def focus(self, doc: str) -> None:
        """Bring `doc` to the front."""
        self._notify(DID_FOCUS, {"textDocument": {"uri": self._documents[doc].uri}})
        await self._client.written()

    async def select(self, doc: str, anchor: int, head: int) -> None:
        """Move the selection without an edit. Ends beyond the text count as its end."""
        document = self._documents[doc]
        at = self._range(document.text, *(min(end, len(document.text)) for end in (anchor, head)))
        ends: dict[str, object] = {"anchor": at.start, "head": at.end}
        self._notify(DID_MOVE_CURSOR, {"textDocument": {"uri": document.uri}} | ends)
        await self._client.written()

    async def save(self, doc: str) -> None:
        """Tell that `doc` was saved; no file is written."""
        self._alive()
        self._client.text_document_did_save(
            lsp.DidSaveTextDocumentParams(text_document=self._identifier(doc))
        )
        await self._client.written()

    async def close(self, doc: str) -> Text:
        """Close `doc`; its text as it was."""
        self._alive()
        self._client.text_document_did_close(
            lsp.DidCloseTextDocumentParams(text_document=self._identifier(doc))
        )
        await self._client.written()
        return self._documents.pop(doc).text

    def _identifier(self, doc: str) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(uri=self._documents[doc].uri)

    def _notify(self, method: str, params: dict[str, object]) -> None:
        self._alive()
        self._client.protocol.notify(method, params)

    # --- completions ---------------------------------------------------------------------------

    async def ask(self, doc: str, at: int, *, invoked: bool = False) -> Pending:
        """Send an inline completion request at `at`."""
        self._alive()
        document = self._documents[doc]
        kind = lsp.InlineCompletionTriggerKind
        params = lsp.InlineCompletionParams(
            context=lsp.InlineCompletionContext(
                trigger_kind=kind.Invoked if invoked else kind.Automatic
            ),
            text_document=self._identifier(doc),
            position=lsp.Position(*document.text.position(at, self._encoding)),
        )
        request = str(uuid.uuid4())
        answer = self._client.protocol.send_request_async(
            lsp.TEXT_DOCUMENT_INLINE_COMPLETION, params, request
        )
        self.counts.requests += 1
        await self._client.written()
        return Pending(request, doc, document.version, answer)

    async def cancel(self, pending: Pending) -> None:
        """Cancel a request; the server still answers it, and that answer is awaited and dropped."""
        self._alive()
        self._client.protocol.notify(lsp.CANCEL_REQUEST, lsp.CancelParams(id=pending.id))
        await self._client.written()
        pending.answer.add_done_callback(self._dropped)

    def _dropped(self, answer: asyncio.Future[Any]) -> None:
        if not answer.cancelled():
            answer.exception()  # looked at, so that asyncio does not report it
        self.counts.answers += 1
        self.counts.cancelled += 1

    async def items(self, pending: Pending) -> list[Item]:
        """The answer to `pending`; empty when there is none or the document went on meanwhile.

        Raises:
            DaemonError: the server died, or answered with an error other than a cancellation.
        """
        try:
            result = await self._answer(pending.answer)
        except JsonRpcException as error:
            self.counts.answers += 1
            if error.code == lsp.LSPErrorCodes.RequestCancelled:
                self.counts.cancelled += 1
                return []
            raise DaemonError(f"echo-lsp answered a request with error {error.code}") from error
        self.counts.answers += 1
        if isinstance(result, lsp.InlineCompletionList):
            result = result.items
        document = self._documents.get(pending.doc)
        if document is None or document.version != pending.version:
            return []
        items = [self._item(document.text, raw, pending) for raw in result or ()]
        self.counts.items += len(items)
        return items

    def _item(self, text: Text, raw: lsp.InlineCompletionItem, pending: Pending) -> Item:
        if raw.range is None:
            raise DaemonError(f"echo-lsp proposed without a range for request {pending.id}")
        start = text.offset(raw.range.start.line, raw.range.start.character, self._encoding)
        end = text.offset(raw.range.end.line, raw.range.end.character, self._encoding)
        insert = raw.insert_text if isinstance(raw.insert_text, str) else raw.insert_text.value
        return Item(start, end, insert, raw)

    async def show(self, item: Item) -> None:
        """Tell that `item` is on the screen."""
        self.counts.shown += 1
        self._notify(DID_SHOW, {"item": item.raw})
        await self._client.written()

    async def accept(self, doc: str, item: Item) -> None:
        """Take the whole item: its text in place of its range, then its command."""
        self.counts.accepted += 1
        self.counts.accepted_chars += len(item.text) - (item.end - item.start)
        await self.edit(doc, (Edit(item.start, item.end, item.text),))
        await self.run_command(item)

    async def run_command(self, item: Item) -> None:
        """Tell that the whole item was taken; the edit went before."""
        if (command := item.raw.command) is not None:
            params = lsp.ExecuteCommandParams(
                command=command.command, arguments=list(command.arguments or ())
            )
            await self._answer(self._client.workspace_execute_command_async(params))

    async def accept_part(self, doc: str, item: Item, edit: Edit, chars: int) -> None:
        """Take the first `chars` code points of the item, which is what `edit` brings in."""
        self.counts.accepted_in_part += 1
        self.counts.accepted_chars += len(edit.inserted)
        await self.edit(doc, (edit,))
        units = len(item.text[:chars].encode("utf-16-le", "surrogatepass")) // 2
        self._notify(DID_PARTIALLY_ACCEPT, {"item": item.raw, "acceptedLength": units})
        await self._client.written()


def reachable(text: str, edit: Edit) -> Edit:
    """`edit` so that LSP can say it: no position between a carriage return and its line feed.

    The result does the same to `text`; where an end lies inside a `\\r\\n`, the half that must
    stay is deleted and inserted again.
    """
    start, end, inserted = edit.start, edit.end, edit.inserted
    if _splits(text, start):
        start, inserted = start - 1, "\r" + inserted
    if _splits(text, end):
        end, inserted = end + 1, inserted + "\n"
    return Edit(start, end, inserted)


def _splits(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1] == "\r" and text[at] == "\n"
