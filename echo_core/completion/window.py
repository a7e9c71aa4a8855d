"""The window around a cursor: which text before and after it a model is shown, cut in three.

`head + tail` is the text before the cursor, `suffix` what follows it. Head and suffix are the
gap's static anchors: they stay exactly the same while the user types, so that the engine's KV
cache stays valid up to the last token (docs/adr/0005).

Left out: how the three are laid out for a model (`echo_core.completion.fim`), what a model is shown
besides (`echo_core.completion.context`; a window only carries it), tokens, the cache itself.

Rules
 - A window is used again as long as the document still is head + tail + closers + suffix there.
 - Head and suffix are cut at line ends wherever a line end is near enough.
 - When a head must change, it keeps its start if it can: then only what is new is evaluated.
 - What is shown besides stands in front of the head: it stays as long as the head's start does.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_core import limits
from echo_core.completion.context import NO_CONTEXT, Context

# What editors insert behind the cursor by themselves; the model may write it, and what it
# writes twice is cut by echo_core.completion.polish.suffix_overlap.
CLOSERS = frozenset(")]}>\"'`")
CLOSERS_MAX = 4


@dataclass(frozen=True, slots=True)
class Window:
    """What a model is shown: `head`, then `tail`, then the cursor, then `suffix`."""

    head: str
    tail: str
    suffix: str
    context: Context = NO_CONTEXT


def window_at(text: str, offset: int, previous: Window | None = None) -> Window:
    """The window for a cursor at `offset`; `previous` with its anchors as they were, if it fits.

    Cost: a few searches within the limits' lengths, whatever the size of `text`.
    """
    if previous is not None:
        kept = _reused(text, offset, previous)
        if kept is not None:
            return kept
    tail_start = _tail_start(text, offset)
    head_start = _head_start(text, tail_start, previous)
    return Window(
        head=text[head_start:tail_start],
        tail=text[tail_start:offset],
        suffix=_suffix(text, offset),
        context=NO_CONTEXT if previous is None else previous.context,
    )


def same_anchors(one: Window | None, other: Window) -> bool:
    """Whether `other` continues `one`: only what stands behind the middle mark differs."""
    return (
        one is not None
        and one.head == other.head
        and one.suffix == other.suffix
        and one.context == other.context
    )


def starts_alike(one: Window | None, other: Window) -> bool:
    """Whether the head of `other` only goes on from that of `one`, or is the same."""
    if one is None or not one.head:
        return one is not None and not other.head
    return other.head.startswith(one.head)


def _reused(text: str, offset: int, previous: Window) -> Window | None:
    lowest = max(0, offset - limits.TAIL_CHARS_MAX - len(previous.head))
    if previous.head:
        found = text.find(previous.head, lowest, offset)
        if found < 0:
            return None
        tail_start = found + len(previous.head)
    elif offset <= limits.TAIL_CHARS_MAX:
        tail_start = 0
    else:
        return None
    if not _suffix_fits(text, offset, previous.suffix):
        return None
    return Window(previous.head, text[tail_start:offset], previous.suffix, previous.context)


def _suffix_fits(text: str, offset: int, suffix: str) -> bool:
    """Whether `suffix` stands at `offset`, or behind closers that an editor put there."""
    if not suffix:
        return all(char in CLOSERS for char in text[offset : offset + CLOSERS_MAX + 1])
    for closers in range(CLOSERS_MAX + 1):
        if text.startswith(suffix, offset + closers):
            return True
        if text[offset + closers : offset + closers + 1] not in CLOSERS:
            return False
    return False


def _tail_start(text: str, offset: int) -> int:
    """Where the last TAIL_LINES lines before the cursor's line begin."""
    floor = max(0, offset - limits.TAIL_CHARS_FRESH)
    start = offset
    for _ in range(limits.TAIL_LINES + 1):
        end = text.rfind("\n", floor, start)
        if end < 0:
            return 0 if floor == 0 else _cut(text, start if start < offset else floor)
        start = end
    return start + 1


def _cut(text: str, at: int) -> int:
    """`at`, moved past a line end that begins there."""
    return at + 1 if text.startswith("\n", at) else at


def _head_start(text: str, tail_start: int, previous: Window | None) -> int:
    if previous is not None and previous.head:
        lowest = max(0, tail_start - limits.HEAD_CHARS_MAX)
        found = text.find(previous.head, lowest, tail_start)
        if found >= 0:
            return found
    floor = max(0, tail_start - limits.HEAD_CHARS_FRESH)
    if floor == 0:
        return 0
    line = text.find("\n", floor, tail_start)
    return floor if line < 0 else line + 1


def _suffix(text: str, offset: int) -> str:
    end = offset + limits.SUFFIX_CHARS_MAX
    if end >= len(text):
        return text[offset:]
    line = text.rfind("\n", offset, end)
    return text[offset:end] if line <= offset else text[offset : line + 1]
