"""Whether the system says that the network is metered.

NetworkManager is asked where it is (Linux, `busctl`). Where it is not (macOS says it to programs
with a window only, other systems not at all), nobody knows.

Left out: what follows (`echo_daemon.sharing`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from echo_core.sharing.bundle.sending import Metered

WAIT_S: Final = 2.0  # a bus that hangs is as if it were not there
_COMMAND: Final = (
    "busctl",
    "--system",
    "get-property",
    "org.freedesktop.NetworkManager",
    "/org/freedesktop/NetworkManager",
    "org.freedesktop.NetworkManager",
    "Metered",
)
# NMMetered: 0 unknown, 1 yes, 2 no, 3 guessed yes, 4 guessed no (NetworkManager's D-Bus reference).
_SAID: Final = {
    b"u 1": Metered.YES,
    b"u 2": Metered.NO,
    b"u 3": Metered.YES,
    b"u 4": Metered.NO,
}


class SystemLink:
    """`echo_daemon.sharing.api.Link` of this machine."""

    def __init__(self, command: tuple[str, ...] = _COMMAND, wait_s: float = WAIT_S) -> None:
        self._command = command
        self._wait_s = wait_s

    async def metered(self) -> Metered:
        """What NetworkManager says."""
        try:
            asked = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return Metered.UNKNOWN
        try:
            async with asyncio.timeout(self._wait_s):
                said, _ = await asked.communicate()
        except TimeoutError:
            with suppress(ProcessLookupError):
                asked.kill()
            await asked.wait()
            return Metered.UNKNOWN
        return _SAID.get(said.strip(), Metered.UNKNOWN)
