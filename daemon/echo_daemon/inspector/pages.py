"""What stands behind the inspector's port: pages that are read, and deeds that forms ask for.

Left out: the gate before it (`echo_pages.site`), what pages hold (`reading`) and do (`deeds`).

Rules
 - A deed ends in a redirect, with its answer as a notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import RedirectResponse, Response

from echo_core.errors import EchoError, InputError
from echo_daemon.inspector.deeds import DEEDS
from echo_daemon.inspector.reading import TEMPLATES, read
from echo_daemon.inspector.services import Services
from echo_pages.visiting import Frame, Visit

FRAME: Final = Frame(
    name="the inspector",
    motto="on this machine, for you alone",
    again="Get a new link at a terminal with `echoctl dashboard`, or from your editor.",
    logs="`echoctl logs`",
    menu=(
        ("/", "Overview"),
        ("/progress", "Progress"),
        ("/samples", "Samples"),
        ("/gaps", "Gaps"),
        ("/outbox", "Outbox"),
        ("/consent", "Consent"),
        ("/models", "Models"),
        ("/data", "Your data"),
    ),
)


class InspectorPages:
    """The pages of one daemon."""

    frame = FRAME
    cookie = "echo-inspector"
    templates = TEMPLATES

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, visit: Visit) -> Response:
        """A page."""
        return await read(self._services, visit)

    async def do(self, visit: Visit, fields: Mapping[str, str]) -> Response:
        """What `echoctl` does, too."""
        deed = DEEDS.get(visit.path)
        if deed is None:
            raise InputError("There is no such page.")
        try:
            visit.session.tell("done", await deed.do(self._services, fields))
        except EchoError as error:
            visit.session.tell("failed", str(error))
        return RedirectResponse(visit.to(deed.back), 303)
