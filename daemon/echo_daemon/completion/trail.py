"""One front's way through its documents: when a place is left, and where that was.

Left out: what is kept of a place that was left (`surroundings`).

Rules
 - A place is left by turning to another document, by going further within one than a window
   reaches, by saving and by closing. Where one edited last counts, else where one looked.
 - Only a person leaves places: what programs edit elsewhere is no visit, and neither is opening.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from echo_core import limits
from echo_core.records.events import Origin
from echo_daemon.completion.surroundings import Surroundings
from echo_daemon.completion.values import Place

FAR_CHARS: Final = limits.HEAD_CHARS_FRESH + limits.TAIL_CHARS_FRESH  # what a fresh window shows
_BY_HAND: Final = frozenset({Origin.TYPED, Origin.ACCEPTED, Origin.PASTED})


class Trail:
    """Told by a front what happens, before the front takes note of it itself."""

    def __init__(
        self, surroundings: Surroundings, opened: Callable[[str], tuple[Place, str] | None]
    ) -> None:
        """`opened`: the place and the text of a document; None where it is not open any more."""
        self._surroundings = surroundings
        self._opened = opened
        self._in_hand = ""

    def turned_to(self, doc: str) -> None:
        """`doc` is the document in hand now."""
        before, self._in_hand = self._in_hand, doc
        if before != doc:
            self.left(before)
            opened = self._opened(before)
            if opened is not None:
                opened[0].edited = None

    def left(self, doc: str) -> None:
        """The place in `doc` is left: it is closed, saved, or not in hand any more."""
        opened = self._opened(doc)
        if opened is None:
            return
        place, text = opened
        at = place.cursor if place.edited is None else place.edited
        if place.spot is not None and (place.visited or place.edited is not None):
            self._surroundings.left(place.spot, text, min(at, len(text)))

    def saved(self, doc: str) -> None:
        """`doc` was saved; where one edited last before is kept."""
        opened = self._opened(doc)
        if opened is not None and opened[0].edited is not None:
            self.left(doc)

    def moved(self, doc: str, offset: int) -> None:
        """The cursor goes to `offset` of `doc`."""
        self.turned_to(doc)
        opened = self._opened(doc)
        if opened is None:
            return
        if abs(offset - opened[0].cursor) > FAR_CHARS:
            self.left(doc)
            opened[0].edited = None
        opened[0].visited = True

    def edited(self, doc: str, origin: Origin, start: int, end: int) -> None:
        """`doc` is about to be edited at `start`; the cursor will stand at `end`."""
        if origin not in _BY_HAND or doc != self._in_hand:
            return
        self.moved(doc, start)
        opened = self._opened(doc)
        if opened is not None:
            opened[0].edited = end
