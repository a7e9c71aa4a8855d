"""Which page shows what: from an address to a filled template.

Left out: what is on a page (one module each), how it is laid out (`templates`).

Rules
 - An address holds numbers and names that the trainer gave: of versions, runs, releases, channels.
 - Stores are read in threads: a slow one keeps no other page waiting.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response

from echo_core.errors import InputError
from echo_pages.rendering import Templates
from echo_pages.visiting import Visit
from echo_trainer.console import charts
from echo_trainer.console.contributions import DAYS, DAYS_USUAL, contributions
from echo_trainer.console.datasets import report, version, versions
from echo_trainer.console.experiments import experiment, experiments
from echo_trainer.console.overview import overview
from echo_trainer.console.parts import Parts, page_of
from echo_trainer.console.releases import release, releases
from echo_trainer.console.runs import REPORT, gate_file, run, runs
from echo_trainer.console.words import FILTERS
from echo_trainer.tables import tokens

TEMPLATES: Final = Templates("echo_trainer.console", FILTERS)
# A report was made by a run of ours and has its style within; it may do nothing and load nothing.
REPORT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
_NAME: Final = r"([a-z0-9][a-z0-9._-]{0,63})"


async def read(parts: Parts, visit: Visit) -> Response:
    """The page at an address.

    Raises:
        InputError: there is none.
        TrainerError: what it shows cannot be read.
    """
    for pattern, show in _PAGES.items():
        found = re.fullmatch(pattern, visit.path)
        if found is not None:
            return await show(parts, visit, *found.groups())
    raise InputError("There is no such page.")


async def _overview(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(overview, parts)
    return await TEMPLATES.page("overview.html", visit=visit, view=found)


async def _contributions(parts: Parts, visit: Visit) -> Response:
    days = visit.number("days")
    found = await asyncio.to_thread(
        contributions, parts, days if days in DAYS else DAYS_USUAL, visit.number("after")
    )
    drawn = charts.contributions(found, parts.today)
    return await TEMPLATES.page(
        "contributions.html", visit=visit, view=found, days=DAYS.items(), charts=drawn
    )


async def _datasets(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(versions, parts, visit.number("after"))
    return await TEMPLATES.page("datasets.html", visit=visit, view=found)


async def _dataset(parts: Parts, visit: Visit, name: str) -> Response:
    found = await asyncio.to_thread(version, parts, name)
    drawn = charts.mixtures(found.manifest)
    return await TEMPLATES.page("dataset.html", visit=visit, view=found, charts=drawn)


async def _dataset_report(parts: Parts, _visit: Visit, name: str) -> Response:
    return as_report(await asyncio.to_thread(report, parts, name))


async def _runs(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(runs, parts, visit.number("after"))
    return await TEMPLATES.page("runs.html", visit=visit, view=found)


async def _run(parts: Parts, visit: Visit, name: str) -> Response:
    found = await asyncio.to_thread(run, parts, name)
    drawn = charts.curves(found.curve)
    return await TEMPLATES.page("run.html", visit=visit, view=found, charts=drawn)


async def _gate_file(parts: Parts, _visit: Visit, name: str, kind: str, file: str) -> Response:
    content = await asyncio.to_thread(gate_file, parts, name, kind, file)
    return as_report(content) if file == REPORT else Response(content, media_type="text/plain")


async def _releases(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(releases, parts, visit.number("after"))
    return await TEMPLATES.page("releases.html", visit=visit, view=found)


async def _release(parts: Parts, visit: Visit, name: str) -> Response:
    found = await asyncio.to_thread(release, parts, name)
    return await TEMPLATES.page("release.html", visit=visit, view=found)


async def _channels(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(releases, parts)
    return await TEMPLATES.page("channels.html", visit=visit, view=found)


async def _experiments(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(experiments, parts, visit.number("after"))
    return await TEMPLATES.page("experiments.html", visit=visit, view=found)


async def _experiment(parts: Parts, visit: Visit, channel: str, name: str) -> Response:
    found = await asyncio.to_thread(experiment, parts, channel, name)
    return await TEMPLATES.page("experiment.html", visit=visit, view=found)


async def _tokens(parts: Parts, visit: Visit) -> Response:
    found = await asyncio.to_thread(parts.read, tokens.listed)
    today = parts.today.isoformat()
    rows = page_of(reversed(found or ()), visit.number("after"))
    return await TEMPLATES.page(
        "tokens.html", visit=visit, view=rows, today=today, is_open=parts.is_open
    )


def as_report(content: bytes) -> Response:
    """A page that a run left, locked in."""
    return Response(
        content, media_type="text/html", headers={"content-security-policy": REPORT_POLICY}
    )


_PAGES: Final[Mapping[str, Callable[..., Awaitable[Response]]]] = {
    "/": _overview,
    "/contributions": _contributions,
    "/datasets": _datasets,
    f"/datasets/{_NAME}": _dataset,
    f"/datasets/{_NAME}/report": _dataset_report,
    "/runs": _runs,
    f"/runs/{_NAME}": _run,
    f"/runs/{_NAME}/gate/{_NAME}/{_NAME}": _gate_file,
    "/releases": _releases,
    f"/releases/{_NAME}": _release,
    "/channels": _channels,
    "/experiments": _experiments,
    f"/experiments/{_NAME}/{_NAME}": _experiment,
    "/tokens": _tokens,
}
