"""What a key costs: prompt tokens that the engine evaluates when it is asked once more.

A request counts when exactly one key (an edit at the same place) came after the request before it
and the engine was asked: that is the price of a keystroke inside a gap. The first request at a
place, several keys at once, and answers that continue a proposal without the engine are left out.
"""

from __future__ import annotations

from echo_core.errors import DaemonError
from echo_core.records import wire
from echo_core.showing.metrics import percentile
from echo_daemon.replay.session import Session
from echo_daemon.replay.typist import Shown


class KeyCosts:
    """Asks the daemon for the figures of each answer and keeps those of single keys."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answers = 0
        self._tokens: list[int] = []

    @property
    def keys(self) -> int:
        """How many single keys were measured."""
        return len(self._tokens)

    def tokens_p50(self) -> float | None:
        """The median of prompt tokens evaluated at a key; None when none was measured."""
        return percentile(self._tokens, 50)

    async def note(self, shown: Shown) -> wire.LastCompletion | None:
        """The daemon's figures for this answer; None when no model answers, or another's came."""
        if self._session.model is None or shown.late:
            return None
        try:
            last = await self._session.ask_last()
        except DaemonError:
            return None
        if last.answers == self._answers:
            return None  # the language server answered by itself
        self._answers = last.answers
        if shown.keys == 1 and last.tokens_prompt > 0:
            self._tokens.append(last.tokens_evaluated)
        return last
