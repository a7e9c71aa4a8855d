"""What a parser says of a target, as plain values: statements that only speak, handlers, comments.

Left out: parsing (`echo_daemon.structure.particulars`), what any of it means (`debris`,
`compromises`).

Rules
 - Offsets are code points of the target.
 - These hold source text. They live as long as one judgement does, and nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A statement that is nothing but a call."""

    start: int
    end: int
    name: str  # what is called, as it is written, without space: `console.log`, `dbg!`
    literals: tuple[str, ...]  # those among its arguments, without their quotes
    others: tuple[str, ...]  # the other arguments, as they are written


@dataclass(frozen=True, slots=True)
class Handler:
    """What is done where something fails, if that is nothing."""

    start: int
    end: int
    form: str  # the name of its class: "except", "catch", "discard", "promise"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, or lines of comment that stand together."""

    start: int
    end: int
    text: str  # without its marks
    code: bool  # it reads as statements of the language


@dataclass(frozen=True, slots=True)
class Particulars:
    """What there is in a target."""

    read: bool  # False: there is no grammar, and the rest is empty
    calls: tuple[Call, ...] = ()
    handlers: tuple[Handler, ...] = ()
    comments: tuple[Comment, ...] = ()
    strings: tuple[tuple[int, int], ...] = ()

    def code(self, target: str) -> str:
        """The target with comments and strings blanked; as long as it is."""
        pieces: list[str] = []
        last = 0
        prose = [(one.start, one.end) for one in self.comments] + list(self.strings)
        for start, end in sorted(prose):
            if start >= last:
                pieces += [target[last:start], " " * (end - start)]
                last = end
        return "".join(pieces) + target[last:]
