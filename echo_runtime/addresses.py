"""Which hosts are this machine itself: the only ones that are talked to without TLS.

Left out: who may open connections at all (ARCHITECTURE.md names the packages).
"""

from __future__ import annotations

import ipaddress


def is_this_machine(host: str) -> bool:
    """Whether `host`, as an address has it, is a loopback address or `localhost`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
