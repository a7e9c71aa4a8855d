"""What became of what was kept: looks at a gap's text after the gap broke.

A sample says what stood in a gap when it broke. Whether that was any good shows later: after 15
seconds, after ten minutes, when the file is saved, in the commit. Each of these moments is a
`Look`, made once a gap: how much of what was kept, and of what was accepted, still stands.

Left out: how a gap lives and breaks (`echo_core.gaps.life`), how texts are compared
(`echo_core.experience.anchors.Matcher`), who tells what happened outside.

Rules
 - Nothing but events and time goes in; a look that time makes is dated when it was due, with the
   text that stood there then. So what is looked at live is what a rebuild looks at.
 - While a document is open, a place is mapped through every edit. It is searched for by content
   only when it was not: after a restart, a reload, a move by cutting and pasting; or in a commit.
 - Lost is said only where it was looked for. While another branch is checked out, what is not
   there is elsewhere: a branch switch rejects nothing.
 - What a process forgets when it ends, it forgets at `Mark.RESUMED`: a rebuild, too, searches then
   for what it had followed (`echo_core.experience.followed` says which gaps these are).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from echo_core.experience.anchors import Found, Matcher, find
from echo_core.experience.followed import Followed, Following
from echo_core.experience.heads import Heads, folder
from echo_core.experience.looks import TIMED, Look, Moment, Place
from echo_core.experience.mining import Document, Mined
from echo_core.experience.sample import Sample
from echo_core.records.events import (
    Committed,
    CursorMoved,
    Edited,
    Event,
    HeadMoved,
    Mark,
    Marked,
    Opened,
    Origin,
    Renamed,
    Requested,
    Saved,
)
from echo_core.text.line_ends import like

FOLLOW_MS_MAX = 30 * 86_400_000  # as long as raw events are kept by default
SEARCH_TEXT_CHARS_MAX = 200_000  # one search for something similar: 4 ms
SEARCHES_MAX = 16  # for something similar, at one event
IN_FILE_RATE = 0.5  # of what was kept; with less of it the code is another
IN_FILE_CHARS = 8  # a shorter piece stands in any file


_Documents: TypeAlias = Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Before:
    """What the store knows of a gap that broke before this process began."""

    sample: Sample
    saved: bool = False  # it was looked at when its document was saved
    told: bool = False  # a commit told all about it


class Kept:
    """All followed gaps, of all sessions."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._heads = Heads()
        self._all = Following()
        self._sessions: dict[str, _Documents] = {}
        self._due: list[tuple[int, int, Moment, Followed]] = []
        self._tickets = 0
        self._searches = 0  # for something similar, left at this event

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, request: str) -> bool:
        return request in self._all

    @property
    def soonest_ms(self) -> float:
        """Time brings no look before this; it may be too early, never too late."""
        return self._due[0][0] if self._due else math.inf

    def begin(self, session: str, documents: _Documents) -> None:
        """A session whose open documents are those of `documents`, now and later."""
        self._sessions[session] = documents

    def end(self, session: str) -> None:
        """A session ended; what was open in it may come back."""
        self._sessions.pop(session, None)
        for followed in self._all:
            if followed.owner == session:
                self._rest(followed)

    def docs(self) -> list[str]:
        """The documents of which something is followed."""
        return self._all.docs()

    def follows(self, doc: str) -> bool:
        """Whether something of `doc` is followed."""
        return self._all.has(doc)

    def is_open(self, doc: str) -> bool:
        """Whether `doc` is open in a session."""
        return any(doc in documents for documents in self._sessions.values())

    def followed_in(self, repo: str) -> list[str]:
        """The documents beneath the folder `repo` of which something is followed."""
        return [doc for doc in self._all.docs() if doc.startswith(folder(repo))]

    def head(self, repo: str) -> HeadMoved | None:
        """Where the head of the repository at `repo` was last told to be."""
        return self._heads.last(repo)

    def restore(self, before: Iterable[Before], moves: Iterable[HeadMoved | Renamed]) -> None:
        """Follow what an earlier process followed, by age; `moves` as they came."""
        gaps = iter(before)
        gap = next(gaps, None)
        for move in moves:
            while gap is not None and gap.sample.broken_at_ms <= move.at_ms:
                self._restore(gap)
                gap = next(gaps, None)
            if isinstance(move, HeadMoved):
                self._heads.moved(move)
            else:
                self._all.rename(move.doc, move.to)
        if gap is not None:
            for one in (gap, *gaps):
                self._restore(one)

    def _restore(self, gap: Before) -> None:
        followed = self._all.add(gap.sample, told=gap.told)
        if followed is not None:
            followed.saved = gap.saved

    def forget(self) -> None:
        """Follow nothing any more: what it came from was deleted."""
        self._all.clear()
        self._due.clear()
        self._heads = Heads()

    # --- what the fold tells (`echo_core.experience.fold`)
    # ----------------------------------------------

    def broke(self, session: str, mined: Iterable[Mined]) -> None:
        """Gaps broke in `session`, whose documents are as they were just before."""
        for one in mined:
            if one.sample is None:
                continue
            followed = self._all.add(one.sample)
            if followed is not None and one.doc in self._sessions.get(session, ()):
                followed.owner = session
                followed.start = one.start
                followed.end = one.start + len(one.sample.target)
                self._schedule(followed, one.broken_at_ms)

    def advance(self, at_ms: int) -> list[Look]:
        """Let time pass up to and including `at_ms`; the documents are as they were until then."""
        looks: list[Look] = []
        self._searches = SEARCHES_MAX
        while self._due and self._due[0][0] <= at_ms:
            when, ticket, moment, followed = heapq.heappop(self._due)
            text = self._text(followed)
            if ticket == followed.ticket and text is not None:
                looks += self._look(followed, moment, when, text)
                self._schedule(followed, when)
        return looks

    def closing(self, session: str, doc: str, at_ms: int) -> list[Look]:
        """`doc` is about to be closed in `session`."""
        looks: list[Look] = []
        for followed in self._owned(session, doc):
            text = self._sessions[session][doc].text
            looks += self._look(followed, Moment.CLOSED, at_ms, text)
            self._rest(followed)
        return looks

    def feed(self, session: str, event: Event, mined: Sequence[Mined]) -> list[Look]:
        """Take an event that the session's documents took already, and the gaps that it broke."""
        looks: list[Look] = []
        self._searches = SEARCHES_MAX
        match event:
            case Edited():
                self._edited(session, event, mined)
                if event.origin is Origin.UNSEEN:
                    known = not event.edits
                    looks = self._opened(session, event.doc, event.at_ms, known=known)
                return looks
            case Requested() | CursorMoved():
                pass
            case Opened():
                looks = self._opened(session, event.doc, event.at_ms)
            case Saved():
                looks = self._saved(session, event)
            case HeadMoved():
                self._heads.moved(event)
            case Committed():
                for followed in self._all.newest(event.doc):
                    looks += self._committed(followed, event)
            case Renamed():
                self._all.rename(event.doc, event.to)
                looks = self._opened(session, event.to, event.at_ms, known=True)
            case Marked(what=Mark.RESUMED):
                self._resumed(event.at_ms)
            case _:
                pass
        if mined:
            self.broke(session, mined)
        return looks

    # --- events -----------------------------------------------------------------------------

    def _edited(self, session: str, event: Edited, mined: Sequence[Mined]) -> None:
        external = event.origin is Origin.EXTERNAL
        here: list[Mined] = []
        if mined:
            self.broke(session, [one for one in mined if one.doc != event.doc])
            here = [one for one in mined if one.doc == event.doc]
        for number, edit in enumerate(event.edits):
            if here:
                self.broke(session, [one for one in here if one.edits_before == number])
            self._all.edited(session, event.doc, edit, external=external)
        if external:
            for followed in reversed(self._owned(session, event.doc)):
                if followed.torn or followed.place is Place.LOST:
                    self._search(followed, self._sessions[session][event.doc].text)

    def _opened(self, session: str, doc: str, at_ms: int, *, known: bool = False) -> list[Look]:
        """`doc` came. `known`: what is followed in this session stands where it stood."""
        document = self._sessions[session].get(doc)
        looks: list[Look] = []
        if document is None:
            return looks
        for followed in self._all.newest(doc):  # what may be searched is first for the newest
            if known and followed.owner == session:
                continue
            if at_ms - followed.sample.broken_at_ms > FOLLOW_MS_MAX:
                self._all.drop(followed)
                continue
            followed.owner = session
            self._search(followed, document.text)
            looks += self._look(followed, Moment.OPENED, at_ms, document.text)
            self._schedule(followed, at_ms)
        return looks

    def _resumed(self, at_ms: int) -> None:
        """A process began: it knows what stands in the store, and nothing of what was open."""
        for followed in self._all:
            self._rest(followed)
            if at_ms - followed.sample.broken_at_ms > FOLLOW_MS_MAX:
                self._all.drop(followed)

    def _saved(self, session: str, event: Saved) -> list[Look]:
        looks: list[Look] = []
        for followed in self._owned(session, event.doc):
            if not followed.saved:
                text = self._sessions[session][event.doc].text
                seen = self._look(followed, Moment.SAVED, event.at_ms, text)
                followed.saved = bool(seen)
                looks += seen
        return looks

    def _committed(self, followed: Followed, event: Committed) -> list[Look]:
        if followed.committed:
            return []
        text = self._text(followed)
        stands = "" if text is None or followed.place is Place.LOST else self._now(followed, text)
        held = like(event.text, followed.anchors.whole if text is None else text)
        if text == held:  # what is mapped is better than what is found
            looks = self._look(followed, Moment.COMMITTED, event.at_ms, held)
        else:
            seen = replace(followed)
            self._search(seen, held)
            looks = self._look(seen, Moment.COMMITTED, event.at_ms, held)
        decided = any(look.place is not Place.ELSEWHERE for look in looks)
        if decided and not looks[0].in_file and stands:
            return []  # it stands in the editor, and was left out of this commit
        if decided:
            followed.committed = True
            if followed.ticket == 0:
                self._all.drop(followed)
        return looks

    # --- looking ----------------------------------------------------------------------------

    def _look(self, followed: Followed, moment: Moment, at_ms: int, text: str) -> list[Look]:
        """The look at `followed` in `text`; none where nobody could afford to search."""
        sample = followed.sample
        target = sample.target
        now = self._now(followed, text)
        kept = self._common(target, now)
        if kept < IN_FILE_RATE * len(target):
            moved = find(followed.anchors, text, None)  # cut and pasted, perhaps
            if moved is not None:
                self._all.settle(sample.doc)
                self._stand(followed, moved)
                now = self._now(followed, text)
                kept = self._common(target, now)
        if not followed.searched:
            return []
        in_file = kept >= IN_FILE_RATE * len(target)
        if not in_file:
            bare = target.strip()
            in_file = len(bare) >= IN_FILE_CHARS and bare in text
        place = followed.place
        if not in_file and self._heads.changed(sample.doc, sample.broken_at_ms, at_ms):
            place = Place.ELSEWHERE
        if place in (Place.LOST, Place.ELSEWHERE):
            now, kept = "", 0
        differs = moment is Moment.COMMITTED and now != target
        accepted = self._matcher.common(sample.proposal, now) if sample.kept_chars else 0
        look = Look(
            request=sample.request,
            moment=moment,
            at_ms=at_ms,
            place=place,
            confidence=0.0 if place is Place.LOST else followed.confidence,
            target_chars=len(target),
            kept_chars=kept,
            accepted_chars=sample.kept_chars,
            accepted_kept_chars=min(accepted, sample.kept_chars),
            now_chars=len(now),
            distance=0 if now == target else self._matcher.distance(target, now),
            in_file=in_file,
            text=now if differs else "",
        )
        return [look]

    def _common(self, target: str, now: str) -> int:
        return len(target) if now == target else self._matcher.common(target, now)

    @staticmethod
    def _now(followed: Followed, text: str) -> str:
        start, end = followed.span
        return "" if followed.place is Place.LOST else text[start:end]

    def _search(self, followed: Followed, text: str) -> None:
        """Find the place anew in `text`."""
        followed.torn = False
        found = find(followed.anchors, text, None)
        followed.searched = True
        if found is None:
            followed.searched = self._searches > 0 and len(text) <= SEARCH_TEXT_CHARS_MAX
            if followed.searched:
                self._searches -= 1
                found = find(followed.anchors, text, self._matcher)
        if found is None:
            followed.place, followed.confidence = Place.LOST, 0.0
        else:
            self._stand(followed, found)

    @staticmethod
    def _stand(followed: Followed, found: Found) -> None:
        followed.start, followed.end, followed.confidence = found
        followed.place, followed.searched = Place.FOUND, True

    # --- their lives -----------------------------------------------------------------------

    def _rest(self, followed: Followed) -> None:
        """Its document left the editor; a commit or another opening may still tell."""
        followed.ticket, followed.owner = 0, ""
        if followed.committed:
            self._all.drop(followed)

    def _schedule(self, followed: Followed, after_ms: int) -> None:
        """The next timed look after that time; after the last one a commit may have told all."""
        began = followed.sample.broken_at_ms
        coming = ((began + wait_ms, moment) for wait_ms, moment in TIMED)
        due = next((one for one in coming if one[0] > after_ms), None)
        if due is None:
            followed.ticket = 0
            if followed.committed:
                self._all.drop(followed)
            return
        self._tickets += 1
        followed.ticket = self._tickets
        heapq.heappush(self._due, (due[0], self._tickets, due[1], followed))

    def _owned(self, session: str, doc: str) -> list[Followed]:
        return [one for one in self._all.of(doc) if one.owner == session]

    def _text(self, followed: Followed) -> str | None:
        """The text of its document, where that is open."""
        document = self._sessions.get(followed.owner, {}).get(followed.sample.doc)
        return None if document is None else document.text
