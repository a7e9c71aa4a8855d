"""An inspector over a real hub, store and outbox, on a real port, with time wound by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from echo_core.records.wire import ReleasesState
from echo_daemon.departures import Departures
from echo_daemon.distilling.api import Conditions
from echo_daemon.distilling.desk import Desk
from echo_daemon.distilling.distiller import Distiller
from echo_daemon.distilling.pipeline import Pipeline
from echo_daemon.inspector.inspector import Inspector
from echo_daemon.inspector.services import Services
from echo_daemon.models.shelf import Shelf
from echo_daemon.viewing import Parts, pages
from echo_engine.catalogue import load_catalogue
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.settings import Settings
from echo_testing.judging import ScriptedExaminer, ScriptedTeacher, a_table
from echo_testing.lodge import Lodge


@dataclass
class Browser:
    """What a browser that came in by a link holds, and how it asks."""

    client: httpx.AsyncClient
    url: str  # of the pages' folder
    csrf: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return await self.client.get(f"{self.url}{path}", headers=_named(headers))

    async def post(
        self, path: str, fields: Mapping[str, str], csrf: str | None = None, **headers: str
    ) -> httpx.Response:
        """A form, as a page of ours would send it; `headers` differ."""
        sent = {"origin": self.origin, "sec-fetch-site": "same-origin", **_named(headers)}
        word = self.csrf if csrf is None else csrf
        return await self.client.post(
            f"{self.url}{path}",
            data={"csrf": word, **fields},
            headers={name: value for name, value in sent.items() if value},
        )


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Parlour:
    """One inspector, and the lodge that it looks into."""

    def __init__(self, folder: Path) -> None:
        self.lodge = lodge = Lodge(folder)
        self.profile = Profile.locate({"ECHO_HOME": str(folder / "home")})
        self.profile.prepare()
        settings = Settings()
        departures = Departures(
            lodge.store, lodge.clock, settings.sharing, lodge.hub.choose, self.profile
        )
        table = a_table()
        examiner, teacher = ScriptedExaminer(table), ScriptedTeacher()
        distiller = Distiller(
            lodge.archive,
            examiner,
            Pipeline(table, examiner, teacher.choose, teacher.asking),
            Conditions(lambda: 0.0, lambda: False, lambda: True),
            lodge.clock,
        )
        shelf = Shelf(self.profile.models_dir, self.profile.choice_path, load_catalogue())
        parts = Parts(
            hub=lodge.hub,
            archive=lodge.archive,
            store=lodge.store,
            departures=departures,
            judging=Desk(table, lodge.archive, distiller),
            shelf=shelf,
            releases=lambda: ReleasesState("", "stable", ""),
            clock=lodge.clock,
        )
        services = Services(
            inspecting=pages(parts, self.profile, settings),
            hub=lodge.hub,
            consenting=departures.consenting,
            outgoing=departures.outgoing,
            erase=lambda: departures.erase(lodge.hub.erase),
        )
        self.consenting = departures.consenting
        self.log = Log(self.profile.state_dir, "daemon", lodge.clock)
        self.inspector = Inspector(services, lodge.clock, self.log)

    def logged(self) -> str:
        """All that was logged."""
        path = self.profile.state_dir / "daemon.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def enter(self) -> Browser:
        """Follow a new link."""
        link = await self.inspector.link()
        client = httpx.AsyncClient(trust_env=False)
        answer = await client.get(link.url, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        word = answer.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert word
        return Browser(client, str(answer.url).rstrip("/"), word)

    async def close(self) -> None:
        """Everything, in order."""
        await self.inspector.close()
        await self.lodge.hub.close()
