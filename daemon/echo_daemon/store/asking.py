"""Questions to the store from the event loop, each on a connection and in a thread of its own.

Left out: what is asked (`queries`, `progress`, `listing`, `judging`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from echo_daemon.store.queries import Queries
from echo_daemon.store.recorder import Store

T = TypeVar("T")


async def asked(store: Store, question: Callable[[Queries], T]) -> T:
    """The answer to `question`.

    Raises:
        StoreError: nothing was recorded yet, or the store cannot be read.
    """

    def ask() -> T:
        with closing(store.reading()) as queries:
            return question(queries)

    return await asyncio.to_thread(ask)
