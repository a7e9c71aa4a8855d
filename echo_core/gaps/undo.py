"""Whether an edit brings back a text that stood there a moment ago: undo, or redo.

LSP shows an undo as an edit like any other. What gives it away is that afterwards the document is,
to the character, what it was some messages before; a redo restores what an undo took away.

Left out: other ways to the same text. Whoever deletes a word just written restores a former text
too; whoever takes back a single character cannot be told from somebody who deletes it.

Rules
 - Changes of a single character are never an undo.
 - Looked back is over MESSAGES_MAX messages, in documents of TEXT_CHARS_MAX characters at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from echo_core.text.edits import Edit, apply_all, invert

MESSAGES_MAX = 128  # a line or two of typing; editors undo by the word
MESSAGE_CHARS_MAX = 100_000  # what one message may delete and still be remembered
TEXT_CHARS_MAX = 200_000  # going back over all messages takes 1.2 ms


class Undo:
    """What was done to one document lately."""

    def __init__(self) -> None:
        # Of each message, newest first: how to take it back, and by how much the text grew.
        self._back: deque[tuple[list[Edit], int]] = deque(maxlen=MESSAGES_MAX)

    def take(self, text: str, edits: Sequence[Edit]) -> bool:
        """Remember `edits` of `text`; whether they bring back what stood there before."""
        restored = self._restores(text, edits)
        self._remember(text, edits)
        return restored

    def _restores(self, text: str, edits: Sequence[Edit]) -> bool:
        if len(text) > TEXT_CHARS_MAX or is_keystroke(edits):
            return False
        growth = sum(edit.growth for edit in edits)
        former = 0
        candidates = set()
        for number, (_, grew) in enumerate(self._back):
            former -= grew
            if former == growth:
                candidates.add(number)
        if not candidates:
            return False
        after = apply_all(text, edits)
        if after == text:
            return False
        for number, (back, _) in enumerate(islice(self._back, max(candidates) + 1)):
            text = apply_all(text, back)
            if number in candidates and text == after:
                return True
        return False

    def _remember(self, text: str, edits: Sequence[Edit]) -> None:
        if sum(edit.end - edit.start for edit in edits) > MESSAGE_CHARS_MAX:
            self._back.clear()
            return
        if len(text) > TEXT_CHARS_MAX:
            return
        back: list[Edit] = []
        for number, edit in enumerate(edits):
            back.insert(0, invert(text, edit))
            if number + 1 < len(edits):
                text = apply_all(text, (edit,))
        self._back.appendleft((back, sum(edit.growth for edit in edits)))


def is_keystroke(edits: Sequence[Edit]) -> bool:
    """Whether no place of the message changes by more than one character."""
    return all(edit.end - edit.start + len(edit.inserted) <= 1 for edit in edits)
