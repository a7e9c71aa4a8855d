"""Every address that this process connects a socket to, as the interpreter itself reports it.

An audit hook cannot be removed again, so there is one for the whole test run, and it listens while
somebody wants to know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_listening: list[list[object]] = []
_hooked: list[bool] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo") and _listening:
        for heard in _listening:
            heard.append((event, arguments[-1]))


@contextmanager
def connections() -> Iterator[list[object]]:
    """What is connected, sent to or looked up while the block runs."""
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked.append(True)
    heard: list[object] = []
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening.remove(heard)
