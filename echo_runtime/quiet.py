"""How pygls' protocols answer without giving away what a handler held in its hands.

pygls logs exceptions with their message and sends the traceback to the other side; both quote
what a document says. A mixin over its classes, for our own wire and for the language server.

Left out: requests that are refused before a handler runs.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

from lsprotocol.types import ResponseError
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcRequestCancelled
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

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.note_failure(error)


def response_error(error: BaseException) -> ResponseError:
    """What the other side is told: an Echo error's sentence, of any other its class name."""
    if isinstance(error, EchoError):
        return ResponseError(ECHO_ERROR_CODE, str(error), data={"error": type(error).__name__})
    if isinstance(error, JsonRpcException):
        return error.to_response_error()
    return ResponseError(JsonRpcInternalError.CODE, type(error).__name__)
