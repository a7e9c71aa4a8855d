"""What completion may know of a document's syntax, and nothing of the parser that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Scope(StrEnum):
    """How much is welcome at the cursor."""

    LINE = "line"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Advice:
    """What stands at the cursor. Code inside of a string (an f-string's braces) is no string."""

    scope: Scope
    comment: bool
    string: bool


class Structure(Protocol):
    """Whoever can read syntax."""

    def advise(self, language: str, text: str, offset: int) -> Advice:
        """What stands at `offset` of `text`, a document with an LSP language id. Never raises."""
        ...

    def scope(self, language: str, text: str, offset: int) -> Scope:
        """As `advise(...).scope`, which costs nothing at most keys, and `advise` a parse at all."""
        ...

    def outline(self, language: str, text: str, before: int) -> str:
        """Imports and heads of definitions above `before`; "" where nothing is known of them.

        Lines, without a line end behind the last. Never raises.
        """
        ...


class Parsing(Protocol):
    """Whoever can read the syntax of what was kept. Slower than `Structure`: nobody waits."""

    def prose(self, language: str, text: str) -> tuple[tuple[int, int], ...] | None:
        """The spans of comments and strings in `text`, which may be cut out of a file, in order.

        None where nobody can tell. Never raises.
        """
        ...
