"""Which page shows what: from an address to a filled template.

Left out: what is on a page (`echo_daemon.inspecting`), how it is laid out (`templates`).

Rules
 - An address holds numbers and words of our own lists, never a path of the person's, a name of
   theirs or any text.
 - What cannot be understood in an address is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from echo_core.errors import InputError
from echo_daemon.inspecting.charts import charts
from echo_daemon.inspecting.gaps import EndedQuery, GapsQuery
from echo_daemon.inspecting.progress import ProgressQuery
from echo_daemon.inspector import exporting
from echo_daemon.inspector.deeds import ERASE_WORD, SPANS
from echo_daemon.inspector.door import Session
from echo_daemon.inspector.rendering import page
from echo_daemon.inspector.services import Services

NUMBER_MAX: Final = 1 << 62  # of a row in the store
WORD_CHARS_MAX: Final = 128
DAYS: Final = {7: "A week", 28: "Four weeks", 91: "A quarter", 365: "A year"}
DAILY_MAX: Final = 31  # days that are drawn one by one; more as weeks
DAYS_USUAL: Final = 28
CONTEXT_LINES: Final = 12  # beside a difference: as many as a screen has besides

MENU: Final = (
    ("/", "Overview"),
    ("/progress", "Progress"),
    ("/samples", "Samples"),
    ("/gaps", "Gaps"),
    ("/outbox", "Outbox"),
    ("/consent", "Consent"),
    ("/models", "Models"),
    ("/data", "Your data"),
)
_WHILES: Final = tuple((value, words) for value, (_, words) in SPANS.items())
_ITEM: Final = re.compile(r"/(samples|consent|export)/([0-9A-Za-z_-]{1,64})")


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page."""

    services: Services
    session: Session
    place: str  # the folder of all pages
    path: str  # the page in it
    asked: Mapping[str, str]  # what stands behind the `?`

    @property
    def menu(self) -> tuple[tuple[str, str, bool], ...]:
        """Address and title of every page of the menu, and whether we are there."""
        here = f"/{self.path.split('/')[1]}"
        return tuple((self.to(path), title, path == here) for path, title in MENU)

    def to(self, path: str, **asked: object) -> str:
        """The address of a page; what is empty is not asked for."""
        wanted = {name: value for name, value in asked.items() if value}
        return f"{self.place}{path}" + (f"?{urlencode(wanted)}" if wanted else "")

    def number(self, name: str, most: int = NUMBER_MAX) -> int:
        """A number that was asked for; 0 where there is none."""
        text = self.asked.get(name, "")
        return min(int(text), most) if re.fullmatch("[0-9]{1,18}", text) else 0

    def word(self, name: str) -> str:
        """A word that was asked for."""
        return self.asked.get(name, "")[:WORD_CHARS_MAX]


async def read(visit: Visit) -> Response:
    """The page at an address.

    Raises:
        InputError: there is none.
        StoreError: the store is there and cannot be read.
    """
    found = _PAGES.get(visit.path)
    if found is not None:
        return await found(visit)
    item = _ITEM.fullmatch(visit.path)
    if item is None:
        raise InputError("There is no such page.")
    return await _ITEMS[item[1]](visit, item[2])


async def _overview(visit: Visit) -> Response:
    found = await visit.services.inspecting.overview()
    return await page("overview.html", visit=visit, view=found)


async def _progress(visit: Visit) -> Response:
    days = visit.number("days")
    query = ProgressQuery(days if days in DAYS else DAYS_USUAL)
    found = await visit.services.inspecting.progress(query)
    drawn = charts(found, weekly=query.days > DAILY_MAX)
    return await page(
        "progress.html", visit=visit, view=found, query=query, days=DAYS.items(), charts=drawn
    )


async def _samples(visit: Visit) -> Response:
    query = GapsQuery(
        before=visit.number("before"),
        state=visit.word("state"),
        cause=visit.word("cause"),
        reason=visit.word("reason"),
        language=visit.word("language"),
        model=visit.word("model"),
        proposed=bool(visit.word("proposed")),
        accepted=bool(visit.word("accepted")),
    )
    found = await visit.services.inspecting.gaps(query)
    return await page("samples.html", visit=visit, view=found)


async def _sample(visit: Visit, name: str) -> Response:
    if not name.isdecimal() or len(name) > 18:
        raise InputError("There is no such sample.")
    found = await visit.services.inspecting.sample(int(name))
    return await page("sample.html", visit=visit, view=found, lines=CONTEXT_LINES)


async def _gaps(visit: Visit) -> Response:
    query = EndedQuery(before=visit.number("before"), reason=visit.word("reason"))
    found = await visit.services.inspecting.ended(query)
    return await page("gaps.html", visit=visit, view=found)


async def _outbox(visit: Visit) -> Response:
    found = await visit.services.inspecting.outbox()
    return await page("outbox.html", visit=visit, view=found, whiles=_WHILES)


async def _consent(visit: Visit) -> Response:
    found = await visit.services.inspecting.consents()
    return await page("consent.html", visit=visit, view=found)


async def _switch(visit: Visit, name: str) -> Response:
    found = await visit.services.inspecting.consents()
    for each in found.switches:
        if each.state.switch == name:
            return await page("switch.html", visit=visit, view=each)
    raise InputError("There is no such switch.")


async def _models(visit: Visit) -> Response:
    found = await visit.services.inspecting.models()
    return await page("models.html", visit=visit, view=found)


async def _data(visit: Visit) -> Response:
    found = await visit.services.inspecting.leaving()
    return await page("data.html", visit=visit, view=found, whiles=_WHILES, word=ERASE_WORD)


async def _export(visit: Visit, name: str) -> Response:
    return await exporting.export(visit.services, name)


_PAGES: Final[Mapping[str, Callable[[Visit], Awaitable[Response]]]] = {
    "/": _overview,
    "/progress": _progress,
    "/samples": _samples,
    "/gaps": _gaps,
    "/outbox": _outbox,
    "/consent": _consent,
    "/models": _models,
    "/data": _data,
}
_ITEMS: Final[Mapping[str, Callable[[Visit, str], Awaitable[Response]]]] = {
    "samples": _sample,
    "consent": _switch,
    "export": _export,
}
