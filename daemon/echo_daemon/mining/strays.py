"""Documents that open under a name which nobody told of: is it one whose file is gone?

Left out: how alike two texts must be (`echo_core.experience.reunion`); renamings that somebody told
of (`renames`); what a new name means to what is followed (`echo_core.experience.kept`).

Rules
 - Asked once, when a document opens of which nothing is followed. No key waits for it: what is
   slow happens in threads, and what is found is told when it is found.
 - A document is compared where its last text is in the log, its file is gone, it lies in the same
   workspace, is of the same language, and is open in no window.
 - Only what is followed goes on: gaps that live end by themselves within minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from echo_core.errors import EchoError
from echo_core.experience.anchors import Matcher
from echo_core.experience.kept import Kept
from echo_core.experience.reunion import Was, recognised
from echo_core.places import holds, path_of

FILES_MAX: Final = 512  # that are looked for on disk, of those that something was lately kept in
GONE_MAX: Final = 8  # that are compared; reading a last text takes up to 10 ms

LastText = Callable[[str], Awaitable["tuple[str, str] | None"]]


@dataclass(frozen=True, slots=True)
class Came:
    """A document as it stands in the window in which it was opened."""

    doc: str
    language: str
    text: str
    roots: Sequence[str]  # of the workspace, as URIs


class Finder(Protocol):
    """The window that a document came to."""

    def came(self, doc: str) -> Came | None:
        """The document as it stands; None where it is closed, or not recorded."""
        ...

    def found_again(self, was: Was, doc: str) -> None:
        """`doc` is what `was` names."""
        ...


class Strays:
    """Over all that is followed."""

    def __init__(self, kept: Kept, last_text: LastText, matcher: Matcher) -> None:
        """`last_text(doc)`: language and text of a document as the log left it, if it did."""
        self._kept = kept
        self._last_text = last_text
        self._matcher = matcher

    def is_one(self, doc: str) -> bool:
        """Whether to look for what `doc` was."""
        return not self._kept.follows(doc) and len(self._kept) > 0

    async def look(self, window: Finder, doc: str) -> None:
        """Find what `doc` was, and say so; nothing where it is a new one."""
        came = window.came(doc)
        if came is None:
            return
        folders = [root for root in map(path_of, came.roots) if holds(root, path_of(doc))]
        gone = await asyncio.to_thread(_gone, self._kept.docs(), doc, folders)
        texts: dict[str, str] = {}
        for other in gone:
            text = await self._read(other, came.language)
            if text is not None:
                texts[other] = text
        was = await asyncio.to_thread(recognised, came.text, texts, self._matcher)
        if was is None or self._kept.is_open(was.doc) or not self.is_one(doc):
            return  # all of that may have changed meanwhile
        if window.came(doc) is not None:
            window.found_again(was, doc)

    async def _read(self, doc: str, language: str) -> str | None:
        if self._kept.is_open(doc):
            return None
        try:
            last = await self._last_text(doc)
        except EchoError:  # damaged, or the store is closed: then nothing is found
            return None
        return last[1] if last is not None and last[0] == language else None


def _gone(docs: Sequence[str], doc: str, folders: Sequence[str]) -> list[str]:
    """The documents of these folders whose files are gone, the newest first."""
    found: list[str] = []
    for other in docs[::-1][:FILES_MAX]:
        path = path_of(other)
        inside = other != doc and any(holds(folder, path) for folder in folders)
        if inside and not Path(path).exists():
            found.append(other)
            if len(found) == GONE_MAX:
                break
    return found
