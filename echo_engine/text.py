"""Bytes of tokens to text that may be shown: whole characters, and nothing of a stop string.

Left out: tokens and where they come from (`session`).

Rules
 - Joined, what `add` and `rest` return is a prefix of the bytes' text that holds no stop string.
 - A character is returned when its last byte is there, not before.
 - What may be the start of a stop string is held back until it is known.
"""

from __future__ import annotations

import codecs


class TextStream:
    """One job's text."""

    def __init__(self, stop: tuple[str, ...]) -> None:
        """`stop`: the text ends before the first of these; empty ones are ignored."""
        self._stop = tuple(string for string in stop if string)
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._held = ""
        self.stopped = False  # a stop string came up
        self.broken = False  # the model wrote bytes that are no UTF-8

    @property
    def ended(self) -> bool:
        """Nothing more is taken."""
        return self.stopped or self.broken

    def add(self, data: bytes) -> str:
        """The text that is certain now, after `data`."""
        if self.ended:
            return ""
        try:
            self._held += self._decoder.decode(data)
        except UnicodeDecodeError as error:
            # The whole characters before the broken one are still good.
            self.broken = True
            self._held += error.object[: error.start].decode("utf-8")
        found = [at for at in (self._held.find(string) for string in self._stop) if at >= 0]
        if found:
            self.stopped = True
            text, self._held = self._held[: min(found)], ""
            return text
        certain = len(self._held) - (0 if self.broken else self._may_stop())
        text, self._held = self._held[:certain], self._held[certain:]
        return text

    def rest(self) -> str:
        """What was held back, when no more bytes will come."""
        text, self._held = self._held, ""
        return text

    def _may_stop(self) -> int:
        """How many of the last characters held are the start of a stop string."""
        return max(
            (
                length
                for string in self._stop
                for length in range(min(len(string) - 1, len(self._held)), 0, -1)
                if self._held.endswith(string[:length])
            ),
            default=0,
        )
