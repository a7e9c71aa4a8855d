"""The broken gaps that are followed: which they are, and where each stands.

Left out: when one is looked at and what is seen (`echo_core.experience.kept`).

Rules
 - Followed are, of each document, the newest FOLLOWED_DOC_MAX gaps that kept something, and of all
   documents the newest FOLLOWED_MAX; less those that a commit has told all about. An older gap
   never keeps a newer one out, so a rebuild that begins later follows the same.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from echo_core.experience.anchors import ANCHOR_CHARS, Anchors
from echo_core.experience.looks import Place
from echo_core.experience.sample import Sample
from echo_core.text.edits import Edit, Side, map_offset

FOLLOWED_DOC_MAX = 256  # mapped at every edit: 0.08 ms of a keystroke above all of them
FOLLOWED_MAX = 4096  # 2 KB each, and a search each when their file comes back


NEAR_CHARS = 500  # on each side of an edit: typing goes on for a while within that


@dataclass(slots=True, eq=False)
class Followed:
    """A broken gap that is followed."""

    sample: Sample
    anchors: Anchors
    owner: str = ""  # the session in which its document is open; empty: it rests
    start: int = 0  # of the place, where it is neither resting nor lost
    end: int = 0
    place: Place = Place.FOLLOWED
    confidence: float = 1.0
    searched: bool = True  # False: lost only because nobody could afford to look
    torn: bool = False  # an edit from outside went through it
    saved: bool = False
    committed: bool = False
    ticket: int = 0  # of its next timed look
    zone: Zone | None = None  # that has moved it, so far as nobody asked

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands."""
        moved = 0 if self.zone is None else self.zone.moved
        return self.start + moved, self.end + moved

    def take(self, edit: Edit, external: bool) -> None:
        """Map the place through an edit that touches it; what comes at an edge stays outside."""
        if external and edit.start < self.end and self.start < edit.end:
            self.torn = True
        self.start = map_offset(self.start, edit, Side.AFTER)
        self.end = max(self.start, map_offset(self.end, edit, Side.BEFORE))


class Zone:
    """A stretch of a document in which edits come, and what they do to the places around it.

    What ends before it stays, what begins behind it moves by one number for all: a key costs what
    stands near it, not what is followed.
    """

    __slots__ = ("_after", "_high", "_low", "_near", "_session", "moved")

    def __init__(self, places: list[Followed], session: str, edit: Edit) -> None:
        self.moved = 0
        self._session = session
        self._low: float = 0
        self._high: float = math.inf
        self._near: list[Followed] = []
        self._after: list[Followed] = []
        for one in places:
            if one.owner != session:
                continue
            if one.end < edit.start - NEAR_CHARS:
                self._low = max(self._low, one.end + 1)
            elif one.start > edit.end + NEAR_CHARS:
                self._high = min(self._high, one.start - 1)
                self._after.append(one)
                one.zone = self
            else:
                self._near.append(one)

    def holds(self, session: str, edit: Edit) -> bool:
        """Whether `edit` lies in it."""
        return session == self._session and self._low <= edit.start and edit.end <= self._high

    def take(self, edit: Edit, external: bool) -> None:
        """Map the places through an edit that lies in it."""
        growth = edit.growth
        self.moved += growth
        self._high += growth
        for one in self._near:
            if one.end < edit.start:
                continue
            if edit.end < one.start:
                one.start += growth
                one.end += growth
            else:
                one.take(edit, external)

    def settle(self) -> None:
        """Let each place know where it stands."""
        for one in self._after:
            one.start, one.end = one.span
            one.zone = None


class Following:
    """All of them, by document and by age."""

    def __init__(self) -> None:
        self._by_doc: dict[str, list[Followed]] = {}
        self._order: dict[str, Followed] = {}  # by request, in the order in which they broke
        # The requests of the newest gaps, followed or told all about.
        self._newest: dict[str, deque[str]] = {}
        self._zones: dict[str, Zone] = {}
        self._newest_of_all: deque[tuple[str, str]] = deque()  # with their documents

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Followed]:
        return iter(list(self._order.values()))

    def __contains__(self, request: str) -> bool:
        return request in self._order

    def docs(self) -> list[str]:
        """The documents of which something is followed."""
        return list(self._by_doc)

    def has(self, doc: str) -> bool:
        """Whether something of this document is followed."""
        return doc in self._by_doc

    def of(self, doc: str) -> list[Followed]:
        """Those of one document, oldest first; the list itself."""
        self.settle(doc)
        return self._by_doc.get(doc, [])

    def newest(self, doc: str) -> list[Followed]:
        """Those of one document, the newest first."""
        return self.of(doc)[::-1]

    def edited(self, session: str, doc: str, edit: Edit, *, external: bool) -> None:
        """Map what is followed in a session's document through an edit."""
        zone = self._zones.get(doc)
        if zone is None or not zone.holds(session, edit):
            if doc not in self._by_doc:
                return
            zone = self._zones[doc] = Zone(self.of(doc), session, edit)
        zone.take(edit, external)

    def settle(self, doc: str) -> None:
        """Let each place of a document know where it stands, before one is put elsewhere."""
        zone = self._zones.pop(doc, None)
        if zone is not None:
            zone.settle()

    def add(self, sample: Sample, *, told: bool = False) -> Followed | None:
        """Follow the sample of a gap that just broke; nothing where nothing was kept.

        `told`: a commit told all about it, and it only takes its place among the newest.
        """
        if sample.is_void:
            return None
        anchors = Anchors(
            sample.prefix[-ANCHOR_CHARS:], sample.target, sample.suffix[:ANCHOR_CHARS]
        )
        # The sample's context is 12,000 characters; the anchors are all of it that is needed.
        followed = Followed(replace(sample, prefix="", suffix=""), anchors)
        doc, request = sample.doc, sample.request
        self.settle(doc)
        if not told:
            self._order[request] = followed
            self._by_doc.setdefault(doc, []).append(followed)
        self._newest.setdefault(doc, deque()).append(request)
        self._newest_of_all.append((request, doc))
        self._trim(doc)
        return None if told else followed

    def drop(self, followed: Followed) -> None:
        """Follow this one no more; it keeps its place among the newest."""
        followed.ticket, followed.owner = 0, ""
        doc = followed.sample.doc
        del self._order[followed.sample.request]
        self._by_doc[doc].remove(followed)
        if not self._by_doc[doc]:
            del self._by_doc[doc]

    def rename(self, doc: str, to: str) -> None:
        """A document has another name."""
        self.settle(doc)
        self.settle(to)
        moved = self._by_doc.pop(doc, [])
        for followed in moved:
            followed.sample = replace(followed.sample, doc=to)
        newest = self._newest.pop(doc, deque())
        known = {*newest, *self._newest.get(to, ())}
        self._newest_of_all = deque(
            (request, to if at == doc else at) for request, at in self._newest_of_all
        )
        if moved or to in self._by_doc:
            there = {id(one) for one in (*moved, *self.of(to))}
            self._by_doc[to] = [one for one in self._order.values() if id(one) in there]
        if known:
            self._newest[to] = deque(
                request for request, _ in self._newest_of_all if request in known
            )
            self._trim(to)

    def clear(self) -> None:
        """Follow nothing any more."""
        self._zones.clear()
        self._by_doc.clear()
        self._order.clear()
        self._newest.clear()
        self._newest_of_all.clear()

    def _trim(self, doc: str) -> None:
        newest = self._newest[doc]
        while len(newest) > FOLLOWED_DOC_MAX:
            self._old(newest.popleft())
        while len(self._newest_of_all) > FOLLOWED_MAX:
            request, its = self._newest_of_all.popleft()
            requests = self._newest.get(its)
            if requests and requests[0] == request:
                requests.popleft()
                if not requests:
                    del self._newest[its]
            self._old(request)

    def _old(self, request: str) -> None:
        followed = self._order.get(request)
        if followed is not None:
            self.drop(followed)
