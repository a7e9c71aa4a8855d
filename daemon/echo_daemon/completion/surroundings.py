"""Where a person just was: what is remembered of other places, for the prompts of this one.

A workspace is what one set of root folders holds; each has a ring of its own, and what was seen in
one never shows in another. Rings live in memory, as long as the daemon.

Left out: what a chunk is and how a ring grows (`echo_core.completion.context`), when a person
leaves a place (`echo_daemon.front`).

Rules
 - Only what lies open in an editor gets in: no file is read here.
 - Nothing of documents in which completion is off, and of those that hold secrets by their name.
 - Labels are relative to the root that a document lies in; a document outside has its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from echo_core import limits
from echo_core.completion.context import NO_CONTEXT, Chunk, Context, Ring, chunk_at, context_at
from echo_core.completion.window import Window
from echo_daemon.structure.api import Structure

WORKSPACES_MAX: Final = 16  # that were used last; each holds a few thousand characters

# What people keep keys and passwords in. A name is no proof, but these are hardly ever code.
_SECRET: Final = re.compile(
    r"(?i)^(\.env(\..*)?|.*\.env|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.htpasswd|id_[a-z0-9]+"
    r"|.*\.(pem|key|p12|pfx|jks|kdbx|ovpn|asc|gpg|age)|.*(secret|credential|password)s?(\..*)?)$"
)
_PROSE: Final = frozenset(
    {"plaintext", "git-commit", "git-rebase", "scminput", "dotenv", "log", "diff", "csv"}
)


class Workspace:
    """The ring of one set of roots."""

    def __init__(self, roots: Iterable[str], chars_max: int) -> None:
        """`roots` are URIs of folders."""
        self._roots = sorted({root.rstrip("/") for root in roots if root}, key=len, reverse=True)
        self.name = _name(self._roots[-1]) if self._roots else ""
        self.ring = Ring(chars_max)

    def label(self, doc: str) -> str:
        """The relative path of a document, or its name."""
        for root in self._roots:
            if doc.startswith(f"{root}/"):
                return _tidy(unquote(doc[len(root) + 1 :]))
        return _name(doc)


@dataclass(frozen=True, slots=True)
class Spot:
    """A document in its workspace."""

    workspace: Workspace
    doc: str
    language: str

    def here(self, tokens_max: int) -> Context:
        """The document's context, as long as there is nothing to show."""
        workspace = self.workspace
        return Context(
            workspace.name, workspace.label(self.doc), self.language, tokens_max=tokens_max
        )

    def note(self, text: str, offset: int) -> None:
        """Put what stands around `offset` into the ring, unless it must not be there."""
        if self.language in _PROSE or _SECRET.match(_name(self.doc)):
            return
        piece = chunk_at(text, offset)
        if piece:
            chunk = Chunk(self.workspace.label(self.doc), self.language, piece)
            self.workspace.ring = self.workspace.ring.added(chunk)


class Surroundings:
    """What is shown besides windows, for all workspaces of the daemon."""

    def __init__(
        self, structure: Structure, tokens_max: int, disabled_languages: frozenset[str]
    ) -> None:
        """`tokens_max` 0: nothing is remembered, and nothing shown."""
        self._structure = structure
        self._tokens_max = tokens_max
        self._disabled = disabled_languages
        self._workspaces: dict[frozenset[str], Workspace] = {}

    def workspace(self, roots: Iterable[str]) -> Workspace:
        """The workspace of `roots`; one of its own for who names none."""
        key = frozenset(root for root in roots if root)
        found = self._workspaces.pop(key, None) if key else None
        if found is None:
            found = Workspace(key, _ring_room(self._tokens_max))
        if key:
            self._workspaces[key] = found
            while len(self._workspaces) > WORKSPACES_MAX:
                del self._workspaces[next(iter(self._workspaces))]
        return found

    def left(self, spot: Spot, text: str, offset: int) -> None:
        """A person was at `offset` of `text`, and is somewhere else now."""
        if self._tokens_max and spot.language not in self._disabled:
            spot.note(text, offset)

    def at(self, spot: Spot, text: str, offset: int, window: Window) -> Context:
        """What is shown besides `window`, which is the one at `offset` of `text`."""
        if not self._tokens_max:
            return NO_CONTEXT
        above = offset - len(window.tail) - len(window.head)
        outline = self._structure.outline(spot.language, text, above)
        shown = window.head + window.tail + window.suffix
        return context_at(spot.workspace.ring, spot.here(self._tokens_max), outline, shown)


def _ring_room(tokens_max: int) -> int:
    """The characters of the budget that are left for other places; the outline comes first."""
    room = tokens_max * limits.CONTEXT_CHARS_PER_TOKEN - limits.OUTLINE_CHARS_MAX
    return room if room >= limits.CHUNK_CHARS_MAX else 0


def _name(uri: str) -> str:
    return _tidy(unquote(uri.rstrip("/").rpartition("/")[2]).rpartition("\\")[2])


def _tidy(label: str) -> str:
    """A label is one line, whatever a file is called."""
    return " ".join(label.split())
