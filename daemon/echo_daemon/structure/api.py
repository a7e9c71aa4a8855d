"""What completion may know of a document's syntax, and nothing of the parser that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.names import Names
from echo_core.judging.checks.particulars import Particulars
from echo_core.judging.checks.syntax import Faults
from echo_core.judging.units import UnitEnd


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
    """Whoever can read the syntax of what was kept. Slower than `Structure`: nobody waits.

    Never raises for what it reads. A language without a grammar gets an answer that says so.
    """

    def unit_ends(
        self, language: str, prefix: str, target: str, suffix: str
    ) -> tuple[UnitEnd, ...]:
        """Where logical units end inside `target`, which stands between the other two.

        In the order of `UnitEnd.order`. A language without a grammar, or a text that is too long
        to be parsed, gets `echo_core.judging.units.plain_ends`.
        """
        ...

    def particulars(self, language: str, prefix: str, target: str, suffix: str) -> Particulars:
        """What the checks have to know of `target` that its text alone does not tell.

        Of a target that was cut, the rest belongs before `suffix` here: without the end of its
        comment, an example in it is read as code.
        """
        ...

    def around(self, case: Case) -> tuple[Faults, Faults]:
        """What is wrong at best without the target, and what the target brings beyond that."""
        ...

    def names(self, case: Case) -> Names:
        """The names that the target uses, and those that the window shows to be there."""
        ...

    def seen(self, language: str, text: str) -> frozenset[str]:
        """Names that a whole file makes, imports or uses: for a window that shows a part of it."""
        ...

    def prose(self, language: str, text: str) -> tuple[tuple[int, int], ...] | None:
        """The spans of comments and strings in `text`, which may be cut out of a file, in order.

        None where nobody can tell.
        """
        ...
