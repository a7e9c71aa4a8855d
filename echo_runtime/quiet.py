"""How pygls' protocols answer without giving away what a handler held in its hands.

pygls logs exceptions with their message and sends the traceback to the other side; both quote
what a document says. A mixin over its classes, for our own wire and for the language server.

Left out: requests that are refused before a handler runs.

A plain function is called here and not by pygls, which makes a random id and a thread's future for
each call and asks three times what kind of function it is: at every key, in both processes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from lsprotocol.types import ResponseError
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcRequestCancelled
from pygls.feature_manager import is_thread_function
from pygls.protocol.json_rpc import JsonRPCProtocol

from echo_core.errors import EchoError

if TYPE_CHECKING:
    _Base = JsonRPCProtocol
else:
    _Base = object

ECHO_ERROR_CODE: Final = -32050  # in the range that JSON-RPC leaves to servers


class QuietAnswers(_Base):
    """Stands before `JsonRPCProtocol` among the bases."""

    def note_failure(self, error: BaseException) -> None:
        """A handler failed; to be logged by class name."""
        raise NotImplementedError

    def _send_handler_result(self, future: Future[Any], *, msg_id: str | int) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self._send_response(msg_id, error=JsonRpcRequestCancelled().to_response_error())
        elif (error := future.exception()) is None:
            self._send_response(msg_id, result=future.result())
        else:
            self.note_failure(error)
            self._send_response(msg_id, error=response_error(error))

    def _handle_notification(self, method_name: str, params: Any) -> None:
        handler = self._plain_handler(method_name)
        if handler is None:
            super()._handle_notification(method_name, params)
            return
        try:
            handler(params)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next message is served
            self.note_failure(error)

    def _handle_request(self, msg_id: str | int, method_name: str, params: Any) -> None:
        handler = self._plain_handler(method_name)
        if handler is None:
            super()._handle_request(msg_id, method_name, params)
            return
        try:
            result = handler(params)
        except Exception as error:  # noqa: BLE001 - it is what the other side is answered with
            self.note_failure(error)
            self._send_response(msg_id, error=response_error(error))
        else:
            self._send_response(msg_id, result=result)

    def _plain_handler(self, method: str) -> Callable[[Any], object] | None:
        """The handler of `method` where it only has to be called."""
        handler = self.fm.builtin_features.get(method) or self.fm.features.get(method)
        return handler if handler is not None and _is_plain(handler) else None

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.note_failure(error)


@cache
def _is_plain(handler: Callable[[Any], object]) -> bool:
    """Neither a coroutine, nor one of pygls' generators, nor for a thread."""
    return not (
        inspect.iscoroutinefunction(handler)
        or inspect.isgeneratorfunction(handler)
        or is_thread_function(handler)  # type: ignore[no-untyped-call]
    )


def response_error(error: BaseException) -> ResponseError:
    """What the other side is told: an Echo error's sentence, of any other its class name."""
    if isinstance(error, EchoError):
        return ResponseError(ECHO_ERROR_CODE, str(error), data={"error": type(error).__name__})
    if isinstance(error, JsonRpcException):
        return error.to_response_error()
    return ResponseError(JsonRpcInternalError.CODE, type(error).__name__)
