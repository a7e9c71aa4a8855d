"""What stands behind the console's port.

Left out: the gate before it (`echo_pages.site`), what forms mean (`deeds`).

Rules
 - A form is answered by a page that shows what would change, and that page's form by a redirect
   with what was done as a notice.
 - One change at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.responses import RedirectResponse, Response

from echo_core.errors import EchoError, InputError
from echo_pages.visiting import Frame, Visit
from echo_trainer.console import deeds
from echo_trainer.console.parts import Parts
from echo_trainer.console.reading import TEMPLATES, read

FRAME: Final = Frame(
    name="the console",
    motto="the trainer, for whoever looks after it",
    again="Start `echo-trainer console` for a new link.",
    logs="`logs/console.log` in the trainer’s home",
    menu=(
        ("/", "Overview"),
        ("/contributions", "Contributions"),
        ("/datasets", "Datasets"),
        ("/runs", "Runs and gates"),
        ("/releases", "Releases"),
        ("/channels", "Channels"),
        ("/experiments", "Experiments"),
        ("/tokens", "Tokens"),
    ),
)


class ConsolePages:
    """The pages of one trainer."""

    frame = FRAME
    cookie = "echo-console"
    templates = TEMPLATES

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._one_at_a_time = asyncio.Lock()

    async def show(self, visit: Visit) -> Response:
        """A page."""
        return await read(self._parts, visit)

    async def do(self, visit: Visit, fields: Mapping[str, str]) -> Response:
        """Show what would change, or change it."""
        step, _, name = visit.path.removeprefix("/").partition("/")
        if step not in ("plan", "do"):
            raise InputError("There is no such page.")
        async with self._one_at_a_time:
            try:
                if step == "plan":
                    found = await asyncio.to_thread(deeds.plan, self._parts, name, fields)
                    return await TEMPLATES.page("plan.html", visit=visit, plan=found)
                found, said = await asyncio.to_thread(deeds.carry_out, self._parts, name, fields)
            except EchoError as error:
                visit.session.tell("failed", str(error))
                return RedirectResponse(visit.to(deeds.back_of(name, fields)), 303)
        visit.session.tell("done", said)
        return RedirectResponse(visit.to(found.back), 303)
