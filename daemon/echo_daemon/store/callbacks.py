"""The way back to the event loop, from the threads that wait for disk and keyring.

Left out: what is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


def hand_over(loop: asyncio.AbstractEventLoop, callback: Callable[[_T], None], value: _T) -> None:
    """Call `callback` on `loop`."""
    with suppress(RuntimeError):  # the loop has ended: nobody is left to be told
        loop.call_soon_threadsafe(callback, value)
