"""Pages as their program knows them: ask for a link, and they are there; they close by themselves.

Left out: everything that costs memory; it is imported when the first link is asked for.
"""

from __future__ import annotations

import asyncio
import secrets
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, LiteralString

from echo_core.clock import Clock
from echo_core.errors import EchoError
from echo_pages.door import TICKET_MS, Door
from echo_runtime.logs import Label, Log

if TYPE_CHECKING:
    from echo_pages.serving import Serving
    from echo_pages.site import Pages

LOOK_MS: Final = 30_000  # how late the port is closed after the last session
_PLACE_BYTES: Final = 12  # the pages' folder, which no other port of this machine can guess


@dataclass(frozen=True, slots=True)
class Link:
    """Where a browser comes in, once, soon."""

    url: str
    seconds: int


class House:
    """The pages of one program. `name`: what its lines in the log begin with."""

    def __init__(
        self,
        name: LiteralString,
        pages: Callable[[], Pages],
        clock: Clock,
        log: Log,
        failure: type[EchoError],
    ) -> None:
        """`pages` is called when the port is opened. `failure`: what is raised where it cannot."""
        self._name = name
        self._pages = pages
        self._clock = clock
        self._log = log
        self._failure = failure
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

    async def link(self) -> Link:
        """A link that works once, soon.

        Raises:
            EchoError: there is no port to listen at.
        """
        async with self._one_at_a_time:
            if self._serving is None:
                self._open()
            return Link(f"{self._url}/open/{self._door.ticket()}", TICKET_MS // 1000)

    async def close(self) -> None:
        """Close the port, and forget who was in."""
        if self._watching is not None:
            self._watching.cancel()
        async with self._one_at_a_time:
            await self._shut()

    async def closed(self) -> None:
        """Wait until nobody can come any more, and the port is closed."""
        if self._watching is not None:
            await self._watching

    def _open(self) -> None:
        from echo_pages.serving import Serving, loopback  # noqa: PLC0415
        from echo_pages.site import Site  # noqa: PLC0415

        try:
            listening = loopback()
        except OSError as error:
            raise self._failure(
                f"127.0.0.1 cannot be listened at ({error.strerror}): see `ip address show lo`."
            ) from error
        port: int = listening.getsockname()[1]
        self._door = Door(self._clock)
        place = f"/{secrets.token_hex(_PLACE_BYTES)}"
        site = Site(self._pages(), self._door, port, place, self._failed)
        self._serving = Serving(site, lambda: self._log.warning(f"{self._name}.foreign_user"))
        self._url = f"http://127.0.0.1:{port}"
        self._running = asyncio.ensure_future(self._serving.serve(sockets=[listening]))
        self._watching = asyncio.ensure_future(self._watch())
        self._log.info(f"{self._name}.opened", port=port)

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
        except Exception as error:  # noqa: BLE001 - a foreign library's; the program goes on
            self._failed(error)
        self._serving = self._running = None
        self._door = Door(self._clock)
        self._log.info(f"{self._name}.closed")

    def _failed(self, error: Exception) -> None:
        """A bug: its place is logged, and not its message, which may quote anything."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = Label(f"{Path(place.filename).name}:{place.lineno}")
        self._log.error(f"{self._name}.failed", error=Label.of(error), at=at)
