"""An inspector over a real hub, store and outbox, on a real port, with time wound by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from echo_core.errors import InputError
from echo_daemon.departures import Departures
from echo_daemon.inspecting.overview import Judged, Overview
from echo_daemon.inspector.inspector import Inspector
from echo_daemon.inspector.services import Services
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.settings_sharing import SharingSettings
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


class Blank:
    """Pages of a store that was never made."""

    async def overview(self) -> Overview:
        """The first page."""
        return Overview(
            version="test",
            now_ms=0,
            state="off",
            recording=False,
            problem="",
            since_ms=0,
            keep_days=90,
            keep_bytes=1 << 30,
            file_bytes=0,
            key_source="",
            spaces=(),
            judged=Judged(),
            switches=(),
            editors_off=(),
            all_paused=False,
            folders_paused=(),
        )

    def __getattr__(self, name: str) -> Any:
        async def none(*_: object) -> None:
            raise InputError("There is no such page.")

        return none


class Parlour:
    """One inspector, and the lodge that it looks into."""

    def __init__(self, folder: Path) -> None:
        self.lodge = Lodge(folder)
        self.profile = Profile.locate({"ECHO_HOME": str(folder / "home")})
        self.profile.prepare()
        departures = Departures(
            self.lodge.store,
            self.lodge.clock,
            SharingSettings(),
            self.lodge.hub.choose,
            self.profile,
        )
        services = Services(
            inspecting=Blank(),
            hub=self.lodge.hub,
            consenting=departures.consenting,
            outgoing=departures.outgoing,
            erase=lambda: departures.erase(self.lodge.hub.erase),
        )
        self.consenting = departures.consenting
        self.log = Log(self.profile.state_dir, "daemon", self.lodge.clock)
        self.inspector = Inspector(services, self.lodge.clock, self.log)

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
