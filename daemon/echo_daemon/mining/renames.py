"""Which document goes on under another name: what an editor says of it, and what it does not say.

LSP has no renaming of an open document: the client closes one and opens another, in any order, and
may say before or after that a file was renamed (`workspace/didRenameFiles`). So:

    close a, then open b at once, the same text         b is a
    open b, then close a, whose file is gone, same text b is a
    "a is now b" (the client, or the file system)       b is a, when the one goes or the other comes

Left out: what a new name means to gaps (`echo_core.experience.mining`) and looks
(`echo_core.experience.kept`).

Rules
 - A close waits until the next message, or half a second: it may be the first half of a renaming.
 - Only what is recorded goes on; into a name that may not be recorded nothing does.
 - The text that comes under the new name may differ: what nobody saw is an edit, as after a crash.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.experience.mining import Document
from echo_core.places import holds, path_of
from echo_core.records.wire import DocumentOpen

CLOSE_WAITS_MS: Final = 500.0  # an editor sends both halves within milliseconds
SAID_MAX: Final = 256  # renamings that were said and not done yet

Documents = Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A document that was closed, as the log does not know yet."""

    doc: str
    at_ms: int
    steady_ms: float


class Renames:
    """What one front knows of new names."""

    def __init__(self) -> None:
        self.leaving: Leaving | None = None
        self._came = ""  # the document that was opened last
        self._said: OrderedDict[str, str] = OrderedDict()  # the old URI -> the new one

    def say(self, doc: str, to: str) -> None:
        """Somebody says that `doc`, a file or a folder, is now `to`."""
        self._said[doc] = to
        self._said.move_to_end(doc)
        if len(self._said) > SAID_MAX:
            self._said.popitem(last=False)

    def came(self, doc: str) -> None:
        """A document was opened."""
        self._came = doc

    def target(self, doc: str) -> str | None:
        """What `doc` is called now, as somebody said; None where nobody did."""
        for old, new in reversed(self._said.items()):
            to = moved(doc, old, new)
            if to is not None:
                return to
        return None

    def before(self, message: DocumentOpen, documents: Documents) -> str | None:
        """Which document of the log the one that is opened was."""
        place = _place(message.doc)
        for doc in documents:
            target = self.target(doc)
            if doc != message.doc and place in (_place(doc), target and _place(target)):
                return doc
        leaving = self.leaving
        document = None if leaving is None else documents.get(leaving.doc)
        if leaving is None or document is None or leaving.doc == message.doc:
            return None
        same = document.language == message.language and document.text == message.text
        return leaving.doc if same and message.text.strip() else None

    def after(self, doc: str, documents: Documents) -> str | None:
        """Which document, opened before, the one that is closed is now."""
        document = documents.get(doc)
        if document is None or not document.text.strip():  # all empty files are the same
            return None
        target = self.target(doc)
        for other, its in documents.items():
            said = target is not None and _place(other) == _place(target)
            if other == doc or not (said or (other == self._came and _is_gone(doc))):
                continue
            if (its.language, its.text) == (document.language, document.text):
                return other
        return None


def moved(doc: str, old: str, new: str) -> str | None:
    """What `doc` is called when `old`, which is it or holds it, is called `new`; else None."""
    place, root = _place(doc), _place(old)
    if place == root:
        return new
    if not holds(root, place):
        return None
    # Cut from the document's own URI where it can be: escapes are as the editor wrote them.
    rest = doc[len(old.rstrip("/")) :] if doc.startswith(old) else place[len(root) :]
    return new.rstrip("/") + rest


def _place(doc: str) -> str:
    """A document's path: clients escape a URI in different ways."""
    return path_of(doc) or doc


def _is_gone(doc: str) -> bool:
    path = path_of(doc)
    return bool(path) and not Path(path).exists()
