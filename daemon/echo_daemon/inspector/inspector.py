"""The inspector as the daemon knows it: ask for a link, and it is there; it closes by itself.

Left out: everything that costs memory; it is imported when the first link is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from echo_core.clock import Clock
from echo_core.errors import DaemonError
from echo_core.records.wire import DashboardLink
from echo_pages.house import House
from echo_runtime.logs import Log

if TYPE_CHECKING:
    from echo_daemon.inspector.pages import InspectorPages
    from echo_daemon.inspector.services import Services


class Inspector:
    """The pages of one daemon."""

    def __init__(self, services: Services, clock: Clock, log: Log) -> None:
        self._services = services
        self._house = House("inspector", self._pages, clock, log, DaemonError)

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self._house.is_open

    async def link(self) -> DashboardLink:
        """A link that works once, soon.

        Raises:
            DaemonError: there is no port to listen at.
        """
        link = await self._house.link()
        return DashboardLink(link.url, link.seconds)

    async def close(self) -> None:
        """Close the port, and forget who was in."""
        await self._house.close()

    def _pages(self) -> InspectorPages:
        from echo_daemon.inspector.pages import InspectorPages  # noqa: PLC0415

        return InspectorPages(self._services)
