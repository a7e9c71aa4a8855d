"""Whether the key of an open store is still where it was: what is written without it is lost.

Left out: keys and where they are (`keys`), what a pause means (`log`).

Rules
 - A key file is looked at before each batch. A keyring is asked every few minutes, in a thread, and
   only so that nobody else is asked (`quiet_keyrings`).
 - Once a keyring has said that the key is gone, it is asked at each look, until it has it again.
"""

from __future__ import annotations

import asyncio
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import StoreKeyError
from echo_daemon.store.keys import KEY_FILE, KeyPlace, KeySource, check_key, check_keyring

ASK_AGAIN_MS: Final = 300_000.0  # two messages on D-Bus
ASK_AGAIN_MS_MAX: Final = 3_600_000.0  # of a keyring that could not be asked; doubled each time


class KeyWatch:
    """Over the key with which a store was opened."""

    def __init__(self, place: KeyPlace, source: KeySource, clock: Clock) -> None:
        self._place = place
        self._source = source
        self._clock = clock
        self._wait_ms = ASK_AGAIN_MS
        self._next_ms = clock.steady_ms() + ASK_AGAIN_MS
        self._missing = ""  # in a sentence

    def guard(self) -> None:
        """Before a batch, on any thread.

        Raises:
            StoreKeyError: the key is gone.
        """
        if self._missing:
            raise StoreKeyError(self._missing)
        check_key(self._place, self._source)

    async def look(self) -> None:
        """Every few seconds: ask the keyring, where it is time."""
        now_ms = self._clock.steady_ms()
        if self._source.name == KEY_FILE or (now_ms < self._next_ms and not self._missing):
            return
        try:
            asked = await asyncio.to_thread(check_keyring, self._place, self._source)
        except StoreKeyError as error:
            asked, self._missing = True, str(error)
        else:
            self._missing = "" if asked else self._missing
        self._wait_ms = ASK_AGAIN_MS if asked else min(2 * self._wait_ms, ASK_AGAIN_MS_MAX)
        self._next_ms = self._clock.steady_ms() + self._wait_ms
