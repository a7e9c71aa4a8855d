"""Sockets, TLS, and connections that say nothing: uvicorn with h11.

Left out: the app (`app`).

Rules
 - The head of a request has to come within a time; uvicorn itself waits for it for ever.
 - A body that goes on after its answer is cut; uvicorn itself would read it for ever.
 - More connections than may be are closed at once, before anything is read of them.
 - uvicorn's own lines hold addresses and paths: they are cut off.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import ClassVar, Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from echo_core.errors import InputError, TrainerError
from echo_trainer.settings.intake import IntakeSettings

HEAD_BYTES_MAX: Final = 16 << 10  # of a request's head; ours take 500
_IDLE_S: Final = 15  # a connection between two requests
_STOPS_WITHIN_S: Final = 30  # uploads that are under way when it is told to stop
_LINGERS_S: Final = 1.0  # a client that is answered before its body came to an end
_BACKLOG: Final = 512


def server_of(app: ASGIApp, settings: IntakeSettings) -> uvicorn.Server:
    """A server that is not started yet.

    Raises:
        InputError: certificate and key do not go together.
    """
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise InputError("intake.tls_certificate and intake.tls_key go together: set both.")
    for path in filter(None, (settings.tls_certificate, settings.tls_key)):
        if not Path(path).is_file():
            raise InputError(f"{path} is not there: look at [intake] of trainer.toml.")
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [logging.NullHandler()], False
        logger.setLevel(logging.CRITICAL + 1)
    bounds = {"header_s": settings.header_s, "connections_max": settings.connections_max}
    config = uvicorn.Config(
        app,
        http=type("Bounded", (BoundedProtocol,), bounds),
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # `peers` decides whom to believe
        server_header=False,
        date_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_STOPS_WITHIN_S,
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
    )
    return uvicorn.Server(config)


def listen(settings: IntakeSettings) -> socket.socket:
    """The socket to serve on.

    Raises:
        TrainerError: it cannot be had.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((settings.host, settings.port))
        made.listen(_BACKLOG)  # who connects from here on waits for the server
    except OSError as error:
        raise TrainerError(
            f"It cannot listen on {settings.host} port {settings.port} ({error.strerror}): "
            "set intake.host and intake.port."
        ) from error
    return made


def serve(server: uvicorn.Server, listening: socket.socket) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C); uploads under way are finished."""
    asyncio.run(server.serve([listening]))


class BoundedProtocol(H11Protocol):
    """One connection: uvicorn's, with three bounds more."""

    header_s: ClassVar[float]
    connections_max: ClassVar[int]
    _head: asyncio.TimerHandle | None = None
    _linger: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected."""
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            transport.abort()
            return
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Something came."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait_for_head()
        elif self._head is not None:
            self._head.cancel()
            self._head = None

    def on_response_complete(self) -> None:
        """An answer was given."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            # Closed at once, the answer might be lost with it: what comes is read and dropped.
            self._linger = self.loop.call_later(_LINGERS_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone."""
        for timer in (self._head, self._linger):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.header_s, self._no_head)

    def _no_head(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.abort()
