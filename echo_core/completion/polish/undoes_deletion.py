"""What the user has just deleted, offered again at once.

Rules
 - White space at the ends does not count.
 - Part of what was deleted is that too; and so is more, where the deleted part ends with a word's
   end and is long enough to be known by.
 - Whoever asks for a completion gets it all the same.
"""

from __future__ import annotations

from typing import Final

from echo_core.completion.polish.context import PolishContext

KNOWN_CHARS_MIN: Final = 3  # after a backspace or two, anything may begin with the same letter


def undoes_deletion(written: str, context: PolishContext) -> str | None:
    """None when `written` brings back what was deleted."""
    removed, offered = context.removed.strip(), written.strip()
    if context.invoked or not removed:
        return written
    if removed.startswith(offered):
        again = len(offered) >= KNOWN_CHARS_MIN or offered == removed
    else:
        again = len(removed) >= KNOWN_CHARS_MIN and offered.startswith(removed)
        again = again and not _one_word(offered, len(removed))
    return None if again else written


def _one_word(text: str, at: int) -> bool:
    """Whether `at` stands between two characters of one word."""
    return all(char.isalnum() or char == "_" for char in text[at - 1 : at + 1])
