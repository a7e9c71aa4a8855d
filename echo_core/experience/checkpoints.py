"""When a session's texts are written down whole, so that nobody replays a day to know them.

A session is its events; a text is what they imply. A checkpoint is the texts of all open documents
at one event: whoever needs them begins there. It is due when replaying what came since would take
`TIMES` as long as reading the texts that changed: then nobody replays more than that, and what is
written stays small beside the events.

Left out: how a checkpoint is stored and read (`echo_daemon.store`).

Rules
 - The figures are measured (docs/store.md); the rule asks for nothing but counts and lengths.
 - One at which no gap is alive is better, because a fold can begin there too: it is waited for, but
   not for longer than it took until one was due.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from echo_core.experience.mining import Document

REPLAY_US: Final = 7.0  # an event: read, decoded, taken into the text
READ_US: Final = 45.0  # a text: found, decrypted
READ_US_KCHAR: Final = 1.0  # and unpacked, for each thousand characters
TIMES: Final = 100  # at 1, each tenth key would write a text


def events_worth(lengths: list[int]) -> float:
    """How many events may come before texts of these lengths are written."""
    read_us = sum(READ_US + READ_US_KCHAR * length / 1000 for length in lengths)
    return TIMES * read_us / REPLAY_US


class Pace:
    """What came in one session since its texts were last written down."""

    __slots__ = ("_ask_at", "_changed", "_events")

    def __init__(self) -> None:
        self.taken()

    def taken(self) -> None:
        """They were written down just now."""
        self._events = 0
        self._changed: set[str] = set()
        self._ask_at = events_worth([0])

    def took(self, edited: str = "") -> bool:
        """Another event, which perhaps `edited` a document; whether to ask if one is due."""
        self._events += 1
        if edited:
            self._changed.add(edited)
        return self._events >= self._ask_at

    def is_due(self, documents: Mapping[str, Document], gaps_live: int) -> bool:
        """Whether to write the texts down now; asked where `took` said so."""
        changed = [documents[doc].mirror.length for doc in self._changed if doc in documents]
        if not changed:
            return False
        worth = events_worth(changed)
        if self._events < worth:
            self._ask_at = worth
            return False
        return not gaps_live or self._events >= 2 * worth
