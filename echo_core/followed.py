"""The broken gaps that are followed: which they are, and where each stands.

Left out: when one is looked at and what is seen (`echo_core.kept`).

Rules
 - Followed are, of each document, the newest FOLLOWED_DOC_MAX gaps that kept something, and of all
   documents the newest FOLLOWED_MAX; less those that a commit has told all about. An older gap
   never keeps a newer one out, so a rebuild that begins later follows the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from echo_core.anchors import ANCHOR_CHARS, Anchors
from echo_core.edits import Edit, Side, map_offset
from echo_core.looks import Place
from echo_core.sample import Sample

FOLLOWED_DOC_MAX = 256  # mapped at every edit: 0.08 ms of a keystroke above all of them
FOLLOWED_MAX = 4096  # 2 KB each, and a search each when their file comes back


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

    def take(self, edit: Edit, external: bool) -> None:
        """Map the place through an edit that touches it; what comes at an edge stays outside."""
        if external and edit.start < self.end and self.start < edit.end:
            self.torn = True
        self.start = map_offset(self.start, edit, Side.AFTER)
        self.end = max(self.start, map_offset(self.end, edit, Side.BEFORE))


class Following:
    """All of them, by document and by age."""

    def __init__(self) -> None:
        self._by_doc: dict[str, list[Followed]] = {}
        self._order: dict[str, Followed] = {}  # by request, in the order in which they broke
        # The requests of the newest gaps, followed or told all about.
        self._newest: dict[str, deque[str]] = {}
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

    def of(self, doc: str) -> list[Followed]:
        """Those of one document, oldest first; the list itself."""
        return self._by_doc.get(doc, [])

    def newest(self, doc: str) -> list[Followed]:
        """Those of one document, the newest first."""
        return self._by_doc.get(doc, [])[::-1]

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
