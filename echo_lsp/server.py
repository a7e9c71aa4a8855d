"""The language server: pygls for types and bookkeeping, our own text, reading and refusals.

Left out: what the methods do (`features`), stdio (`stdio`), the daemon (`daemon_side`).

Rules
 - Every request is answered exactly once: also when it is malformed, cancelled, unknown, sent
   before `initialize` or after `shutdown`.
 - pygls' own handling of documents is not registered: it splits lines where LSP does not, and
   costs most of a millisecond a key.
 - pygls sends tracebacks and popups when a handler fails; here the client gets a class name.
 - Each handler starts before the next message is taken, so that a request sees the document as it
   was when the client asked.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from echo_core.clock import Clock
from echo_core.errors import WireError
from echo_core.records import wire
from echo_lsp import protocol_ext as ext
from echo_lsp.daemon_side import DaemonSide
from echo_lsp.features import (
    configuration,
    consent,
    cursor,
    dashboard,
    documents,
    inline_completion,
    outcomes,
    why,
)
from echo_lsp.services import Services
from echo_lsp.session import Session
from echo_lsp.status import StatusLine
from echo_runtime.connect import Connector, DaemonLink, Greeted
from echo_runtime.frames import FrameReader, decode_body, encode_frame, read_frame
from echo_runtime.logs import Label, Log
from echo_runtime.profile import Profile
from echo_runtime.quiet import QuietAnswers, response_error

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.server import ServerErrors

SERVER_NAME: Final = "echo-lsp"
CLIENT_LOOK_MS: Final = 3_000  # how often the client's process is looked for
REQUESTS_IN_FLIGHT_MAX: Final = 256  # an editor has one inline completion at a time

_BUILTIN: Final = (
    types.EXIT,
    types.INITIALIZE,
    types.INITIALIZED,
    types.SET_TRACE,
    types.SHUTDOWN,
    types.WORKSPACE_EXECUTE_COMMAND,
)

_ALL_FILES: Final = types.FileOperationRegistrationOptions(
    [types.FileOperationFilter(types.FileOperationPattern("**"), scheme="file")]
)


def version() -> str:
    """The installed version of Echo."""
    try:
        return metadata.version("echo-completion")
    except metadata.PackageNotFoundError:
        return "unknown"  # run from a checkout that was not installed


class EchoProtocol(QuietAnswers, LanguageServerProtocol):
    """pygls' protocol, with our reading of messages before it and our answers behind it."""

    _server: EchoServer

    def __init__(self, server: EchoServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self._initialized = False
        self._questions: dict[str, Callable[[object], None]] = {}

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()  # type: ignore[no-untyped-call]
        for name in set(self.fm.builtin_features) - set(_BUILTIN):
            del self.fm.builtin_features[name]
        self.fm.add_builtin_feature(types.EXIT, self._exit)

    def _exit(self, _params: object) -> None:
        self._server.stop(0 if self._shutdown else 1)

    @functools.cache  # noqa: B019 - one protocol a process
    def get_message_type(self, method: str) -> type[Any] | None:
        return ext.MESSAGE_TYPES.get(method) or types.METHOD_TO_TYPES.get(method, (None,))[0]

    def receive(self, body: bytes) -> None:
        """Take one message. Never raises for what is in it."""
        try:
            data = decode_body(body)
        except WireError:
            self._refuse(None, JsonRpcParseError())
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest())
            return
        number, method = data.get("id"), data.get("method")
        if "id" in data and type(number) not in {int, str}:
            if "method" in data:
                self._refuse(None, JsonRpcInvalidRequest())
            return
        if "method" not in data and "id" in data:
            self._receive_answer(number, data)
            return
        if isinstance(method, str):
            refusal = self._refusal(number, method) or self._dispatch(data)
        else:
            refusal = JsonRpcInvalidRequest()
        if refusal is not None:
            self._refuse(number, refusal, answer="id" in data)

    def ask(self, method: str, params: object, answered: Callable[[object], None]) -> None:
        """Ask the client; a newer question of the same method takes the older one's place."""
        self._questions[method] = answered
        self._send_data({"jsonrpc": self.VERSION, "id": method, "method": method, "params": params})

    def _receive_answer(self, number: object, data: dict[str, Any]) -> None:
        """An answer is never answered, whatever is in it."""
        answered = self._questions.pop(number, None) if isinstance(number, str) else None
        if answered is not None and "result" in data:
            answered(data["result"])

    def _refusal(self, number: object, method: str) -> JsonRpcException | None:
        """Why a call is not even looked at; None where it is."""
        if self._shutdown and method != types.EXIT:
            return JsonRpcInvalidRequest("The server is shutting down")
        if method == types.INITIALIZE:
            return JsonRpcInvalidRequest("initialize comes once") if self._initialized else None
        if not self._initialized and method != types.EXIT:
            return JsonRpcServerNotInitialized("initialize comes first")
        if number is not None and number in self._request_futures:
            return JsonRpcInvalidRequest("This id is in use")
        if len(self._request_futures) >= REQUESTS_IN_FLIGHT_MAX:
            return JsonRpcInvalidRequest("Too many requests at once")
        known = (
            method in self.fm.builtin_features
            or method in self.fm.features
            or method == types.CANCEL_REQUEST
        )
        return None if known else JsonRpcMethodNotFound()

    def _dispatch(self, data: dict[str, Any]) -> JsonRpcException | None:
        try:
            message = self.structure_message(data)
        except JsonRpcException:
            return JsonRpcInvalidParams()  # not the one raised: its cause quotes the message
        # The type of a request wants an id and that of a notification has none.
        if hasattr(message, "id") != ("id" in data):
            return JsonRpcInvalidRequest()
        if message.method == types.INITIALIZE:
            self._initialized = True
        contextvars.copy_context().run(self._run_handler, message)
        return None

    def _run_handler(self, message: Any) -> None:
        params = getattr(message, "params", None)
        if hasattr(message, "id"):
            self._handle_request(message.id, message.method, params)
        else:
            self._handle_notification(message.method, params)

    def note_failure(self, error: BaseException) -> None:
        self._server.services.log.warning("lsp.handler_failed", error=Label.of(error))

    def _refuse(self, number: object, error: JsonRpcException, *, answer: bool = True) -> None:
        self._server.services.log.debug("lsp.refused", error=Label.of(error))
        if answer:
            known = number if isinstance(number, (int, str)) else None
            # A dict, because lsprotocol leaves an id out that is null.
            failure = {"jsonrpc": self.VERSION, "id": known, "error": response_error(error)}
            self._send_data(failure)

    def _send_data(self, data: Any) -> None:
        self._server.send_frame(encode_frame(data, default=self._serialize_message))


class EchoServer(LanguageServer):
    """One editor window's server. `run` is its whole life."""

    protocol: EchoProtocol

    def __init__(
        self, profile: Profile, clock: Clock, log: Log, write: Callable[[bytes], None]
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._write = write
        self._stopped = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._link: DaemonLink | None = None
        self.exit_code = 1  # of a client that goes without `shutdown`
        session = Session()
        self.services = Services(
            session,
            DaemonSide(session, log),
            StatusLine(session, self._send_status),
            log,
            self._ask_client,
        )
        super().__init__(
            SERVER_NAME,
            version(),
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            protocol_cls=EchoProtocol,
            converter_factory=ext.converter,
        )
        self._register_features()

    async def run(self, reader: FrameReader) -> int:
        """Serve until the client says `exit`, closes the stream, or dies; the exit code.

        Raises:
            WireError: what comes in is not LSP.
        """
        reading = asyncio.create_task(self._read_messages(reader))
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            await asyncio.wait({reading, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            return self.exit_code
        finally:
            for task in (reading, stopped, self._watch):
                if task is not None:
                    task.cancel()
            if self.exit_code == 0:
                self.services.daemon.say_goodbye()
            self.services.daemon.close()
            if self._link is not None:
                await self._link.close()

    def stop(self, code: int) -> None:
        """End `run`."""
        self.exit_code = code
        self._stopped.set()

    def send_frame(self, frame: bytes) -> None:
        """Write to the client; its end is ours."""
        try:
            self._write(frame)
        except OSError:
            self.stop(self.exit_code)

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """pygls shows a popup here; a log line is enough."""
        self.services.log.warning(
            "lsp.failed", error=Label.of(error), source=Label(source.__name__)
        )

    async def _read_messages(self, reader: FrameReader) -> None:
        while not self._stopped.is_set():
            body = await read_frame(reader)
            if body is None:
                return
            self.protocol.receive(body)
            await asyncio.sleep(0)  # the task of an async handler takes its first step

    def _register_features(self) -> None:
        services, on = self.services, self._on
        on(types.INITIALIZE, configuration.initialize)
        on(types.TEXT_DOCUMENT_DID_OPEN, documents.did_open)
        on(types.TEXT_DOCUMENT_DID_CHANGE, documents.did_change)
        on(types.TEXT_DOCUMENT_DID_SAVE, documents.did_save)
        on(types.TEXT_DOCUMENT_DID_CLOSE, documents.did_close)
        on(types.WORKSPACE_DID_CHANGE_CONFIGURATION, configuration.did_change_configuration)
        on(ext.DID_SHOW_COMPLETION, outcomes.did_show_completion)
        on(ext.DID_PARTIALLY_ACCEPT_COMPLETION, outcomes.did_partially_accept_completion)
        on(ext.DID_FOCUS, cursor.did_focus)
        on(ext.DID_MOVE_CURSOR, cursor.did_move_cursor)
        # Without options pygls does not announce a capability.
        self.feature(types.WORKSPACE_DID_RENAME_FILES, _ALL_FILES)(
            functools.partial(documents.did_rename_files, services)
        )
        self.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(
            functools.partial(inline_completion.inline_completion, services)
        )
        self.feature(ext.WHY)(functools.partial(why.why, services))
        self.feature(ext.CONSENT)(functools.partial(consent.consent, services))
        self.feature(ext.SET_CONSENT)(functools.partial(consent.set_consent, services))
        self.feature(ext.DASHBOARD)(functools.partial(dashboard.dashboard, services))
        on(ext.DID_CHANGE_TELEMETRY, consent.did_change_telemetry)
        on(types.INITIALIZED, self._initialized)

        def accept(*arguments: object) -> None:
            outcomes.accept(services, *arguments)

        # Not through `command`: pygls would put the server before the arguments, as for every
        # function whose first parameter may be one.
        self.protocol.fm.commands[ext.ACCEPT_COMMAND] = accept

    def _on(self, method: str, handler: Callable[[Services, Any], None]) -> None:
        # A partial, because pygls sets attributes on what it is given.
        self.feature(method)(functools.partial(handler, self.services))

    def _initialized(self, services: Services, _params: types.InitializedParams) -> None:
        if self._link is not None:
            return
        if self.process_id:
            self._watch = asyncio.create_task(self._watch_client(self.process_id))
        self._link = self._make_link()
        services.daemon.link = self._link
        self._link.start()
        if services.session.asks_settings:
            configuration.ask_settings(services)
        services.status.refresh()

    def _make_link(self) -> DaemonLink:
        services, session = self.services, self.services.session
        hello = wire.Hello(
            protocol=wire.PROTOCOL_VERSION,
            client=session.client,
            pid=os.getpid(),
            roots=list(session.roots),
            reports_shown=session.reports_shown,
        )

        def connected(greeted: Greeted) -> None:
            services.status.daemon_says(greeted.welcome.status)
            services.daemon.resend_all()

        return DaemonLink(
            Connector(self._profile, hello, self._clock, services.log),
            self._clock,
            services.log,
            handlers={
                wire.DOCUMENT_RESYNC: services.daemon.resend,
                wire.STATUS_CHANGED: services.status.daemon_says,
            },
            on_connected=connected,
            on_lost=services.status.daemon_is_away,
        )

    def _ask_client(self, method: str, params: object, answered: Callable[[object], None]) -> None:
        self.protocol.ask(method, params, answered)

    def _send_status(self, status: ext.StatusParams) -> None:
        self.protocol.notify(ext.DID_CHANGE_STATUS, status)

    async def _watch_client(self, pid: int) -> None:
        """LSP: a server ends when the process that started it is gone, exit or not."""
        while _is_alive(pid):
            await self._clock.sleep_ms(CLIENT_LOOK_MS)
        self.services.log.info("client.gone")
        self.stop(1)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
