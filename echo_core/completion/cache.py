"""What was written before, found again by the text around the cursor.

A forest of radix tries. A text is cut at *stations*: line starts, and every `STATION_CHARS` of a
long line. The characters before a station choose the tree; the path below it is what stands
between the station and the cursor, followed by what was written there. So an entry is found at
the place that it was made for, behind any beginning of it that was typed, accepted or kept by a
backspace, and entries of one line share the characters that they share.

Left out: what may be shown of an entry (`echo_core.completion.polish`, `silence`, `gate`), who
asks.

Rules
 - An entry is found only where the document agrees: the characters before its place, the typed
   beginning of it, and the characters behind the cursor (closers aside that an editor added).
 - The entry put last wins; one that was written beside another only where nothing else is found.
 - Bounded by bytes; the entry that was longest of no use goes first, with the branch that only it
   needed. A character counts as four bytes, the most that Python takes for one.
 - Cost of a search: one look-up for each station in reach (at most `LINES_MAX` lines and
   `TEXT_CHARS_MAX` characters, so about 20), and a walk over what was typed since; it does not
   depend on the size of the document or of the cache.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from echo_core.completion.window import CLOSERS

CACHE_BYTES_MAX: Final = 8 << 20  # some 2,000 proposals: about what one person is shown in a day
CONTEXT_CHARS: Final = 256  # before a station: two places of one project rarely share so many
AFTER_CHARS: Final = 64  # behind the cursor, to be found there again
STATION_CHARS: Final = 256  # longer lines are not written by hand
TEXT_CHARS_MAX: Final = 4096  # 512 tokens, the most that can be set, in long words
LINES_MAX: Final = 16  # twice the longest block that is written
CLOSERS_MAX: Final = 4  # that an editor may have put behind the cursor since
_ENTRY_BYTES: Final = 2048  # an entry, two nodes, their dictionaries and lists: 1.3 kB, rounded up


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of how a text was written."""

    model: str = ""
    logprob_mean: float = 0.0  # nats per token
    logprob_first: float = 0.0  # of the first piece
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """A cursor with its surroundings, as the cache knows it."""

    tree: tuple[str, str]  # the kind of text, and the characters before the station
    typed: str  # from the station to the cursor
    after: str  # shorter than AFTER_CHARS only where the text ends


@dataclass(slots=True, eq=False)
class Entry:
    """One text that was written. `proposal` is the id under which it was last shown."""

    spot: Spot
    figures: Figures = field(default_factory=Figures)
    proposal: str = ""
    beside: bool = False  # another candidate for a place, besides what the model writes there
    number: int = 0  # counts what was put


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that goes on from a cursor: `rest` is still to come after `typed` of its text."""

    entry: Entry
    typed: str
    rest: str


@dataclass(slots=True, eq=False)
class _Node:
    edge: str
    parent: _Node | None
    children: dict[str, _Node] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


def spot_at(kind: str, text: str, offset: int) -> Spot:
    """The spot of a cursor; texts of another `kind` (language, model) are never mixed up."""
    line = text.rfind("\n", 0, offset) + 1
    station = offset - (offset - line) % STATION_CHARS
    return Spot(
        (kind, _context(text, station)),
        text[station:offset],
        text[offset : offset + AFTER_CHARS],
    )


class Cache:
    """Entries by spot and text."""

    def __init__(self, bytes_max: int = CACHE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._trees: dict[tuple[str, str], _Node] = {}
        self._by_age: OrderedDict[int, tuple[Entry, _Node]] = (
            OrderedDict()
        )  # by number; last used last
        self._bytes = 0
        self._puts = 0

    @property
    def bytes(self) -> int:
        """What the entries take, at most."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._by_age)

    def put(self, entry: Entry, text: str) -> None:
        """Keep that `text` was written at the entry's spot; a text too long or blank is not kept.

        An entry of the same spot with the same text is replaced.
        """
        if not text.strip() or len(text) > TEXT_CHARS_MAX or text.count("\n") >= LINES_MAX:
            return
        spot = entry.spot
        root = self._trees.get(spot.tree)
        if root is None:
            root = self._trees[spot.tree] = _Node("", None)
            self._bytes += _tree_bytes(spot.tree)
        node = self._grow(root, spot.typed + text)
        for same in node.entries:
            if same.spot == spot:
                self._remove_entry(same, node)
                break
        self._puts += 1
        entry.number = self._puts
        node.entries.append(entry)
        self._by_age[entry.number] = (entry, node)
        self._bytes += _entry_bytes(entry)
        while self._bytes > self._bytes_max:
            self._forget(*next(iter(self._by_age.values())))

    def find(self, kind: str, text: str, offset: int) -> Hit | None:
        """The newest entry that goes on from `offset` of `text`."""
        best: Hit | None = None
        for station in _stations(text, offset):
            root = self._trees.get((kind, _context(text, station)))
            if root is None:
                continue
            for entry, rest in _below(root, text[station:offset]):
                start = station + len(entry.spot.typed)
                if start > offset or (best is not None and _rank(entry) < _rank(best.entry)):
                    continue
                if rest and _fits(entry.spot, text, offset):
                    best = Hit(entry, text[start:offset], rest)
        if best is not None:
            self._by_age.move_to_end(best.entry.number)
        return best

    def clear(self) -> None:
        """Forget everything."""
        self._trees.clear()
        self._by_age.clear()
        self._bytes = 0

    # --- the tries --------------------------------------------------------------------------

    def _grow(self, root: _Node, path: str) -> _Node:
        """The node at the end of `path`, made where there is none."""
        node, at = root, 0
        while at < len(path):
            child = node.children.get(path[at])
            if child is None:
                child = _Node(path[at:], node)
                node.children[path[at]] = child
                self._bytes += 4 * len(child.edge)
                return child
            shared = _shared(child.edge, path, at)
            if shared < len(child.edge):
                child = _split(node, child, shared)
            node, at = child, at + shared
        return node

    def _forget(self, entry: Entry, leaf: _Node) -> None:
        self._remove_entry(entry, leaf)
        node: _Node | None = leaf
        while node is not None and not node.entries and not node.children:
            parent = node.parent
            if parent is None:
                del self._trees[entry.spot.tree]
                self._bytes -= _tree_bytes(entry.spot.tree)
            else:
                del parent.children[node.edge[0]]
                self._bytes -= 4 * len(node.edge)
            node = parent

    def _remove_entry(self, entry: Entry, node: _Node) -> None:
        """Take an entry out of its node; the node stays."""
        node.entries.remove(entry)
        del self._by_age[entry.number]
        self._bytes -= _entry_bytes(entry)


def _rank(entry: Entry) -> tuple[bool, int]:
    return not entry.beside, entry.number


def _split(parent: _Node, node: _Node, at: int) -> _Node:
    """A node between `node` and its parent, which takes the first `at` characters of the edge."""
    upper = _Node(node.edge[:at], parent)
    parent.children[node.edge[0]] = upper
    node.edge, node.parent = node.edge[at:], upper
    upper.children[node.edge[0]] = node
    return upper


def _below(root: _Node, typed: str) -> Iterator[tuple[Entry, str]]:
    """Every entry whose path begins with `typed`, and what its path still holds."""
    node, at, rest = root, 0, ""
    while at < len(typed):
        child = node.children.get(typed[at])
        if child is None:
            return
        shared = _shared(child.edge, typed, at)
        node, at, rest = child, at + shared, child.edge[shared:]
        if rest and at < len(typed):
            return
    waiting = [(node, rest)]
    while waiting:
        node, rest = waiting.pop()
        for entry in node.entries:
            yield entry, rest
        waiting += [(child, rest + child.edge) for child in node.children.values()]


def _shared(edge: str, path: str, at: int) -> int:
    """How many characters of `edge` stand at `at` of `path`."""
    if path.startswith(edge, at):
        return len(edge)
    for count, (one, other) in enumerate(zip(edge, path[at : at + len(edge)], strict=False)):
        if one != other:
            return count
    return len(path) - at


def _stations(text: str, offset: int) -> Iterator[int]:
    """Every station from which an entry can reach `offset`, the nearest first."""
    lowest = offset - TEXT_CHARS_MAX - STATION_CHARS
    end = offset
    for _ in range(LINES_MAX):
        line = text.rfind("\n", 0, end) + 1
        station = end - (end - line) % STATION_CHARS
        while station >= max(line, lowest):
            yield station
            station -= STATION_CHARS
        end = line - 1
        if end < max(lowest, 0):
            return


def _context(text: str, station: int) -> str:
    return text[max(0, station - CONTEXT_CHARS) : station]


def _fits(spot: Spot, text: str, offset: int) -> bool:
    """Whether the text behind the cursor is what it was, but for closers an editor added."""
    for at in range(offset, offset + CLOSERS_MAX + 1):
        if text[at : at + AFTER_CHARS] == spot.after:
            return True
        if text[at : at + 1] not in CLOSERS:
            return False
    return False


def _entry_bytes(entry: Entry) -> int:
    spot = entry.spot
    return _ENTRY_BYTES + 4 * (len(spot.typed) + len(spot.after))


def _tree_bytes(tree: tuple[str, str]) -> int:
    return _ENTRY_BYTES + 4 * (len(tree[0]) + len(tree[1]))
