"""How often an address may ask, and how much it may have under way.

Left out: whose address a request has (`echo_trainer.api.peers`), caps by pseudonym
(`echo_trainer.tables.intake`).

Rules
 - Addresses are kept in memory alone, under a key that is drawn when the process starts: a dump of
   it names nobody.
 - As many addresses are known as `ADDRESSES_MAX`; the one that asked longest ago goes first. Who
   has more addresses than that is stopped by the caps by pseudonym, and by `uploads_max`.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from echo_core.sharing.bundle.protocol import Refusal
from echo_trainer.intake.judging import Refused

ADDRESSES_MAX: Final = 100_000  # about 20 MB
_IPV6_BITS: Final = 64  # a household's or a machine's network: nobody is given less
_MINUTE_MS: Final = 60_000


@dataclass(slots=True)
class _Seen:
    left: float
    at_ms: float
    uploads: int = 0


class AddressRates:
    """Buckets that fill at so many requests a minute."""

    def __init__(self, a_minute: int, uploads: int, steady_ms: Callable[[], float]) -> None:
        self._a_minute = a_minute
        self._uploads = uploads
        self._steady_ms = steady_ms
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def ask(self, address: str) -> None:
        """One request more.

        Raises:
            Refused: there were too many.
        """
        seen = self._of(address)
        now_ms = self._steady_ms()
        filled = (now_ms - seen.at_ms) * self._a_minute / _MINUTE_MS
        seen.left, seen.at_ms = min(self._a_minute, seen.left + filled), now_ms
        if seen.left < 1:
            raise Refused(Refusal.TOO_MANY, retry_after_s=60)
        seen.left -= 1

    @contextmanager
    def upload(self, address: str) -> Iterator[None]:
        """One upload more, until the block ends.

        Raises:
            Refused: there are too many under way.
        """
        seen = self._of(address)
        if seen.uploads >= self._uploads:
            raise Refused(Refusal.TOO_MANY, retry_after_s=5)
        seen.uploads += 1
        try:
            yield
        finally:
            seen.uploads -= 1

    def _of(self, address: str) -> _Seen:
        name = hmac.digest(self._key, _network(address), sha256)
        found = self._seen.get(name)
        if found is None:
            found = self._seen[name] = _Seen(self._a_minute, self._steady_ms())
            if len(self._seen) > ADDRESSES_MAX:
                self._seen.popitem(last=False)
        self._seen.move_to_end(name)
        return found


def _network(address: str) -> bytes:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return b""  # a socket in the file system has no address
    if isinstance(found, ipaddress.IPv6Address):
        return found.packed[: _IPV6_BITS // 8] if not found.ipv4_mapped else found.packed[12:]
    return found.packed
