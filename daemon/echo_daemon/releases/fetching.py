"""Bytes from a web server for python-tuf's client, within limits of length and time.

Left out: what they mean (`repository`).

Rules
 - Redirects are not followed: a repository is where it was said to be.
 - A server that is silent, or gives a byte now and then, is left after a while.
 - A large file goes on from where it was cut off, and is fetched anew where that does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from tuf.api.exceptions import DownloadError, DownloadHTTPError, DownloadLengthMismatchError
from tuf.ngclient import FetcherInterface

from echo_core.clock import Clock
from echo_core.errors import InputError
from echo_runtime import files
from echo_runtime.addresses import is_this_machine

CONNECT_S: Final = 10.0
SILENCE_S: Final = 30.0  # between two pieces
METADATA_MS_MAX: Final = 60_000.0  # 5 MB over a line of 1 Mbit/s take 40 s
PIECE_BYTES: Final = 64 << 10
# A release that is given by drops is left, and goes on from there the next time.
PATIENCE_MS: Final = 600_000.0
BYTES_A_SECOND_MIN: Final = 16 << 10
_NO_ADDRESS: Final = (
    "`updates.repository` is no https address, or it holds a password, a query or a fragment."
)


class CutError(DownloadError):
    """The server gave less than there is, or the line was cut; what arrived is kept."""


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Whoever asked does not want it any more; what arrived is kept."""


class Fetcher(FetcherInterface):
    """`tuf.ngclient.FetcherInterface` over httpx; used from one thread at a time."""

    def __init__(self, clock: Clock, *, silence_s: float = SILENCE_S) -> None:
        self._clock = clock
        self._client = httpx.Client(
            timeout=httpx.Timeout(silence_s, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=True,  # proxies and certificate files
            headers={"Accept-Encoding": "identity", "User-Agent": "echo-completion"},
        )

    def _fetch(self, url: str) -> Iterator[bytes]:
        until_ms = self._clock.steady_ms() + METADATA_MS_MAX
        with self._asked(url) as response:
            _check(response)
            for piece in response.iter_raw(PIECE_BYTES):
                if self._clock.steady_ms() > until_ms:
                    raise DownloadError("it took too long")
                yield piece

    def to_file(self, url: str, partial: Path, length: int, wanted: Callable[[], bool]) -> None:
        """Leave `length` bytes of `url` in `partial`, on from what it holds.

        Raises:
            DownloadError: it cannot be had, or gives more, or too slowly; what arrived is kept.
            Stopped: `wanted` is false; what arrived is kept.
            OSError: the disk refuses.
        """
        until_ms = self._clock.steady_ms() + PATIENCE_MS + 1000 * length / BYTES_A_SECOND_MIN
        have = files.size_of(partial)
        if have > length:
            partial.unlink()
            have = 0
        while have < length:
            with self._asked(url, f"bytes={have}-" if have else "") as response:
                if have and response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    have = 0  # what is there is no beginning of it
                    continue
                _check(response)
                goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
                have = have if goes_on else 0
                with partial.open("ab" if have else "wb") as file:
                    for piece in response.iter_raw(PIECE_BYTES):
                        have += len(piece)
                        if have > length:
                            raise DownloadLengthMismatchError(f"more than {length} bytes")
                        file.write(piece)
                        if not wanted():
                            raise Stopped
                        if self._clock.steady_ms() > until_ms:
                            raise DownloadError("it took too long")
            if have < length:
                raise CutError(f"{have} of {length} bytes")

    def close(self) -> None:
        """Let connections go."""
        self._client.close()

    @contextmanager
    def _asked(self, url: str, span: str = "") -> Iterator[httpx.Response]:
        headers = {"Range": span} if span else {}
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                yield response
        except httpx.RemoteProtocolError as error:
            raise CutError("the connection ended") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DownloadError(type(error).__name__) from error


def check_address(address: str) -> str:
    """`address` as the beginning of files' addresses.

    Raises:
        InputError: it is none that is asked.
    """
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL as error:
        raise InputError(_NO_ADDRESS) from error
    here = url.scheme == "http" and is_this_machine(url.host)
    if url.userinfo or url.query or url.fragment or not (url.scheme == "https" or here):
        raise InputError(_NO_ADDRESS)
    return str(url).rstrip("/")


def _check(response: httpx.Response) -> None:
    if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        raise DownloadHTTPError("it is not there", response.status_code)
