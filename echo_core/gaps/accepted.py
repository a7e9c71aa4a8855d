"""Which characters of a document came in by accepting a proposal and still stand.

A gap opens empty, so all that stands in it came later and by edits inside it. What was accepted
in it is therefore a question of place alone, and one list for a document answers it for all gaps.

Left out: the text; what is done with the counts (`echo_core.experience.mining`).

Rules
 - What is inserted into an accepted run belongs to nobody's proposal, and parts it.
 - Runs before the last edit are kept by their distance from the text's beginning, those behind it
   by their distance from its end: an edit touches those alone that lie between it and the last.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import NamedTuple

from echo_core.text.edits import Edit


class _Run(NamedTuple):
    near: int  # distance of its nearer end from where its side is counted
    far: int
    proposal: str
    before: int  # characters of all runs nearer to that end, and of this one


class _Side:
    """Runs on one side of the last edit, the one nearest to the edit last."""

    __slots__ = ("runs",)

    def __init__(self) -> None:
        self.runs: list[_Run] = []

    def push(self, near: int, far: int, proposal: str) -> None:
        if near < far:
            before = self.runs[-1].before if self.runs else 0
            self.runs.append(_Run(near, far, proposal, before + far - near))

    def within(self, near: int, far: int) -> tuple[int, int]:
        """The range of runs that lie in `[near, far]`."""
        return bisect_left(self.runs, near, key=_NEAR), bisect_right(self.runs, far, key=_FAR)

    def chars(self, near: int, far: int) -> int:
        first, last = self.within(near, far)
        if first >= last:
            return 0
        runs = self.runs
        return runs[last - 1].before - runs[first].before + runs[first].far - runs[first].near

    def chars_of(self, proposal: str, near: int, far: int) -> int:
        first, last = self.within(near, far)
        return sum(run.far - run.near for run in self.runs[first:last] if run.proposal == proposal)


_NEAR = itemgetter(0)
_FAR = itemgetter(1)


class Accepted:
    """The accepted characters of one document."""

    __slots__ = ("_behind", "_front", "_length", "_proposals")

    def __init__(self, length: int) -> None:
        self._length = length
        self._front = _Side()
        self._behind = _Side()
        self._proposals: set[str] = set()  # that something may still stand of

    def follow(self, edit: Edit, proposal: str | None) -> None:
        """Take an edit; `proposal` is what it accepted, None where it accepted nothing."""
        front, behind = self._front, self._behind
        if front.runs or behind.runs:
            self._go_to(edit)
        if proposal is not None and edit.inserted:
            front.push(edit.start, edit.end_after, proposal)
            self._proposals.add(proposal)
        self._length += edit.growth

    def count(self, start: int, end: int) -> int:
        """How many characters in `[start, end)`, where a gap stands, came by accepting."""
        if start == end or not self._proposals:
            return 0
        length = self._length
        return self._front.chars(start, end) + self._behind.chars(length - end, length - start)

    def count_of(self, proposal: str, start: int, end: int) -> int:
        """How many of them came by accepting `proposal`."""
        if start == end or proposal not in self._proposals:
            return 0
        length = self._length
        return self._front.chars_of(proposal, start, end) + self._behind.chars_of(
            proposal, length - end, length - start
        )

    def forget(self, start: int, end: int) -> None:
        """Drop what lies outside `[start, end)`: no gap will ask for it."""
        front, behind = self._front.runs, self._behind.runs
        for runs, near, far in (
            (front, start, end),
            (behind, self._length - end, self._length - start),
        ):
            del runs[bisect_left(runs, far, key=_NEAR) :]
            del runs[: bisect_right(runs, near, key=_FAR)]
        if len(self._proposals) > 2 * (len(front) + len(behind)):
            self._proposals = {run.proposal for run in (*front, *behind)}

    def _go_to(self, edit: Edit) -> None:
        """Bring what lies before `edit` to the one side and what lies behind it to the other."""
        front, behind, length = self._front, self._behind, self._length
        while front.runs and front.runs[-1].far > edit.start:
            start, end, proposal, _ = front.runs.pop()
            behind.push(length - end, length - max(start, edit.end), proposal)
            if start < edit.start:
                front.push(start, edit.start, proposal)
        while behind.runs and behind.runs[-1].far > length - edit.end:
            near, far, proposal, _ = behind.runs.pop()
            start, end = length - far, length - near
            front.push(start, min(end, edit.start), proposal)
            behind.push(near, length - max(start, edit.end), proposal)
            if end > edit.end:
                break
