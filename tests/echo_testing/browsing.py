"""What a browser that came in by a link holds, and how it asks; for pages over a real port.

Left out: a real browser (`chromium`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from echo_testing.waiting import LONG_S
from echo_testing.wound_clock import WoundClock


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


async def follow(link: str) -> Browser:
    """Follow a new link."""
    client = httpx.AsyncClient(trust_env=False, timeout=LONG_S)
    answer = await client.get(link, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    word = answer.text.partition('name="csrf" value="')[2].partition('"')[0]
    assert word
    return Browser(client, str(answer.url).rstrip("/"), word)


class Room(Protocol):
    """Pages of ours on a real port, with time wound by hand: what attacks are tried on."""

    name: str  # what the lines in its log begin with
    clock: WoundClock
    paths: Sequence[str]  # of some pages
    deeds: Sequence[str]  # addresses of forms
    form: tuple[str, Mapping[str, str]]  # one that does something, once

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        ...

    async def link(self) -> str:
        """A new link."""
        ...

    def done(self) -> int:
        """How many things were changed."""
        ...

    def logged(self) -> str:
        """All that was logged."""
        ...

    async def close(self) -> None:
        """Everything, in order."""
        ...
