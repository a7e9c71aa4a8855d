"""One look at a page: whose it is, where, and what was asked for.

Rules
 - An address holds numbers and words of our own lists, never a text of a person's.
 - What cannot be understood in an address is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from echo_pages.door import Session

NUMBER_MAX: Final = 1 << 62  # of a row in a store
WORD_CHARS_MAX: Final = 128


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same on all pages of a program."""

    name: str  # the inspector
    motto: str  # beside Echo's name
    again: str  # where a new link comes from
    logs: str  # where a failure is looked up
    menu: tuple[tuple[str, str], ...]  # address and title

    @property
    def title(self) -> str:
        """Whose pages they are."""
        return f"Echo’s {self.name.removeprefix('the ')}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page."""

    frame: Frame
    session: Session
    place: str  # the folder of all pages
    path: str  # the page in it
    asked: Mapping[str, str]  # what stands behind the `?`

    @property
    def menu(self) -> tuple[tuple[str, str, bool], ...]:
        """Address and title of every page of the menu, and whether we are there."""
        here = f"/{self.path.split('/')[1]}"
        return tuple((self.to(path), title, path == here) for path, title in self.frame.menu)

    def to(self, path: str, **asked: object) -> str:
        """The address of a page; what is empty is not asked for."""
        wanted = {name: value for name, value in asked.items() if value}
        return f"{self.place}{path}" + (f"?{urlencode(wanted)}" if wanted else "")

    def number(self, name: str, most: int = NUMBER_MAX) -> int:
        """A number that was asked for; 0 where there is none."""
        text = self.asked.get(name, "")
        return min(int(text), most) if re.fullmatch("[0-9]{1,18}", text) else 0

    def word(self, name: str) -> str:
        """A word that was asked for."""
        return self.asked.get(name, "")[:WORD_CHARS_MAX]
