"""A burst: live gaps of one document, each inside the one before it, as typing opens them.

A request at each key of a burst of typing opens gaps that end alike and start one after the other.
Whatever happens to one of them happens to all that are around it, or to all that are in it, so a
burst keeps it once: how far edits beside it have moved it, when something was last done inside,
since when the cursor is off the lines of which part of it.

Left out: how bursts stand in a document, and edits (`echo_core.gaps.nest`).

Rules
 - From the outermost gap to the innermost, `start`, `tail` and the time of opening never fall:
   every question of "from which gap on" is a bisection.
 - Time never falls.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter

from echo_core import limits
from echo_core.gaps.life import Signal, due

_START = attrgetter("start")
_TAIL = attrgetter("tail")
_SEQ = attrgetter("seq")
_OPENED = attrgetter("opened_at_ms")
_FIRST = itemgetter(0)  # of an absence: from which gap on


@dataclass(slots=True, eq=False)
class Held:
    """A live gap. `start` and `tail` lack what its burst and those around it have moved."""

    seq: int  # counts up with each gap of the document
    request: str
    start: int  # from the text's beginning to the gap
    tail: int  # from the gap to the text's end
    prefix_anchor: int
    suffix_anchor: int
    opened_at_ms: int


@dataclass(slots=True, eq=False)
class Burst:
    """Gaps each inside the one before it, and the bursts inside the innermost, in text order."""

    gaps: list[Held]
    children: list[Burst] = field(default_factory=list)
    start_moved: int = 0  # what edits before it added, for all gaps here and below
    tail_moved: int = 0  # what edits behind it added
    # The last edit inside, which is inside all gaps up to `filled_seq`; later ones opened since.
    filled_at_ms: int = 0
    filled_seq: int = -1
    # The cursor is off the lines of all gaps from `seq` on since `ms`, up to the next entry: an
    # outer gap is left no sooner than those in it.
    away: list[tuple[int, int]] = field(default_factory=list)
    # The most that stood in all gaps from `seq` on up to the next entry, as `room` has it: the text
    # without what moves with the burst. Only `filled` changes that room.
    peaks: list[tuple[int, int]] = field(default_factory=list)
    uneven: bool = False  # a later entry of `peaks` may be higher than an earlier one
    undone_seq: int = -1  # the last edit inside all gaps up to this one was an undo

    def grown_chars(self, gap: Held) -> int:
        """The most that ever stood in `gap`: in one that nothing was written in, nothing."""
        if gap.seq > self.filled_seq or not self.peaks:
            return 0
        at = bisect_right(self.peaks, gap.seq, key=_FIRST) - 1
        return max(0, self.peaks[at][1] - gap.start - gap.tail)

    def last_inside_ms(self, gap: Held) -> int:
        """When something was last done inside `gap`; it never falls from one gap to the next."""
        return self.filled_at_ms if gap.seq <= self.filled_seq else gap.opened_at_ms

    def filled(self, at_ms: int, room: int, *, undone: bool) -> None:
        """An edit inside all gaps of the burst, which leaves so much room."""
        seq, peaks = self.filled_seq + 1, self.peaks
        while peaks and peaks[-1][1] <= room:
            seq = peaks.pop()[0]
        if self.uneven:
            self.peaks = peaks = [(first, max(most, room)) for first, most in peaks]
        self.filled_at_ms = at_ms
        self.filled_seq = self.gaps[-1].seq
        if seq <= self.filled_seq:
            peaks.append((seq, room))
        self.undone_seq = self.filled_seq if undone else -1
        if self.away:
            self.away = []

    def holding(self, before: int, behind: int) -> int:
        """How many gaps, from the outermost, start by `before` and end `behind` from the end."""
        gaps = self.gaps
        innermost = gaps[-1]
        if innermost.start <= before and innermost.tail <= behind:
            return len(gaps)
        return min(
            bisect_right(gaps, before, key=_START),
            bisect_right(gaps, behind, key=_TAIL),
        )

    def left_from(self, count: int, at_ms: int) -> None:
        """The cursor is on the lines of the first `count` gaps and off those of the others."""
        away = self.away
        if count == len(self.gaps):
            away.clear()
            return
        seq = self.gaps[count].seq
        if not away or seq < away[0][0]:
            away.insert(0, (seq, at_ms))
        elif seq > away[0][0]:
            del away[: bisect_right(away, seq, key=_FIRST) - 1]
            away[0] = (seq, away[0][1])

    def split(self, count: int) -> None:
        """Make a child of all gaps but the first `count`; at least one stays, and one goes."""
        seq = self.gaps[count].seq
        straddling = bisect_right(self.away, seq, key=_FIRST)
        peak = max(0, bisect_right(self.peaks, seq, key=_FIRST) - 1)
        rest = Burst(
            self.gaps[count:],
            self.children,
            filled_at_ms=self.filled_at_ms,
            filled_seq=self.filled_seq,
            away=self.away[straddling:],
            peaks=[(max(first, seq), most) for first, most in self.peaks[peak:]],
            uneven=self.uneven,
            undone_seq=self.undone_seq,
        )
        if straddling:
            rest.away.insert(0, (seq, self.away[straddling - 1][1]))
        self.away = self.away[: bisect_left(self.away, seq, key=_FIRST)]
        self.peaks = self.peaks[: bisect_left(self.peaks, seq, key=_FIRST)]
        self.gaps = self.gaps[:count]
        self.children = [rest]

    def late(self, at_ms: int) -> list[tuple[Held, int, Signal]]:
        """Take out the gaps that time has ended by `at_ms`; each with its own time and signal."""
        gaps = self.gaps
        old = bisect_right(gaps, at_ms - limits.GAP_LIFETIME_MS, key=_OPENED)
        ends: dict[int, float] = dict.fromkeys(range(old), math.inf)
        runs = [(0, old)]
        for first, end, since_ms in self.absences():
            last = end
            if since_ms + limits.GAP_CURSOR_AWAY_MS > at_ms:
                quiet_ms = at_ms - limits.GAP_QUIET_MS
                last = bisect_right(gaps, quiet_ms, first, last, key=self.last_inside_ms)
            ends.update(dict.fromkeys(range(first, last), since_ms))
            runs.append((max(first, old), last))
        found = [
            (gaps[at], *due(gaps[at].opened_at_ms, self.last_inside_ms(gaps[at]), since_ms))
            for at, since_ms in ends.items()
        ]
        for first, last in reversed(runs):
            if first < last:
                del gaps[first:last]
        return found

    def soonest_ms(self) -> float:
        """When the next gap is due by time alone."""
        soonest = math.inf
        if self.gaps:
            soonest = self.gaps[0].opened_at_ms + limits.GAP_LIFETIME_MS
        for first, _, since_ms in self.absences():
            quiet_ms = self.last_inside_ms(self.gaps[first]) + limits.GAP_QUIET_MS
            soonest = min(soonest, since_ms + limits.GAP_CURSOR_AWAY_MS, max(quiet_ms, since_ms))
        return soonest

    def absences(self) -> Iterator[tuple[int, int, int]]:
        """Ranges `[first, last)` of the gaps whose lines the cursor is off, and since when."""
        for number, (seq, since_ms) in enumerate(self.away):
            first = bisect_left(self.gaps, seq, key=_SEQ)
            last = len(self.gaps)
            if number + 1 < len(self.away):
                last = bisect_left(self.gaps, self.away[number + 1][0], key=_SEQ)
            if first < last:
                yield first, last, since_ms

    def standing(self) -> list[Burst]:
        """What takes this burst's place: itself, or its children where no gap is left in it."""
        if self.gaps:
            return [self]
        for child in self.children:
            child.start_moved += self.start_moved
            child.tail_moved += self.tail_moved
        return self.children

    def take_in(self, inner: Burst, start_moved: int, tail_moved: int) -> None:
        """Append the gaps of `inner`, the only child, which moved by so much in all."""
        start_moved -= self.start_moved
        tail_moved -= self.tail_moved
        if start_moved or tail_moved:
            for held in inner.gaps:
                held.start += start_moved
                held.tail += tail_moved
        moved = start_moved + tail_moved
        peaks = [(seq, most + moved) for seq, most in inner.peaks]
        rises = bool(peaks and self.peaks) and peaks[0][1] > self.peaks[-1][1]
        self.uneven = self.uneven or inner.uneven or rises
        self.peaks += peaks
        self.filled_seq = max(self.filled_seq, inner.filled_seq)
        self.gaps += inner.gaps
