"""Names of requests and proposals: unlike any other of this store, and cheap to keep.

Left out: what is named (`echo_daemon.front`).

Rules
 - A name is a prefix that was drawn once, and a number. Neighbours differ in the number alone, so
   the store keeps them as runs (`echo_daemon.store.gaps`) and packs them well.
"""

from __future__ import annotations

import secrets

PREFIX_BYTES = 6  # drawn for each window: among 10,000, two are alike once in six million stores


class Names:
    """Names of one kind."""

    def __init__(self) -> None:
        self._prefix = secrets.token_urlsafe(PREFIX_BYTES)
        self._count = 0

    def __call__(self) -> str:
        """The next one."""
        self._count += 1
        return f"{self._prefix}.{self._count}"
