"""Rates, paths and code as a person reads them; filters besides those of all pages.

Rules
 - Code is shown as it is, but for characters that would hide or reorder it on the screen: they
   stand as their names (Trojan Source, CVE-2021-42574), and so do halves of characters, which
   no page can hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from echo_core.sharing.consent import Switch
from echo_core.showing.metrics import Rate
from echo_daemon.inspecting.samples import Span
from echo_daemon.models.progress import size_text
from echo_pages.words import percent

FOLDER_CHARS: Final = 36  # of a folder beside a file's name, in a table

_HIDING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


def rate(one: Rate) -> str:
    """A rate with what it is of, or that there is none."""
    return "none yet" if one.value is None else percent(one.value)


def code(text: str) -> str:
    """Text whose every character can be seen."""
    return _HIDING.sub(_named, text.replace("\r\n", "\n"))


def shorter(folder: str) -> str:
    """The end of a folder's path, where it is long."""
    parts = folder.split("/")
    while len(parts) > 2 and len("/".join(parts)) > FOLDER_CHARS:
        parts = parts[1:]
    kept = "/".join(parts)
    return kept if kept == folder else f"…/{kept}"


def nearest(spans: Sequence[Span], lines: int) -> tuple[Span, ...]:
    """The last so many lines of a text in spans; the first where `lines` is negative."""
    found: list[Span] = []
    wanted, backwards = abs(lines), lines > 0
    for span in reversed(spans) if backwards else spans:
        parts = span.text.split("\n")
        if len(parts) > wanted:
            kept = parts[-wanted:] if backwards else parts[:wanted]
            found.append(replace(span, text="\n".join(kept)))
            break
        wanted -= len(parts) - 1
        found.append(span)
    return tuple(reversed(found)) if backwards else tuple(found)


def _named(found: re.Match[str]) -> str:
    character = found[0]
    return f"⟨{unicodedata.name(character, f'U+{ord(character):04X}')}⟩"


def switch_title(switch: str) -> str:
    """What a switch is called on a page."""
    return _SWITCHES[Switch(switch)]


_SWITCHES: Final = {
    Switch.RECORD: "Recording",
    Switch.CONTRIBUTE: "Contributing samples",
    Switch.HISTORY: "Contributing imported history",
    Switch.METRICS: "Sending metrics",
    Switch.TEACHER_ENDPOINT: "Asking the teacher’s endpoint",
}

FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "code": code,
    "nearest": nearest,
    "rate": rate,
    "shorter": shorter,
    "size": size_text,
    "switch_title": switch_title,
}
