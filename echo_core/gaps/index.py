"""The live gaps of one session, over all its documents.

Left out: what happens inside one document (`echo_core.gaps.nest`), what an edit means to a gap
(`echo_core.gaps.life`).

Rules
 - What one event ends comes out in the order in which the documents had their first gap, and of
   one document the oldest first; what time ends, in the order of time.
 - A gap that ended leaves the index: nothing here grows with history.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from echo_core import limits
from echo_core.gaps.life import OWN, Break, Ended, Gap
from echo_core.gaps.nest import Nest
from echo_core.records.events import Origin
from echo_core.text.edits import Edit


class Begun(NamedTuple):
    """A gap opened."""

    ended: list[Ended]  # what had to end for it: the oldest gap, when too many are alive
    around: int | None  # where the innermost gap around it starts, if it stands in one


class Gaps:
    """The live gaps of one session."""

    def __init__(self) -> None:
        self._nests: dict[str, Nest] = {}
        self._count = 0
        # Time ends no gap before this; it may be too early, never too late: as `Nest.soonest_ms`.
        self.soonest_ms: float = math.inf

    def __len__(self) -> int:
        return self._count

    def count(self, doc: str) -> int:
        """How many gaps are alive in `doc`."""
        nest = self._nests.get(doc)
        return nest.count if nest is not None else 0

    def live(self, doc: str) -> list[Gap]:
        """The live gaps of `doc` as they are now, oldest first."""
        nest = self._nests.get(doc)
        return nest.live() if nest is not None else []

    def hull(self, doc: str) -> tuple[int, int] | None:
        """A range that holds all live gaps of `doc`; None where there is none."""
        nest = self._nests.get(doc)
        return nest.hull() if nest is not None and nest.count else None

    def open(self, request: str, doc: str, offset: int, length: int, at_ms: int) -> Begun:
        """Open a gap at `offset` of a document of `length` characters."""
        nest = self._nests.get(doc)
        if nest is None:
            nest = self._nests[doc] = Nest(doc)
        ended: list[Ended] = []
        if nest.count >= limits.GAPS_LIVE_MAX:
            ended = self._less(nest.end_oldest(at_ms))
        around = nest.open(request, offset, length, at_ms)
        self._count += 1
        self.soonest_ms = min(self.soonest_ms, nest.soonest_ms)
        return Begun(ended, around)

    def edited(self, doc: str, edit: Edit, origin: Origin, at_ms: int) -> list[Ended]:
        """Take an edit of `doc`; call it before the document's text changes."""
        nest = self._nests.get(doc)
        ended: list[Ended] = []
        alive = 0
        if nest is not None:
            if origin is Origin.EXTERNAL:
                ended = nest.end_all(Break.REPLACED, at_ms, edit.growth)
            elif origin in OWN:
                ended = nest.own_edit(edit, origin, at_ms)
            else:
                ended = nest.edit_by_others(edit, origin, at_ms)
            self._count -= len(ended)
            alive = nest.count
        if self._count > alive and origin in OWN:
            for other in self._nests.values():
                if other is not nest:
                    ended += self._less(other.end_all(Break.SWITCHED, at_ms))
        return ended

    def cursor(self, doc: str, line_start: int, line_end: int, at_ms: int) -> None:
        """The cursor came to the line of `doc` that starts and ends there."""
        nest = self._nests.get(doc)
        if nest is not None:
            nest.cursor(line_start, line_end, at_ms)
            self.soonest_ms = min(self.soonest_ms, nest.soonest_ms)

    def closed(self, doc: str, at_ms: int) -> list[Ended]:
        """The document was closed."""
        nest = self._nests.pop(doc, None)
        return self._less(nest.end_all(Break.CLOSED, at_ms)) if nest is not None else []

    def replaced(self, doc: str, at_ms: int) -> list[Ended]:
        """The document was opened anew over itself: nothing links the two texts."""
        nest = self._nests.get(doc)
        return self._less(nest.end_all(Break.REPLACED, at_ms)) if nest is not None else []

    def away(self, at_ms: int) -> list[Ended]:
        """The person's own edit of a document that is not known."""
        return self._all(Break.SWITCHED, at_ms)

    def rested(self, at_ms: int) -> list[Ended]:
        """Nobody follows the documents any more."""
        return self._all(Break.REPLACED, at_ms)

    def renamed(self, doc: str, to: str) -> None:
        """A document goes on under another name, under which no gap is alive."""
        self._nests.pop(to, None)
        nest = self._nests.pop(doc, None)
        if nest is not None:
            nest.doc = to
            self._nests[to] = nest

    def advance(self, at_ms: int) -> list[Ended]:
        """Let time pass up to and including `at_ms`."""
        if at_ms < self.soonest_ms:
            return []
        ended: list[Ended] = []
        self.soonest_ms = math.inf
        for nest in self._nests.values():
            if nest.soonest_ms <= at_ms:
                ended += self._less(nest.advance(at_ms))
            self.soonest_ms = min(self.soonest_ms, nest.soonest_ms)
        return sorted(ended, key=lambda end: end.at_ms)

    def _all(self, reason: Break, at_ms: int) -> list[Ended]:
        return [
            end for nest in self._nests.values() for end in self._less(nest.end_all(reason, at_ms))
        ]

    def _less(self, ended: list[Ended]) -> list[Ended]:
        self._count -= len(ended)
        return ended
