"""Which language really stands at the cursor of an HTML, Vue or Svelte document.

There is no wheel with a Vue grammar, and Svelte's does not read the scripts within. So the script
or style sheet around the cursor is found by its tags and read by its own grammar; the rest is
read as HTML.

Left out: parsing.

Rules
 - Tags in comments and strings count as tags. What that costs is a plain rule for one request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

HOSTS: Final = frozenset({"html", "svelte", "vue"})

_OPEN = re.compile(r"<(script|style)\b([^<>]*)>", re.IGNORECASE)
_LANGUAGE = re.compile(r"""\b(?:lang|type)\s*=\s*["']?(?:text/|application/)?([\w.-]+)""")
_SCRIPTS: Final = {"ts": "typescript", "tsx": "typescriptreact", "jsx": "javascriptreact"}
_NAMED: Final = {"typescript": "typescript", "javascript": "javascript", "module": "javascript"}
SCRIPTS_MAX: Final = 16  # of one document; Vue and Svelte have two
_STYLES: Final = {"css": "css", "postcss": "css"}


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a document, in code points, and the language id to read it by ("" for none)."""

    language: str
    start: int
    end: int


def region(language: str, text: str, offset: int) -> Region:
    """The region around `offset`; the whole text where the language hosts no other."""
    if language not in HOSTS:
        return Region(language, 0, len(text))
    found = None
    for tag in _OPEN.finditer(text):
        if tag.end() > offset:
            break
        found = tag
    if found is not None:
        kind = found.group(1).lower()
        closing = re.compile(f"</{kind}", re.IGNORECASE).search(text, found.end())
        end = closing.start() if closing else len(text)
        if offset <= end:
            return Region(_inner(kind, found.group(2)), found.end(), end)
    return Region("html", 0, len(text))


def scripts(language: str, text: str) -> list[Region]:
    """All scripts of a document that hosts them; the whole text where its language hosts none."""
    if language not in HOSTS:
        return [Region(language, 0, len(text))]
    found: list[Region] = []
    at = 0
    while len(found) < SCRIPTS_MAX and (tag := _OPEN.search(text, at)) is not None:
        inside = region(language, text, tag.end())
        at = max(tag.end(), inside.end)
        if tag.group(1).lower() == "script":
            found.append(inside)
    return found


def _inner(kind: str, attributes: str) -> str:
    named = _LANGUAGE.search(attributes)
    name = named.group(1).lower() if named else ""
    if kind == "style":
        return _STYLES.get(name or "css", "")
    return _SCRIPTS.get(name) or _NAMED.get(name or "javascript", "")
