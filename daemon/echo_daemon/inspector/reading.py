"""Which page shows what: from an address to a filled template.

Left out: what is on a page (`echo_daemon.inspecting`), how it is laid out (`templates`).

Rules
 - An address holds numbers and words of our own lists, never a path of the person's, a name of
   theirs or any text.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response

from echo_core.errors import InputError
from echo_daemon.inspecting.charts import charts
from echo_daemon.inspecting.gaps import EndedQuery, GapsQuery
from echo_daemon.inspecting.progress import ProgressQuery
from echo_daemon.inspector import exporting
from echo_daemon.inspector.deeds import ERASE_WORD, SPANS
from echo_daemon.inspector.services import Services
from echo_daemon.inspector.words import FILTERS
from echo_pages.rendering import Templates
from echo_pages.visiting import Visit

TEMPLATES: Final = Templates("echo_daemon.inspector", FILTERS)
DAYS: Final = {7: "A week", 28: "Four weeks", 91: "A quarter", 365: "A year"}
DAILY_MAX: Final = 31  # days that are drawn one by one; more as weeks
DAYS_USUAL: Final = 28
CONTEXT_LINES: Final = 12  # beside a difference: as many as a screen has besides

_WHILES: Final = tuple((value, words) for value, (_, words) in SPANS.items())
_ITEM: Final = re.compile(r"/(samples|consent|export)/([0-9A-Za-z_-]{1,64})")


async def read(services: Services, visit: Visit) -> Response:
    """The page at an address.

    Raises:
        InputError: there is none.
        StoreError: the store is there and cannot be read.
    """
    found = _PAGES.get(visit.path)
    if found is not None:
        return await found(services, visit)
    item = _ITEM.fullmatch(visit.path)
    if item is None:
        raise InputError("There is no such page.")
    return await _ITEMS[item[1]](services, visit, item[2])


async def _overview(services: Services, visit: Visit) -> Response:
    found = await services.inspecting.overview()
    return await TEMPLATES.page("overview.html", visit=visit, view=found)


async def _progress(services: Services, visit: Visit) -> Response:
    days = visit.number("days")
    query = ProgressQuery(days if days in DAYS else DAYS_USUAL)
    found = await services.inspecting.progress(query)
    drawn = charts(found, weekly=query.days > DAILY_MAX)
    return await TEMPLATES.page(
        "progress.html", visit=visit, view=found, query=query, days=DAYS.items(), charts=drawn
    )


async def _samples(services: Services, visit: Visit) -> Response:
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
    found = await services.inspecting.gaps(query)
    return await TEMPLATES.page("samples.html", visit=visit, view=found)


async def _sample(services: Services, visit: Visit, name: str) -> Response:
    if not name.isdecimal() or len(name) > 18:
        raise InputError("There is no such sample.")
    found = await services.inspecting.sample(int(name))
    return await TEMPLATES.page("sample.html", visit=visit, view=found, lines=CONTEXT_LINES)


async def _gaps(services: Services, visit: Visit) -> Response:
    query = EndedQuery(before=visit.number("before"), reason=visit.word("reason"))
    found = await services.inspecting.ended(query)
    return await TEMPLATES.page("gaps.html", visit=visit, view=found)


async def _outbox(services: Services, visit: Visit) -> Response:
    found = await services.inspecting.outbox()
    return await TEMPLATES.page("outbox.html", visit=visit, view=found, whiles=_WHILES)


async def _consent(services: Services, visit: Visit) -> Response:
    found = await services.inspecting.consents()
    return await TEMPLATES.page("consent.html", visit=visit, view=found)


async def _switch(services: Services, visit: Visit, name: str) -> Response:
    found = await services.inspecting.consents()
    for each in found.switches:
        if each.state.switch == name:
            return await TEMPLATES.page("switch.html", visit=visit, view=each)
    raise InputError("There is no such switch.")


async def _models(services: Services, visit: Visit) -> Response:
    found = await services.inspecting.models()
    return await TEMPLATES.page("models.html", visit=visit, view=found)


async def _data(services: Services, visit: Visit) -> Response:
    found = await services.inspecting.leaving()
    return await TEMPLATES.page(
        "data.html", visit=visit, view=found, whiles=_WHILES, word=ERASE_WORD
    )


async def _export(services: Services, _visit: Visit, name: str) -> Response:
    return await exporting.export(services, name)


_PAGES: Final[Mapping[str, Callable[[Services, Visit], Awaitable[Response]]]] = {
    "/": _overview,
    "/progress": _progress,
    "/samples": _samples,
    "/gaps": _gaps,
    "/outbox": _outbox,
    "/consent": _consent,
    "/models": _models,
    "/data": _data,
}
_ITEMS: Final[Mapping[str, Callable[[Services, Visit, str], Awaitable[Response]]]] = {
    "samples": _sample,
    "consent": _switch,
    "export": _export,
}
