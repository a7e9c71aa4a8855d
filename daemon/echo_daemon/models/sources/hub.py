"""The hub: one file over HTTPS, resumed by range.

Left out: whether the bytes are the model (the shelf checks the SHA-256).

Rules
 - No credential is ever sent: no token, no netrc, no cookie, no user name in an address.
 - Only https, except to this machine itself; that holds for every redirect too.
 - A range is asked for without If-Range. The model is pinned by its digest, so an entity tag adds
   nothing, would tie what is kept to one mirror, and may be weak (RFC 9110, 13.1.5). The total
   length that the answer names must be the model's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from echo_daemon.models.progress import Progress, size_text
from echo_daemon.models.sources.source import SourceError, SourceName, SourceProblem
from echo_engine.catalogue import Entry
from echo_runtime.addresses import is_this_machine
from echo_runtime.files import size_of

DEFAULT_ENDPOINT = "https://huggingface.co"
REDIRECTS_MAX = 5  # the hub needs one or two: to its storage, and to a region
CUTS_MAX = 20  # of one fetch: a bad line over a gigabyte; more is a line that does not work
CUTS_IN_A_ROW_MAX = 3  # without one new byte
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where the hub is, and how long a silent connection is waited for."""

    endpoint: str = DEFAULT_ENDPOINT
    connect_s: float = 10.0
    read_s: float = 30.0


def hub_settings(environ: Mapping[str, str]) -> HubSettings:
    """The settings as the hub's own tools read them: HF_ENDPOINT names a mirror."""
    return HubSettings(endpoint=environ.get("HF_ENDPOINT", "").rstrip("/") or DEFAULT_ENDPOINT)


class _CutError(Exception):
    """The connection broke or went silent; going on from what arrived may work."""


class Hub:
    """A `Source`."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings

    @property
    def name(self) -> SourceName:
        """`hub`."""
        return SourceName.HUB

    def offers(self, entry: Entry) -> bool:
        """Whether the catalogue names a repository."""
        return entry.hub is not None

    def room_bytes(self, entry: Entry, partial: Path) -> int:
        """What is missing of the one file."""
        return max(0, entry.bytes - size_of(partial))

    def kept_bytes(self, entry: Entry, partial: Path) -> int:
        """What is there of the one file."""
        del entry
        return size_of(partial)

    def forget(self, entry: Entry, partial: Path) -> None:
        """Drop the one file."""
        del entry
        partial.unlink(missing_ok=True)

    def fetch(self, entry: Entry, partial: Path, progress: Progress) -> None:
        """See `Source`. Broken connections are taken up again where they broke."""
        cuts = cuts_in_a_row = 0
        with self._client() as client:
            while True:
                before = size_of(partial)
                try:
                    self._once(client, entry, partial, progress)
                except _CutError as error:
                    cuts += 1
                    cuts_in_a_row = 1 if size_of(partial) > before else cuts_in_a_row + 1
                    if cuts >= CUTS_MAX or cuts_in_a_row >= CUTS_IN_A_ROW_MAX:
                        raise SourceError(
                            SourceProblem.CUT,
                            f"the connection broke {cuts} times,"
                            f" {size_text(size_of(partial))} are kept",
                        ) from error
                else:
                    return

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        try:
            client = httpx.Client(
                timeout=httpx.Timeout(self._settings.read_s, connect=self._settings.connect_s),
                follow_redirects=False,
                trust_env=True,  # proxies and certificate files; httpx reads no netrc by itself
                headers={"Accept-Encoding": "identity", "User-Agent": "echo-completion"},
            )
        except (ValueError, OSError, ImportError, httpx.InvalidURL) as error:
            raise SourceError(
                SourceProblem.UNUSABLE,
                "the proxy or certificate settings of the environment cannot be used",
            ) from error
        with client:
            yield client

    def _once(self, client: httpx.Client, entry: Entry, partial: Path, progress: Progress) -> None:
        offset = size_of(partial)
        if offset >= entry.bytes:  # whole but wrong, else the shelf had taken it
            partial.unlink()
            offset = 0
        with _translated(), self._answer(client, entry, offset) as response:
            offset = _start(response, entry, offset)
            with partial.open("ab" if offset else "wb") as file:
                done = offset
                progress.at("hub", done, entry.bytes)
                for chunk in response.iter_raw():
                    done += len(chunk)
                    if done > entry.bytes:
                        raise SourceError(
                            SourceProblem.WRONG_CONTENT, "it sent more bytes than the model has"
                        )
                    file.write(chunk)
                    progress.at("hub", done, entry.bytes)
        if done < entry.bytes:  # an answer without a length that ended early
            raise _CutError

    @contextmanager
    def _answer(self, client: httpx.Client, entry: Entry, offset: int) -> Iterator[httpx.Response]:
        """The first answer that is not a redirect."""
        place = entry.hub
        if place is None:
            raise SourceError(SourceProblem.NOT_OFFERED, "it does not carry this model")
        url = _checked(
            f"{self._settings.endpoint}/{place.repository}/resolve/{place.revision}/{entry.file}"
        )
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        for _ in range(REDIRECTS_MAX + 1):
            client.cookies.clear()  # what one host sets is not for the next, nor for next time
            with client.stream("GET", url, headers=headers) as response:
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
                url = _checked(str(url.join(response.headers.get("Location", ""))))
        raise SourceError(SourceProblem.REFUSED, f"it redirected more than {REDIRECTS_MAX} times")


def _checked(address: str) -> httpx.URL:
    """An address that may be asked: https or this machine, and no user name or password in it."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise SourceError(SourceProblem.UNUSABLE, "its address is not a URL") from error
    if url.userinfo:
        raise SourceError(
            SourceProblem.UNUSABLE,
            "its address holds a user name or password, and Echo sends no credentials",
        )
    if url.scheme != "https" and not (url.scheme == "http" and is_this_machine(url.host)):
        raise SourceError(
            SourceProblem.UNUSABLE,
            f"{url.host or 'its address'} is not https, which only this machine itself need not be",
        )
    return url


def _start(response: httpx.Response, entry: Entry, offset: int) -> int:
    """Where the body begins in the model; refuses an answer that cannot be part of it."""
    status, host = response.status_code, response.url.host
    if status == 206:
        if _range_fits(response, entry, offset):
            return offset
        raise SourceError(
            SourceProblem.WRONG_CONTENT, f"{host} answered with a range of another file"
        )
    if status == 200:
        length = response.headers.get("Content-Length", str(entry.bytes))
        if length != str(entry.bytes) or response.headers.get("Content-Encoding", "identity") != (
            "identity"
        ):
            raise SourceError(
                SourceProblem.WRONG_CONTENT,
                f"{host} answered with something else than the model, perhaps a login page",
            )
        return 0
    if status in {404, 410}:
        raise SourceError(SourceProblem.NOT_FOUND, f"{host} does not have the file ({status})")
    if status == 416:
        raise SourceError(SourceProblem.WRONG_CONTENT, f"{host} has a shorter file")
    raise SourceError(SourceProblem.REFUSED, f"{host} refused ({status})")


def _range_fits(response: httpx.Response, entry: Entry, offset: int) -> bool:
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None:
        return False
    first, last, total = match.groups()
    return (
        int(first) == offset > 0
        and offset <= int(last) < entry.bytes
        and total in {"*", str(entry.bytes)}
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what httpx raises into ours."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):  # OpenSSL's own name for it
            raise SourceError(
                SourceProblem.UNUSABLE,
                f"the certificate of {error.request.url.host} is not trusted here"
                " (SSL_CERT_FILE names your own authorities)",
            ) from error
        raise SourceError(
            SourceProblem.NO_NETWORK, f"no connection to {error.request.url.host}"
        ) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise SourceError(SourceProblem.UNUSABLE, "its address cannot be used") from error
    except httpx.TransportError as error:
        raise _CutError from error
