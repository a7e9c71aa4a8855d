"""The listening socket of pages: uvicorn, kept within bounds, on loopback.

Left out: what is answered (`site`).

Rules
 - Signals, logs and time belong to the program around it: uvicorn touches none of them.
 - Whoever is slow to ask is hung up on, so that open connections stay few.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from echo_pages.guard import HEADERS
from echo_pages.neighbours import is_welcome

HEAD_BYTES_MAX: Final = 16_384  # of a request line and its headers; browsers send about 1,000
CONNECTIONS_MAX: Final = 64  # a browser opens six
ASK_S_MAX: Final = 10  # from the connection, or the answer before, to a whole request head
KEEP_S: Final = 5
LEAVE_S: Final = 3  # for answers under way when the port is closed


class Visitor(H11Protocol):
    """One connection."""

    on_stranger: Callable[[], None] = staticmethod(lambda: None)
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Look who it is, and give them a moment to ask."""
        super().connection_made(transport)
        client, server = self.client, self.server
        if client is None or server is None or server[1] is None:
            transport.abort()
        elif not is_welcome(client, (server[0], server[1])):
            self.on_stranger()
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Part of a request."""
        super().data_received(data)
        if getattr(self.cycle, "response_complete", True) is False:  # None before the first
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request, if there is one."""
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(ASK_S_MAX, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Serving(Server):
    """uvicorn inside a program that has its own loop, signals and end."""

    def __init__(self, app: Any, on_stranger: Callable[[], None]) -> None:
        """`app`: an ASGI application."""
        visitor = type("Visitor", (Visitor,), {"on_stranger": staticmethod(on_stranger)})
        super().__init__(
            Config(
                app,
                http=visitor,
                ws="none",
                loop="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                headers=list(HEADERS.items()),  # also of what uvicorn answers by itself
                h11_max_incomplete_event_size=HEAD_BYTES_MAX,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=KEEP_S,
                timeout_graceful_shutdown=LEAVE_S,
            )
        )
        self._over = asyncio.Event()

    def end(self) -> None:
        """Close the port; what is being answered is answered."""
        self._over.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """They are the program's."""
        yield

    async def main_loop(self) -> None:
        """Until told; uvicorn's own looks ten times a second."""
        self.server_state.default_headers = self.config.encoded_headers
        await self._over.wait()


def loopback() -> socket.socket:
    """A port of this machine that nobody else can reach, and nobody can foresee."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind(("127.0.0.1", 0))
    except OSError:
        listening.close()
        raise
    return listening
