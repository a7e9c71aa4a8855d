"""What the editor's status line shows of Echo: one quiet notification per change, no popups.

Left out: where a status comes from (the daemon, the link to it, the user's choices).
"""

from __future__ import annotations

from collections.abc import Callable

from echo_core.records import wire
from echo_core.records.reasons import Reason
from echo_lsp.protocol_ext import StatusParams
from echo_lsp.session import Session

OFF = StatusParams(busy=False, message=Reason.OFF.sentence, kind="off")


class StatusLine:
    """Remembers what was said last, so that nothing is said twice."""

    def __init__(self, session: Session, send: Callable[[StatusParams], None]) -> None:
        self._session = session
        self._send = send
        self._daemon: StatusParams | None = None
        self._said: StatusParams | None = None

    def daemon_says(self, status: wire.Status) -> None:
        """The daemon's own status."""
        self._daemon = StatusParams(status.busy, status.message, status.kind)
        self.refresh()

    def daemon_is_away(self, sentence: str) -> None:
        """There is no daemon; `sentence` says why and what helps."""
        self._daemon = StatusParams(busy=False, message=sentence, kind="error")
        self.refresh()

    def refresh(self) -> None:
        """Say what holds now, where that is news."""
        now = self._daemon if self._session.enabled else OFF
        if now is not None and now != self._said:
            self._said = now
            self._send(now)
