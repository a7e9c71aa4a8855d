"""One connection between two processes of ours: JSON-RPC 2.0 on pygls' classes, typed and bounded.

Left out: sockets and who may connect (`endpoint`), frames (`frames`), types (`schema`), what the
methods do.

Rules
 - Any bytes from the other side are answered or close the connection; nothing else happens.
 - A request is answered exactly once, also when it is cancelled or its handler fails.
 - An unexpected exception crosses the wire as its class name: its message may quote a document.
   An `EchoError` crosses with its sentence and is raised again as the same class over there.
 - Each handler starts before the next message is read. A sync one has also ended by then: what
   changes state is therefore sync and short, what takes time is async and takes a snapshot first.
 - pygls keeps incoming and outgoing requests in one table, and whoever knows an id could settle
   the other side's future; here outgoing ones have their own.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import itertools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from lsprotocol.types import CANCEL_REQUEST, ResponseError, ResponseErrorMessage
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
)
from pygls.protocol.json_rpc import JsonRPCProtocol
from pygls.server import JsonRPCServer

from echo_core import errors
from echo_core.errors import DaemonError, EchoError, WireError
from echo_core.records import wire
from echo_runtime import schema
from echo_runtime.frames import decode_body, encode_frame, read_frame
from echo_runtime.logs import Label, Log
from echo_runtime.quiet import ECHO_ERROR_CODE, QuietAnswers, response_error

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.server import ServerErrors

R = TypeVar("R")
# What a handler takes and gives is fixed by `wire.METHODS` and checked there at run time.
Handler: TypeAlias = Callable[[Any], object | Awaitable[object]]

OUTGOING_BYTES_MAX: Final = 8 << 20  # beyond this the other side must read before it is heard
OUTGOING_WAIT_S_MAX: Final = 30  # a peer that reads nothing for so long is hung
REQUESTS_IN_FLIGHT_MAX: Final = 1024  # an editor has one or two; a busy tool a few dozen


class _Host(JsonRPCServer):
    """The object that pygls wants behind a protocol; it owns nothing but the way errors go."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        super().__init__(_Protocol, schema.converter)

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        self.peer.log.warning("rpc.failed", error=Label.of(error), source=Label(source.__name__))


class _Protocol(QuietAnswers, JsonRPCProtocol):
    """pygls' bookkeeping with our types, our errors and our limits."""

    _server: _Host

    def __init__(self, server: _Host, converter: Converter) -> None:
        super().__init__(server, converter)
        self._ids = itertools.count(1)
        self.outgoing: dict[int, asyncio.Future[object]] = {}
        self.opening: str | None = None

    def get_message_type(self, method: str) -> type[Any] | None:
        types = schema.message_types(method)
        return types.message if types else None

    def get_result_type(self, method: str) -> type[Any] | None:
        types = schema.message_types(method)
        return types.result if types else None

    def start_request(self, method: str, params: object) -> tuple[int, asyncio.Future[object]]:
        message_type, result_type = self.get_message_type(method), self.get_result_type(method)
        if message_type is None or result_type is None:
            raise ValueError(f"{method} is not a request")
        number = next(self._ids)
        message = message_type(jsonrpc=self.VERSION, id=number, method=method, params=params)
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.outgoing[number] = future
        self._result_types[number] = result_type
        try:
            self._send_data(message)
        except BaseException:
            self.forget(number)
            raise
        return number, future

    def forget(self, number: int) -> None:
        self.outgoing.pop(number, None)
        self._result_types.pop(number, None)

    def receive(self, body: bytes) -> None:
        """Take one message. Never raises for what is in it."""
        try:
            data = decode_body(body)
        except WireError:
            self._refuse(None, JsonRpcParseError())
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest())
        elif "method" in data:
            self._receive_call(data)
        elif "id" in data:
            self._receive_answer(data)
        else:
            self._refuse(None, JsonRpcInvalidRequest())

    def _receive_call(self, data: dict[str, object]) -> None:
        number, method = data.get("id"), data["method"]
        if "id" in data and not _is_id(number):
            self._refuse(None, JsonRpcInvalidRequest())
            return
        kind = self.get_message_type(method) if isinstance(method, str) else None
        wants_answer = self.get_result_type(str(method)) is not None
        refusal: JsonRpcException | None = None
        if kind is None:
            refusal = JsonRpcMethodNotFound()
        elif wants_answer != ("id" in data) or number in self._request_futures:
            refusal = JsonRpcInvalidRequest()
        elif len(self._request_futures) >= REQUESTS_IN_FLIGHT_MAX:
            refusal = JsonRpcInternalError("Too many requests at once")
        elif self.opening is not None and method != self.opening:
            refusal = JsonRpcInvalidRequest(f"{self.opening} comes first")
        else:
            try:
                message = schema.structure(data, kind)
            except WireError:
                refusal = JsonRpcInvalidParams()
        if refusal is not None:
            self._refuse(number, refusal, answer="id" in data)
            return
        self.opening = None
        # Each handler in its own context, as pygls does it.
        self._dispatch(contextvars.copy_context(), message)

    def _dispatch(self, context: contextvars.Context, message: Any) -> None:
        if self.get_result_type(message.method) is None:
            context.run(self._handle_notification, message.method, message.params)
        else:
            context.run(self._handle_request, message.id, message.method, message.params)

    def _receive_answer(self, data: dict[str, object]) -> None:
        """An answer is never answered, whatever is in it: two sides would go on for ever."""
        number = data["id"]
        future, kind = None, None
        if isinstance(number, int):  # ours are; True is 1 for a dict, and as harmless
            future = self.outgoing.pop(number, None)
            kind = self._result_types.pop(number, None)
        if future is None or kind is None or future.done():
            self._server.peer.log.debug("rpc.answer_unknown")
            return
        try:
            if "error" in data:
                future.set_exception(_error_from(data["error"]))
            else:
                future.set_result(schema.structure(data, kind).result)
        except WireError as error:
            future.set_exception(error)

    def _refuse(self, number: object, error: JsonRpcException, *, answer: bool = True) -> None:
        """Say why a message was not taken; a notification is refused in silence."""
        self._server.peer.log.warning("rpc.refused", error=Label.of(error))
        if not answer:
            return
        self._send_data(
            ResponseErrorMessage(
                id=number if _is_id(number) else None,  # type: ignore[arg-type]
                error=error.to_response_error(),
            )
        )

    def note_failure(self, error: BaseException) -> None:
        self._server.peer.log.warning("rpc.handler_failed", error=Label.of(error))

    def _send_response(
        self, msg_id: str | int, result: Any | None = None, error: ResponseError | None = None
    ) -> None:
        """As in pygls, without its look into the table of outgoing requests."""
        if error is not None:
            self._send_data(ResponseErrorMessage(id=msg_id, error=error))
            return
        answer = {"jsonrpc": self.VERSION, "id": msg_id, "result": result}
        try:
            self._send_data(answer)
        except (WireError, ValueError) as failure:
            self._server.peer.log.error("rpc.answer_failed", error=Label.of(failure))
            self._send_response(msg_id, error=response_error(failure))

    def _send_data(self, data: Any) -> None:
        """Send, raising what cannot be sent; pygls would swallow it and leave the asker waiting."""
        if data:
            self._server.peer.send_frame(encode_frame(self._converter.unstructure(data)))

    def cancel_incoming(self) -> None:
        for future in list(self._request_futures.values()):
            future.cancel()


class Peer:
    """One open connection. Made over the two ends of a stream, alive after `start`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        log: Log,
        *,
        opening: str | None = None,
    ) -> None:
        """`opening`: the method that must come first from the other side, as a server wants it."""
        self.log = log
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=OUTGOING_BYTES_MAX)
        protocol = _Host(self).protocol
        assert isinstance(protocol, _Protocol)  # noqa: S101 - our own class, given to _Host
        protocol.opening = opening
        self._protocol = protocol
        self._closed = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None

    def on(self, method: str, handler: Handler) -> None:
        """Answer `method` with `handler(params)`, sync or async; the last one given counts.

        A handler returns what `wire.METHODS` says; None stands for `Nothing`.
        """
        signature = wire.METHODS[method]
        if inspect.iscoroutinefunction(handler):

            async def handle_later(params: object) -> object:
                return _checked(await handler(params), signature)

            self._protocol.fm.add_builtin_feature(method, handle_later)
        else:

            def handle_now(params: object) -> object:
                return _checked(handler(params), signature)

            self._protocol.fm.add_builtin_feature(method, handle_now)

    def start(self) -> None:
        """Begin to read. Handlers are in place before this."""
        self._loop_task = asyncio.create_task(self._read_messages())

    async def request(
        self, method: str, params: object, result: type[R], *, timeout_ms: float
    ) -> R:
        """Ask the other side. Cancelling the awaiting task cancels the request over there.

        Raises:
            DaemonError: closed, no answer in time, or an error that is not one of Echo's.
            EchoError: what the handler over there raised, as the same class.
        """
        if self.is_closed:
            raise DaemonError("The connection to Echo's daemon is closed.")
        number, future = self._protocol.start_request(method, params)
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                answer = await future
        except BaseException as error:
            if isinstance(error, (TimeoutError, asyncio.CancelledError)):
                self._cancel_over_there(number)
            if isinstance(error, TimeoutError):
                raise DaemonError(
                    f"Echo's daemon did not answer within {timeout_ms:.0f} ms: try again, "
                    "or see `echoctl doctor`."
                ) from None
            raise
        finally:
            self._protocol.forget(number)
        if not isinstance(answer, result):
            raise WireError(f"{method} does not answer with {result.__name__}")
        return answer

    def notify(self, method: str, params: object) -> None:
        """Tell the other side; nothing happens where the connection is closed.

        Raises:
            WireError: the message is larger than a frame may be.
        """
        if not self.is_closed:
            self._protocol.notify(method, params)

    @property
    def is_closed(self) -> bool:
        """No message comes or goes any more."""
        return self._closed.is_set() or self._writer.is_closing()

    @property
    def outgoing_bytes(self) -> int:
        """What was sent here and not yet taken by the other side."""
        return self._writer.transport.get_write_buffer_size()

    async def wait_drained(self) -> None:
        """Until `outgoing_bytes` has fallen under the limit, or the connection is closed."""
        try:
            await self._writer.drain()
        except OSError:
            self.close()

    def close(self) -> None:
        """End the connection; handlers still running are cancelled, requests fail.

        What was sent still goes out, except to a peer that has long stopped reading: a transport
        that waits for it would keep the socket and the memory.
        """
        if self.outgoing_bytes > OUTGOING_BYTES_MAX:
            self._writer.transport.abort()
        else:
            self._writer.close()
        self._fail_pending()
        self._closed.set()
        if self._loop_task is not None and self._loop_task is not asyncio.current_task():
            self._loop_task.cancel()

    async def wait_closed(self) -> None:
        """Until the connection has ended, whoever ended it."""
        await self._closed.wait()

    def send_frame(self, frame: bytes) -> None:
        """Hand a frame to the transport; lost where the connection is closed."""
        if not self._writer.is_closing():
            self._writer.write(frame)

    async def _read_messages(self) -> None:
        try:
            while (body := await read_frame(self._reader)) is not None:
                self._protocol.receive(body)
                await asyncio.sleep(0)  # the task of an async handler takes its first step
                if self.outgoing_bytes:
                    # Whoever does not read its answers is not heard any further.
                    async with asyncio.timeout(OUTGOING_WAIT_S_MAX):
                        await self._writer.drain()
        except (WireError, OSError, TimeoutError) as error:
            self.log.warning("rpc.closed", error=Label.of(error))
        finally:
            self.close()

    def _cancel_over_there(self, number: int) -> None:
        if not self.is_closed:
            self._protocol.notify(CANCEL_REQUEST, schema.CancelParams(id=number))

    def _fail_pending(self) -> None:
        self._protocol.cancel_incoming()
        for future in self._protocol.outgoing.values():
            if not future.done():
                future.set_exception(DaemonError("The connection to Echo's daemon was lost."))
        self._protocol.outgoing.clear()


def _is_id(value: object) -> bool:
    return type(value) in {int, str}


def _checked(result: object, signature: wire.Signature) -> object:
    if signature.result is None:
        return None
    if result is None and signature.result is wire.Nothing:
        return wire.Nothing()
    if not isinstance(result, signature.result):
        raise TypeError(f"not a {signature.result.__name__}")
    return result


def _error_from(data: object) -> EchoError:
    """The exception that an error answer stands for."""
    if not isinstance(data, dict) or not isinstance(data.get("message"), str):
        raise WireError("an error answer without a message")
    message, detail = data["message"], data.get("data")
    if data.get("code") == ECHO_ERROR_CODE and isinstance(detail, dict):
        kind = getattr(errors, str(detail.get("error")), None)
        if isinstance(kind, type) and issubclass(kind, EchoError):
            return kind(message)
    return DaemonError(f"Echo's daemon refused the request ({message}).")
