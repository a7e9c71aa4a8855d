"""The live gaps of one document, so that a key costs the same however many are alive.

Two gaps of one text are nested or apart, never half over each other: a gap opens as a point, what
is inserted at its edge is inside both, and between two that are apart stands text that both lean
on. So they are a forest. With a request at each key most of them form long chains, every gap
inside the one before it: a `Burst` (`echo_core.gaps.burst`) is such a chain, and what stands inside
its innermost gap is its `children`.

A gap is kept as how far it starts from the text's beginning and how far it ends from the text's
end. An edit inside changes neither. So a key of the person touches no gap that survives it: those
that hold the edit are the outer part of each chain, the rest ends. An edit beside a burst moves
it whole, by one number that counts for all that is in it. Times are kept alike: by burst, and for
the cursor's absence by ranges of a burst.

Left out: what an edit means to one gap, and when one is due (`echo_core.gaps.life`); several
documents and their order (`echo_core.gaps.index`).

Rules
 - Offsets are code points; those that come in and go out are of the text as it is before the edit.
 - Costs: the depth of the path (one or two bursts), a bisection in a burst, and the number of
   places. A place that the cursor has left lives for 5 s, so places are few; gaps are not.
 - Time never falls: within a chain gaps are ordered by age as they are by place.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable
from operator import itemgetter

from echo_core import limits
from echo_core.gaps.burst import Burst, Held
from echo_core.gaps.life import BREAKS, Break, Ended, Gap, Signal
from echo_core.records.events import Origin
from echo_core.text.edits import Edit

_FIRST = itemgetter(0)


def _place(burst: Burst) -> int:
    return burst.gaps[0].start + burst.start_moved


def _age(ending: tuple[Held, Gap]) -> int:
    return ending[0].seq


class Nest:
    """The live gaps of document `doc`, whose text has `length` characters."""

    def __init__(self, doc: str) -> None:
        self.doc = doc
        self.count = 0  # live gaps
        self.length = 0
        # No gap is due before this. It may be too early, never too late: edits only put a gap's
        # end off, and whoever hastens one says so here.
        self.soonest_ms: float = math.inf
        self._top: list[Burst] = []  # in text order
        self._seq = 0
        self._ending: list[tuple[Held, Gap]] = []

    # --- what happens -----------------------------------------------------------------------

    def open(self, request: str, offset: int, length: int, at_ms: int) -> int | None:
        """Open a gap at `offset`; returns where the innermost gap around it starts, if any."""
        self.length = length
        siblings, burst = self._top, None
        behind = length - offset
        before = offset
        while True:
            inner = self._around(siblings, before, behind)
            if inner is None:
                break
            burst = inner
            before -= burst.start_moved
            behind -= burst.tail_moved
            count = burst.holding(before, behind)
            if count < len(burst.gaps):
                burst.split(count)
            siblings = burst.children
        anchor = limits.GAP_ANCHOR_CHARS
        held = Held(
            self._seq,
            request,
            before,
            behind,
            min(offset, anchor),
            min(length - offset, anchor),
            at_ms,
        )
        self._seq += 1
        self.count += 1
        if self.count == 1:  # a later one is due later
            self.soonest_ms = min(self.soonest_ms, at_ms + limits.GAP_LIFETIME_MS)
        if burst is None or burst.children:
            insort(siblings, Burst([held]), key=_place)
        if burst is None:
            return None
        around = burst.gaps[-1].start + offset - before
        if not burst.children:
            burst.gaps.append(held)
        return around

    def own_edit(self, edit: Edit, origin: Origin, at_ms: int) -> list[Ended]:
        """The person's own edit: what holds it goes on, all else ends."""
        before, behind = edit.start, self.length - edit.end
        siblings, chain = self._top, None
        start_moved = tail_moved = 0
        while siblings:
            inner = self._around(siblings, before, behind)
            for burst in siblings:
                if burst is not inner:
                    self._gather(burst, start_moved, tail_moved)
            if inner is None:
                siblings.clear()
                break
            start_moved += inner.start_moved
            tail_moved += inner.tail_moved
            before -= inner.start_moved
            behind -= inner.tail_moved
            count = inner.holding(before, behind)
            if count < len(inner.gaps):
                inner.split(count)
            siblings = inner.children
            if chain is None:
                chain = inner
            else:  # what is left inside is one chain with what is around it
                chain.take_in(inner, start_moved, tail_moved)
        if chain is not None:
            chain.children = []
            room = self.length + edit.growth - chain.start_moved - chain.tail_moved
            chain.filled(at_ms, room, undone=origin is Origin.UNDONE)
            self._top = [chain]
            self._end_overgrown([chain], edit)
        if not self._ending:
            self.length += edit.growth
            return []
        return self._ended(lambda gap: _end_of(gap.signal(edit, origin)), at_ms, edit.growth)

    def edit_by_others(self, edit: Edit, origin: Origin, at_ms: int) -> list[Ended]:
        """An edit that is not the person's own: what it does not touch goes on, and moves."""
        siblings, path = self._top, list[Burst]()
        start_moved = tail_moved = 0
        while siblings:
            inner = self._beside(siblings, edit, origin, start_moved, tail_moved)
            if inner is None:
                break
            start_moved += inner.start_moved
            tail_moved += inner.tail_moved
            before, behind = edit.start - start_moved, self.length - edit.end - tail_moved
            count = inner.holding(before, behind)
            if count < len(inner.gaps):
                inner.split(count)
            room = self.length + edit.growth - start_moved - tail_moved
            inner.filled(at_ms, room, undone=False)
            path.append(inner)
            siblings = inner.children
        self._end_overgrown(path, edit)
        return self._ended(lambda gap: _end_of(gap.signal(edit, origin)), at_ms, edit.growth)

    def cursor(self, line_start: int, line_end: int, at_ms: int) -> None:
        """The cursor is on the line `[line_start, line_end]`."""
        self._look(self._top, line_end, self.length - line_start, at_ms)

    def advance(self, at_ms: int) -> list[Ended]:
        """End what is due by `at_ms`; in order of age, each with its own time."""
        self.soonest_ms = math.inf
        late: list[tuple[int, Ended]] = []
        self._top = self._due(self._top, at_ms, 0, 0, late)
        self.count -= len(late)
        return [ended for _, ended in sorted(late, key=_FIRST)]

    def end_oldest(self, at_ms: int) -> list[Ended]:
        """End the oldest gap, which is the outermost of its burst and stands in no other."""
        index = min(range(len(self._top)), key=lambda at: self._top[at].gaps[0].seq)
        burst = self._top[index]
        held = burst.gaps.pop(0)
        self._ending.append((held, self._gap(burst, held, burst.start_moved, burst.tail_moved)))
        self._top[index : index + 1] = burst.standing()
        return self._ended(lambda _: Break.EXPIRED, at_ms)

    def end_all(self, reason: Break, at_ms: int, growth: int = 0) -> list[Ended]:
        """End all gaps for one reason, perhaps for an edit of that growth."""
        for burst in self._top:
            self._gather(burst, 0, 0)
        self._top = []
        return self._ended(lambda _: reason, at_ms, growth)

    # --- what there is ----------------------------------------------------------------------

    def live(self) -> list[Gap]:
        """All gaps, oldest first."""
        for burst in self._top:
            self._gather(burst, 0, 0)
        found, self._ending = sorted(self._ending, key=_age), []
        return [gap for _, gap in found]

    def hull(self) -> tuple[int, int]:
        """A range that holds all gaps; there is at least one."""
        first, last = self._top[0], self._top[-1]
        start = first.gaps[0].start + first.start_moved
        return start, self.length - last.gaps[0].tail - last.tail_moved

    # --- inside -----------------------------------------------------------------------------

    def _around(self, siblings: list[Burst], before: int, behind: int) -> Burst | None:
        """The burst whose outermost gap holds a range, if any: no two do."""
        for burst in siblings:
            outer = burst.gaps[0]
            if (
                outer.start + burst.start_moved <= before
                and outer.tail + burst.tail_moved <= behind
            ):
                return burst
        return None

    def _beside(
        self, siblings: list[Burst], edit: Edit, origin: Origin, start_moved: int, tail_moved: int
    ) -> Burst | None:
        """Move, or end, the bursts that do not hold `edit`; returns the one that does."""
        inner = None
        standing: list[Burst] = []
        for burst in siblings:
            gap = self._gap(
                burst, burst.gaps[0], start_moved + burst.start_moved, tail_moved + burst.tail_moved
            )
            if gap.start <= edit.start and edit.end <= gap.end:
                inner = burst
                standing.append(burst)
                continue
            left = [burst]
            if not _far(gap, edit):
                left = self._touched(burst, edit, origin, start_moved, tail_moved)
            # What is left of a burst that the edit cuts into lies on one side of it.
            for one in left:
                if edit.start < gap.start:
                    one.start_moved += edit.growth
                else:
                    one.tail_moved += edit.growth
            standing += left
        siblings[:] = standing
        return inner

    def _touched(
        self, burst: Burst, edit: Edit, origin: Origin, start_moved: int, tail_moved: int
    ) -> list[Burst]:
        """End those gaps of a burst, none of which holds `edit`, that the edit touches."""
        start_moved += burst.start_moved
        tail_moved += burst.tail_moved
        lives: list[Held] = []
        for number, held in enumerate(burst.gaps):
            gap = self._gap(burst, held, start_moved, tail_moved)
            if _far(gap, edit):  # and so are those inside it
                lives += burst.gaps[number:]
                burst.gaps = lives
                return burst.standing()
            if BREAKS[gap.signal(edit, origin)] is None:
                lives.append(held)
            else:
                self._ending.append((held, gap))
        burst.gaps = lives
        children: list[Burst] = []
        for child in burst.children:
            children += self._touched(child, edit, origin, start_moved, tail_moved)
        burst.children = children
        return burst.standing()

    def _end_overgrown(self, path: list[Burst], edit: Edit) -> None:
        """End those gaps on the path that `edit`, which they hold, makes too long."""
        room = limits.GAP_CHARS_MAX - self.length - edit.growth
        for burst in path:  # at the top: those around it are gone
            over = 0
            beside = burst.start_moved + burst.tail_moved
            for held in burst.gaps:
                if held.start + held.tail + beside + room >= 0:
                    break  # and so do those inside it fit
                gap = self._gap(burst, held, burst.start_moved, burst.tail_moved)
                self._ending.append((held, gap))
                over += 1
            del burst.gaps[:over]
            if burst.gaps:
                return
            at = self._top.index(burst)
            self._top[at : at + 1] = burst.standing()

    def _look(self, siblings: list[Burst], before: int, behind: int, at_ms: int) -> None:
        for burst in siblings:
            reach, back = before - burst.start_moved, behind - burst.tail_moved
            count = burst.holding(reach, back)
            if count == 0 and burst.away and burst.away[0][0] <= burst.gaps[0].seq:
                continue  # left already, with all that is in it
            burst.left_from(count, at_ms)
            if burst.away:
                self.soonest_ms = min(self.soonest_ms, at_ms)
            if burst.children:
                self._look(burst.children, reach, back, at_ms)

    def _due(
        self,
        siblings: list[Burst],
        at_ms: int,
        start_moved: int,
        tail_moved: int,
        late: list[tuple[int, Ended]],
    ) -> list[Burst]:
        """End what is due among `siblings`; returns what stands then, and notes what is next."""
        standing: list[Burst] = []
        for burst in siblings:
            start, tail = start_moved + burst.start_moved, tail_moved + burst.tail_moved
            burst.children = self._due(burst.children, at_ms, start, tail, late)
            for held, when_ms, signal in burst.late(at_ms):
                ended = Ended(self._gap(burst, held, start, tail), _end_of(signal), when_ms)
                late.append((held.seq, ended))
            self.soonest_ms = min(self.soonest_ms, burst.soonest_ms())
            standing += burst.standing()
        return standing

    def _gather(self, burst: Burst, start_moved: int, tail_moved: int) -> None:
        start_moved += burst.start_moved
        tail_moved += burst.tail_moved
        self._ending += [
            (held, self._gap(burst, held, start_moved, tail_moved)) for held in burst.gaps
        ]
        for child in burst.children:
            self._gather(child, start_moved, tail_moved)

    def _gap(self, burst: Burst, held: Held, start_moved: int, tail_moved: int) -> Gap:
        return Gap(
            held.request,
            self.doc,
            held.start + start_moved,
            self.length - held.tail - tail_moved,
            held.prefix_anchor,
            held.suffix_anchor,
            held.opened_at_ms,
            burst.grown_chars(held),
            held.seq <= burst.undone_seq,
        )

    def _ended(self, decide: Callable[[Gap], Break], at_ms: int, growth: int = 0) -> list[Ended]:
        """What has been ending, oldest first; the text has grown since."""
        self.length += growth
        if not self._ending:
            return []
        ending, self._ending = sorted(self._ending, key=_age), []
        self.count -= len(ending)
        return [Ended(gap, decide(gap), at_ms) for _, gap in ending]


def _far(gap: Gap, edit: Edit) -> bool:
    """Whether `edit` is so far from the gap that no anchor, however long, is touched."""
    return (
        gap.start - limits.GAP_ANCHOR_CHARS >= edit.end
        or gap.end + limits.GAP_ANCHOR_CHARS <= edit.start
    )


def _end_of(signal: Signal) -> Break:
    reason = BREAKS[signal]
    assert reason is not None  # noqa: S101 - asked only for what ends a gap
    return reason
