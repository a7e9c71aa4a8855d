"""Who asks: the address of a connection, or what a trusted proxy says of it.

Rules
 - `X-Forwarded-For` is believed from the right, as far as each that wrote is a trusted proxy: what
   a client wrote itself stands on the left and is never reached.
 - Metrics are for the networks that are named, and never for what came through somebody's proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.requests import Request

from echo_core.errors import InputError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_FORWARDED: Final = "x-forwarded-for"
_HOPS_MAX: Final = 16  # proxies in a row; a longer header is somebody's attempt


@dataclass(frozen=True, slots=True)
class Peers:
    """Which networks are trusted with what."""

    proxies: tuple[Network, ...]
    readers: tuple[Network, ...]

    @classmethod
    def of(cls, proxies: Iterable[str], readers: Iterable[str]) -> Peers:
        """Networks as the settings name them.

        Raises:
            InputError: one of them is none.
        """
        return cls(
            _networks(proxies, "intake.trusted_proxies"), _networks(readers, "intake.metrics_from")
        )

    def address_of(self, request: Request) -> str:
        """The address that a request counts for."""
        address = request.client.host if request.client else ""
        said = ",".join(request.headers.getlist(_FORWARDED)).split(",")
        for hop in [each.strip() for each in reversed(said)][:_HOPS_MAX]:
            if not hop or not _lies_in(address, self.proxies) or not _is_address(hop):
                break
            address = hop
        return address

    def may_read_metrics(self, request: Request) -> bool:
        """Whether a request comes from where metrics may be read."""
        if _FORWARDED in request.headers or request.client is None:
            return False
        return _lies_in(request.client.host, self.readers)


def _networks(named: Iterable[str], setting: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each, strict=False) for each in named)
    except ValueError as error:
        raise InputError(f"{setting} holds what is no address and no network.") from error


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _lies_in(address: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(address) and any(ipaddress.ip_address(address) in each for each in networks)
