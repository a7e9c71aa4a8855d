"""Which tokens of the KV cache may stay when a new prompt comes, and which sequence it goes into.

The cache holds a few sequences: the gap in hand, places that were left a moment ago, prompts that
were read in advance. Copied cells are shared by two sequences and stand in memory once.

Left out: the cache itself (`llama`), and where prompts come from (`prompt`).

Rules
 - A cell of the cache depends on every token before it: what may stay is a common prefix.
 - A prompt with the anchors of a sequence goes into it, and cuts what differs behind them: that is
   the same gap, typed on. With other anchors the common prefix is copied, and the old place stays.
 - Where there is no room, the sequence that was not used for longest leaves. It is never the one
   of the job that ran last, unless another job needs the room.
 - What is noted here has been done to the cache; nothing is noted in advance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence as Tokens
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Placing:
    """Copy the first `keep` cells of `source` to `sequence`, or keep them; evaluate the rest."""

    sequence: int
    source: int | None  # None: they stand there already
    keep: int
    evaluate: tuple[int, ...]


@dataclass(slots=True)
class _Sequence:
    """Which token stands in which cell. `stable`: as many are the anchors of its gap."""

    tokens: list[int] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)
    stable: int = 0


def common_prefix(left: Tokens[int], right: Tokens[int]) -> int:
    """How many tokens the two have in common from the start."""
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return min(len(left), len(right))


class Table:
    """The bookkeeping of all sequences."""

    def __init__(self, sequences: int, cells_max: int) -> None:
        """`sequences` of them, with `cells_max` cells in all."""
        self._held = [_Sequence() for _ in range(sequences)]
        self._recent = list(range(sequences))  # the one used last comes last
        self._owners: Counter[int] = Counter()  # of each cell, how many sequences hold it
        self._cell_next = 0
        self.cells_max = cells_max
        self.current = 0  # the sequence of the job that ran last

    def tokens(self, number: int) -> Tokens[int]:
        """What sequence `number` holds; not to be kept or changed."""
        return self._held[number].tokens

    @property
    def cells(self) -> int:
        """How many cells hold something."""
        return len(self._owners)

    # --- decisions ---------------------------------------------------------------------------

    def place(self, wanted: Tokens[int], stable: int) -> Placing:
        """Where a job reads its prompt; its last token is always evaluated, for what follows.

        Args:
            wanted: the prompt.
            stable: as many tokens of it stay the same while its gap is filled.

        Raises:
            ValueError: `wanted` is empty; there is nothing to read a continuation from.
        """
        if not wanted:
            raise ValueError("an empty prompt has no continuation")
        best, common = self.closest(wanted)
        keep = min(common, len(wanted) - 1)
        target = best
        if not self._goes_on(best, common, stable):
            target = self._given_away({self.current, best} if keep else {self.current}, best)
        return _placing(target, best, keep, wanted)

    def place_aside(self, wanted: Tokens[int], stable: int) -> Placing | None:
        """Where a prompt is read in advance; None where that would cost the gap in hand."""
        if len(self._held) == 1:
            return None
        best, common = self.closest(wanted)
        pure = common in (len(wanted), len(self._held[best].tokens))
        if pure or (best != self.current and self._goes_on(best, common, stable)):
            # Nothing of the sequence is cut where the prompt is a beginning of it.
            return Placing(best, None, common, tuple(wanted[common:]))
        target = self._given_away({self.current, best}, best)
        return _placing(target, best, common, wanted)

    def leaving(self, number: int, *, aside: bool) -> int | None:
        """Which sequence leaves first, so that `number` can grow; None: no other is left.

        `aside`: the gap in hand does not leave for this.
        """
        kept = {number, self.current} if aside else {number}
        return next((n for n in self._recent if n not in kept and self._held[n].tokens), None)

    def fits(self, count: int) -> bool:
        """Whether there is room for `count` more cells."""
        return self.cells + count <= self.cells_max

    def closest(self, wanted: Tokens[int]) -> tuple[int, int]:
        """The sequence that has most in common with `wanted`, and how much that is."""
        shared = {n: common_prefix(held.tokens, wanted) for n, held in enumerate(self._held)}
        best = max(
            shared, key=lambda n: (shared[n], not self._held[n].tokens, self._recent.index(n))
        )
        return best, shared[best]

    def _goes_on(self, number: int, common: int, stable: int) -> bool:
        held = self._held[number]
        return common == len(held.tokens) or (common >= stable and held.stable == stable)

    def _given_away(self, kept: set[int], otherwise: int) -> int:
        """An empty sequence, or the one that was not used for longest; else `otherwise`."""
        free = [n for n in self._recent if n not in kept]
        empty = [n for n in free if not self._held[n].tokens]
        return next(iter(empty + free), otherwise)

    # --- what was done -----------------------------------------------------------------------

    def use(self, number: int, stable: int, *, aside: bool = False) -> None:
        """`number` serves a prompt with `stable` tokens of anchors from here on."""
        self._recent.remove(number)
        self._recent.append(number)
        if not aside:
            self.current = number
        elif number != self.current:
            self._recent.remove(self.current)
            self._recent.append(self.current)
        if not aside or number != self.current:
            self._held[number].stable = stable

    def copy(self, source: int, target: int, length: int) -> None:
        """`target`, which was empty, has the first `length` cells of `source` too."""
        shared, held = self._held[source], self._held[target]
        held.tokens, held.cells = shared.tokens[:length], shared.cells[:length]
        self._owners.update(held.cells)

    def cut(self, number: int, length: int) -> None:
        """Only the first `length` cells of `number` are left."""
        held = self._held[number]
        self._release(held.cells[length:])
        del held.tokens[length:]
        del held.cells[length:]

    def grow(self, number: int, tokens: Tokens[int]) -> None:
        """`tokens` were evaluated behind the last cell of `number`."""
        held = self._held[number]
        held.tokens.extend(tokens)
        cells = range(self._cell_next, self._cell_next + len(tokens))
        held.cells.extend(cells)
        self._owners.update(cells)
        self._cell_next += len(tokens)

    def _release(self, cells: Iterable[int]) -> None:
        for cell in cells:
            self._owners[cell] -= 1
            if not self._owners[cell]:
                del self._owners[cell]


def _placing(target: int, best: int, keep: int, wanted: Tokens[int]) -> Placing:
    source = best if keep and target != best else None
    return Placing(target, source, keep, tuple(wanted[keep:]))
