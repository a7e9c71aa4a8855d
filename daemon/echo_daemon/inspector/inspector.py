"""The inspector as the daemon knows it: ask for a link, and it is there; it closes by itself.

Left out: everything that costs memory; it is imported when the first link is asked for.
"""

from __future__ import annotations

import asyncio
import secrets
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from echo_core.clock import Clock
from echo_core.errors import DaemonError
from echo_core.records.wire import DashboardLink
from echo_daemon.inspector.door import TICKET_MS, Door
from echo_runtime.logs import Label, Log

if TYPE_CHECKING:
    from echo_daemon.inspector.services import Services
    from echo_daemon.inspector.serving import Serving

LOOK_MS: Final = 30_000  # how late the port is closed after the last session
_PLACE_BYTES: Final = 12  # the pages' folder, which no other port of this machine can guess


class Inspector:
    """The pages of one daemon."""

    def __init__(self, services: Services, clock: Clock, log: Log) -> None:
        self._services = services
        self._clock = clock
        self._log = log
        self._door = Door(clock)
        self._url = ""
        self._serving: Serving | None = None
        self._running: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self._serving is not None

    async def link(self) -> DashboardLink:
        """A link that works once, soon.

        Raises:
            DaemonError: there is no port to listen at.
        """
        async with self._one_at_a_time:
            if self._serving is None:
                self._open()
            return DashboardLink(f"{self._url}/open/{self._door.ticket()}", TICKET_MS // 1000)

    async def close(self) -> None:
        """Close the port, and forget who was in."""
        if self._watching is not None:
            self._watching.cancel()
        async with self._one_at_a_time:
            await self._shut()

    def _open(self) -> None:
        from echo_daemon.inspector.serving import Serving, loopback  # noqa: PLC0415
        from echo_daemon.inspector.site import Site  # noqa: PLC0415

        try:
            listening = loopback()
        except OSError as error:
            raise DaemonError(
                f"127.0.0.1 cannot be listened at ({error.strerror}): see `ip address show lo`."
            ) from error
        port: int = listening.getsockname()[1]
        self._door = Door(self._clock)
        place = f"/{secrets.token_hex(_PLACE_BYTES)}"
        site = Site(self._services, self._door, port, place, self._failed)
        self._serving = Serving(site, lambda: self._log.warning("inspector.foreign_user"))
        self._url = f"http://127.0.0.1:{port}"
        self._running = asyncio.ensure_future(self._serving.serve(sockets=[listening]))
        self._watching = asyncio.ensure_future(self._watch())
        self._log.info("inspector.opened", port=port)

    async def _watch(self) -> None:
        """Until nobody can come any more."""
        while True:
            async with self._one_at_a_time:
                wanted_ms = self._door.wanted_ms
                if wanted_ms <= 0:
                    await self._shut()
                    return
            await self._clock.sleep_ms(min(wanted_ms, LOOK_MS))

    async def _shut(self) -> None:
        if self._serving is None or self._running is None:
            return
        self._serving.end()
        try:
            await self._running
        except Exception as error:  # noqa: BLE001 - a foreign library's; the daemon goes on
            self._failed(error)
        self._serving = self._running = None
        self._door = Door(self._clock)
        self._log.info("inspector.closed")

    def _failed(self, error: Exception) -> None:
        """A bug: its place is logged, and not its message, which may quote anything."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = Label(f"{Path(place.filename).name}:{place.lineno}")
        self._log.error("inspector.failed", error=Label.of(error), at=at)
