"""Whose connection it is: a port on loopback is open to every user of a machine.

Linux keeps the owner of every socket in `/proc/net/tcp` and `tcp6`; elsewhere nobody says, and
the session's cookie alone decides.

Rules
 - Another user is refused, even with a good cookie. Root is not: root reads everything anyway,
   and forwards ports for us (WSL, sshd before it changes its user).
 - Who cannot be found is not refused for that: a user is not locked out by an odd system.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED: Final = bytes(10) + b"\xff\xff"  # an IPv4 address in a socket for IPv6


def is_welcome(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Whether the other end of a connection may be answered."""
    owner = owner_of(client, server)
    return owner is None or owner in (0, os.getuid())


def owner_of(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The user who holds the other end; None where nobody says."""
    wanted = set(zip(_written(client), _written(server), strict=True))
    for table in _TABLES:
        with suppress(OSError):
            for line in table.read_text("ascii").split("\n")[1:]:
                fields = line.split()
                if len(fields) > 7 and (fields[1], fields[2]) in wanted:
                    return int(fields[7])
    return None


def _written(address: tuple[str, int]) -> Iterator[str]:
    """An IPv4 address and its port as the tables have it, short and as an IPv6 one.

    The kernel prints each 32 bits of an address as a number of this machine.
    """
    packed = socket.inet_aton(address[0])
    for whole in (packed, _MAPPED + packed):
        words = (whole[at : at + 4] for at in range(0, len(whole), 4))
        numbers = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
        yield f"{numbers}:{address[1]:04X}"
