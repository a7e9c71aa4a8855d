"""`echo/dashboard`: a link to the pages where a person sees, stops and undoes what Echo does.

Left out: the pages; the daemon serves them.

Rules
 - The link is handed to whoever asked and written nowhere. The editor opens it: nothing pops up
   that nobody asked for.
"""

from __future__ import annotations

from echo_lsp.protocol_ext import DashboardParams, DashboardResult
from echo_lsp.services import Services


async def dashboard(services: Services, _params: DashboardParams | None) -> DashboardResult:
    """A new link; an error with a sentence where the daemon is away."""
    link = await services.daemon.dashboard()
    return DashboardResult(link.url, link.seconds)
