"""The intake's four requests (`echo_core.sharing.bundle.protocol`).

Left out: what an answer means (`echo_core.sharing.bundle.sending`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from echo_core.errors import SharingError
from echo_core.sharing.bundle import protocol
from echo_core.sharing.bundle.envelope import KEYS_BYTES_MAX, RECEIPT_BYTES_MAX, SIGNATURE_BYTES
from echo_core.sharing.bundle.sending import Answer
from echo_runtime.addresses import is_this_machine

CONNECT_S: Final = 10.0
SILENCE_S: Final = 30.0  # between two pieces of an answer, or of what is read from us
REQUEST_S: Final = 300.0  # a whole request: 2 MiB over a line of 64 kbit/s take 260
PIECE_BYTES: Final = 64 << 10  # so that a cut leaves most of it over there
_RETRY_AFTER_S_MAX: Final = 86_400


class IntakeClient:
    """`echo_daemon.sharing.api.Intake` over HTTP."""

    def __init__(
        self, token: str = "", request_s: float = REQUEST_S, silence_s: float = SILENCE_S
    ) -> None:
        """`token`: what a team's intake asks of those who contribute."""
        self._admitted = {"Authorization": protocol.credential(token)} if token else {}
        self._request_s = request_s
        self._silence_s = silence_s

    async def keys(self, intake: str) -> Answer:
        """The trainer's signed list of keys."""
        return await self._ask("GET", intake, protocol.KEYS, most=KEYS_BYTES_MAX + SIGNATURE_BYTES)

    async def arrived(self, intake: str, parcel: str) -> Answer:
        """How much of an envelope is there."""
        path = f"{protocol.BUNDLES}/{parcel}"
        return await self._ask("HEAD", intake, path, headers=self._admitted)

    async def send(self, intake: str, parcel: str, envelope: bytes, offset: int) -> Answer:
        """The rest of an envelope, from `offset` on."""
        headers = {
            "Content-Type": protocol.PART_TYPE,
            "Content-Length": str(len(envelope) - offset),
            protocol.OFFSET: str(offset),
            protocol.LENGTH: str(len(envelope)),
            **self._admitted,
        }
        body = _pieces(envelope[offset:])
        path = f"{protocol.BUNDLES}/{parcel}"
        return await self._ask("PATCH", intake, path, headers=headers, body=body)

    async def delete(self, intake: str, wish: str, content: bytes) -> Answer:
        """A wish."""
        headers = {"Content-Type": protocol.RECORD_TYPE}
        path = f"{protocol.DELETIONS}/{wish}"
        return await self._ask("PUT", intake, path, headers=headers, body=content)

    async def _ask(
        self,
        method: str,
        intake: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] | None = None,
        most: int = RECEIPT_BYTES_MAX,
    ) -> Answer:
        url = _address(intake, path)
        try:
            async with (
                asyncio.timeout(self._request_s),
                self._client() as client,
                client.stream(method, url, headers=headers, content=body) as response,
            ):
                return await _answer(response, most)
        except (httpx.HTTPError, TimeoutError, OSError, ValueError) as error:
            raise SharingError(
                f"The trainer's intake did not answer ({type(error).__name__}): "
                "it is tried again later."
            ) from error

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(self._silence_s, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=True,  # proxies and certificate files
            headers={"Accept-Encoding": "identity", "User-Agent": "echo-completion"},
        ) as client:
            yield client


async def _answer(response: httpx.Response, most: int) -> Answer:
    content = b""
    async for piece in response.aiter_raw(PIECE_BYTES):
        content += piece
        if len(content) > most:
            raise SharingError("The trainer's intake answered at greater length than it may.")
    return Answer(
        status=response.status_code,
        offset=_number(response.headers.get(protocol.OFFSET, "")),
        content=content,
        retry_after_ms=1000
        * min(_number(response.headers.get(protocol.RETRY_AFTER, "")), _RETRY_AFTER_S_MAX),
    )


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]


def _number(text: str) -> int:
    return protocol.number_of(text) or 0


def _address(intake: str, path: str) -> httpx.URL:
    try:
        url = httpx.URL(f"{intake.rstrip('/')}/{protocol.VERSION}/{path}")
    except httpx.InvalidURL as error:
        raise SharingError("`sharing.intake` is no address.") from error
    if url.userinfo or not (
        url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.host))
    ):
        raise SharingError("`sharing.intake` is no https address, or it holds a password.")
    return url
