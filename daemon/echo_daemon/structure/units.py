"""Ends of logical units inside a target, read from the tree of the text with the target in place.

Left out: which grammar reads which part (`parsing`), what node kinds mean (`kinds`, `nodes`), which
end is chosen (`echo_core.judging.truncation`).

Rules
 - An end is a place where a node ends, or a line. White space behind it is no part of it.
 - What the parser could not read has no ends: in a statement of the target that is broken there
   are only ends of whole statements within. A finished line of it counts as a line if its brackets
   are closed.
 - The whole is an end only if nothing is broken on its last line: whoever was still typing has left
   half a unit, which is cut off.
 - A tree is walked with a cursor and a list, never by recursion: it may be as deep as it is long.

Cost on two cores: docs/verification.md.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node, TreeCursor

from echo_core.judging.units import UnitEnd, UnitKind
from echo_daemon.structure import kinds, nodes
from echo_daemon.structure.placing import Place, faults

_MARK_DEPTH: Final = 3  # from the mark of a documentation comment of Rust up to the comment
_SPACE: Final = b" \t\r\n\f\v"
_LINES = re.compile(rb"[^\r\n]+")
_LINE_END = re.compile(rb"[\r\n]")
_OPENERS: Final = frozenset("([{") | {"${", "#{", "@{"}
_CLOSERS: Final = frozenset(")]}")
_MAY_END: Final = _OPENERS | _CLOSERS | frozenset(",;:")
_ROUND_OR_SQUARE = re.compile(rb"[()\[\]]")
_ENDS_BROKEN: Final = frozenset(b")]};:{\"'`")  # besides names: what a finished line ends with
_IN_STRINGS: Final = frozenset({"string", "string_start", "string_content", "string_end"})
_LITERALS: Final = (
    b"=",
    b"(",
    b"[",
    b"{",
    b":",
    b",",
)  # and what stands before a brace that opens no block


@dataclass(slots=True)
class _Walk:
    """What was found on the way through the tree."""

    place: Place
    faults: list[tuple[int, int]]
    ends: set[tuple[int, UnitKind]] = field(default_factory=set)
    began: list[int] = field(default_factory=list)  # of all that begins in the target
    closed: list[int] = field(default_factory=list)
    depths: list[tuple[int, int]] = field(default_factory=list)  # of brackets, and from where on
    comment: tuple[int, int] = (0, 0)  # the last one on lines of its own

    def opened(self, start: int, end: int) -> None:
        """Something that begins in the target."""
        if self.place.start <= start < min(self.place.end, end):
            self.began.append(start)
            self.closed.append(end)

    def broken(self, start: int, end: int) -> bool:
        """Whether the part of `[start, end]` from the target on holds a fault."""
        at = bisect_left(self.faults, (max(start, self.place.start), -1))
        return at < len(self.faults) and self.faults[at][0] <= end


def tree_ends(place: Place) -> tuple[UnitEnd, ...] | None:
    """Where units end in the target, in their order.

    None where the tree is too deep to be anything that people write.
    """
    if not place.source[place.start : place.end].strip(_SPACE):
        return ()
    walk = _Walk(place, faults(place.tree))
    if not _walk(walk):
        return None
    lines = list(_line_ends(place))
    for start, end in lines:
        kind = _line_kind(walk, start, end)
        if kind is not None:
            walk.ends.add((end, kind))
    began, closed = sorted(walk.began), sorted(walk.closed)

    def left_open(at: int) -> int:
        return bisect_left(began, at) - bisect_right(closed, at)

    start, end = lines[-1]
    if _is_whole(walk, start, end, left_open(end)):
        walk.ends.add((end, UnitKind.WHOLE))
    found = [UnitEnd(place.chars(at), kind, left_open(at)) for at, kind in walk.ends]
    return tuple(sorted(found, key=lambda one: one.order))


def _walk(walk: _Walk) -> bool:
    """Every node that touches the target, from the root down and from left to right.

    False where they lie too deep: looking a place up would cost what it lies deep, at each line.
    """
    place = walk.place
    cursor = place.tree.walk()
    path: list[tuple[Node, bool, list[int]]] = []  # above; in a broken statement; open brackets
    while True:
        node = cursor.node
        if node is None:
            return True
        here = node.start_byte < place.end and node.end_byte > place.start
        inside = bool(path) and path[-1][1]
        if here:
            inside = _visit(walk, node, path[-1] if path else None, inside=inside)
        if here and node.type not in nodes.COMMENTS and _down(cursor, place.start):
            path.append((node, inside, []))
            if len(path) > nodes.DEPTH_MAX:
                return False
            continue
        while node.start_byte >= place.end or not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return True
            node, _, brackets = path.pop()
            for start in brackets:
                walk.opened(start, node.end_byte)


def _down(cursor: TreeCursor, at: int) -> bool:
    return cursor.goto_first_child_for_byte(at) is not None


def _visit(
    walk: _Walk, node: Node, above: tuple[Node, bool, list[int]] | None, *, inside: bool
) -> bool:
    """Note what begins and what ends with `node`; whether what is in it is in broken code."""
    place = walk.place
    if above is None:
        return False
    parent, _, brackets = above
    if not node.is_named:
        _bracket(walk, node, brackets)
        return inside
    end = _trimmed(place.source, node)
    if node.type not in kinds.CONTAINERS:
        walk.opened(node.start_byte, end)
    elif (colon := kinds.colon_of(node)) is not None:
        walk.opened(colon.start_byte, end)
    statement = kinds.is_statement(node.type, parent.type) and not (
        (parent.type not in kinds.COMMA_LISTS and b"," in place.source[end - 1 : end + 1])
        or _is_row(node)
    )
    broken = node.is_error or walk.broken(node.start_byte, end)
    if max(place.start, node.start_byte) < end <= place.end and not broken:
        kind = _kind(node, parent, statement=statement)
        if kind is UnitKind.COMMENT:
            _comment(walk, node, end)
        elif kind is not None and (statement or not inside):
            walk.ends.add((_with_mark(place, node, end, statement=statement), kind))
    return inside or (broken and (statement or node.is_error) and node.start_byte >= place.start)


def _bracket(walk: _Walk, node: Node, brackets: list[int]) -> None:
    if node.type in _OPENERS:
        brackets.append(node.start_byte)
    elif node.type in _CLOSERS and brackets:
        walk.opened(brackets.pop(), node.end_byte)


def _kind(node: Node, parent: Node, *, statement: bool) -> UnitKind | None:
    if node.type in nodes.COMMENTS:
        return UnitKind.COMMENT
    if statement:
        return UnitKind.BLOCK if kinds.has_body(node) else UnitKind.STATEMENT
    if node.type in kinds.CONTAINERS:
        braces = node.child_count > 0 and node.child(0).type == "{"
        piece = UnitKind.FRAGMENT if braces else None
        return UnitKind.BLOCK if braces and kinds.is_body(parent.type) else piece
    if node.type in kinds.CALLS:
        return UnitKind.CALL
    return None if node.type in nodes.CONTENTS | kinds.QUOTES else UnitKind.FRAGMENT


def _comment(walk: _Walk, node: Node, end: int) -> None:
    """A comment on lines of its own ends a unit, unless the next line is a comment too."""
    source = walk.place.source
    line = source.rfind(b"\n", 0, node.start_byte) + 1
    if source[line : node.start_byte].strip(_SPACE):
        return  # behind code: the line ends there
    start, before = walk.comment
    if before > walk.place.start and source[before:line].count(b"\n") == 1:
        walk.opened(max(start, walk.place.start), before + 1)  # more of it follows
    walk.comment = (node.start_byte, end)
    walk.ends.add((end, UnitKind.COMMENT))


def _with_mark(place: Place, node: Node, end: int, *, statement: bool) -> int:
    """The end of a statement, or of its body, with the semicolon or comma right behind it."""
    marks = b":" if node.type == "access_specifier" else b";," if statement else b";"
    marked = statement or node.type in kinds.CONTAINERS
    return end + 1 if marked and end < place.end and place.source[end] in marks else end


def _trimmed(source: bytes, node: Node) -> int:
    """Where a node ends, without the line end that some grammars count to it."""
    end = node.end_byte
    while end > node.start_byte and source[end - 1] in _SPACE:
        end -= 1
    return end


def _line_ends(place: Place) -> Iterator[tuple[int, int]]:
    """Where each line of the target that is not blank begins in it, and where its text ends."""
    for line in _LINES.finditer(place.source, place.start, place.end):
        text = line.group().rstrip(_SPACE)
        if text:
            yield line.start(), line.start() + len(text)


def _line_kind(walk: _Walk, start: int, end: int) -> UnitKind | None:
    """What ends with a line of the target; None where something goes on behind it."""
    place = walk.place
    ended = _LINE_END.search(place.source, end, place.end) is not None
    if not ended and place.source[place.end : place.line_end].strip(_SPACE):
        return None  # the line goes on behind the target
    below = _next_text(place.source, end)
    root = place.tree.root_node
    around = root.descendant_for_byte_range(end - 1, min(below + 1, len(place.source)))
    leaf = root.descendant_for_byte_range(end - 1, end)
    if around is None or leaf is None:
        return None
    if around.type in nodes.COMMENTS:
        walk.opened(max(around.start_byte, place.start), around.end_byte)
        return UnitKind.COMMENT
    if _alone(place, leaf):
        return None  # the comment itself says what ends there
    if around.is_error or walk.broken(start, end):
        return UnitKind.LINE if ended and _closed(walk, end) else None
    whole = around.type in kinds.CONTAINERS | kinds.MIXED or around == root
    if place.source[end - 1] in b"," and around.type not in kinds.COMMA_LISTS:
        whole = False  # the text begins inside of brackets
    ended_by = leaf.prev_named_sibling if leaf.type in nodes.COMMENTS else _text(leaf)
    if whole and ended_by is not None and _is_row(ended_by):
        whole = False
    piece = None if _dangles(leaf) else UnitKind.FRAGMENT
    return UnitKind.LINE if whole or _heads(around, below) else piece


def _text(leaf: Node) -> Node | None:
    """The statement that is the text which `leaf` is a part of."""
    node: Node | None = leaf
    while node is not None and node.type in _IN_STRINGS:
        node = node.parent
    return node


def _is_row(node: Node) -> bool:
    """Whether a statement is a text below or above another: they are pieces of one, in brackets
    that the text begins inside of."""
    beside = (node.prev_named_sibling, node.next_named_sibling)
    return _is_text(node) and any(
        one is not None and _is_text(one)
        for one in (_past(beside[0], back=True), _past(beside[1], back=False))
    )


def _is_text(node: Node) -> bool:
    child = node.named_child(0) if node.named_child_count == 1 else None
    return child is not None and node.type == "expression_statement" and child.type == "string"


def _past(node: Node | None, *, back: bool) -> Node | None:
    """The first node from `node` on that is no comment."""
    while node is not None and node.type in nodes.COMMENTS:
        node = node.prev_named_sibling if back else node.next_named_sibling
    return node


def _next_text(source: bytes, at: int) -> int:
    while at < len(source) and source[at] in _SPACE:
        at += 1
    return at


def _alone(place: Place, leaf: Node) -> bool:
    """Whether a token is of a comment with nothing before it on its line."""
    comment: Node | None = leaf
    for _ in range(_MARK_DEPTH):
        if comment is None or comment.type in nodes.COMMENTS:
            break
        comment = comment.parent
    if comment is None or comment.type not in nodes.COMMENTS:
        return False
    line = place.source.rfind(b"\n", 0, comment.start_byte) + 1
    return not place.source[line : comment.start_byte].strip(_SPACE)


def _heads(around: Node, below: int) -> bool:
    """Whether what stands below is the body of what `around` is: the line is its head."""
    # By a cursor: where there is no such child, the binding's `first_child_for_byte` (0.26.1) dies.
    cursor = around.walk()
    if cursor.goto_first_child_for_byte(below) is None or cursor.node is None:
        return False
    return cursor.node.type in kinds.CONTAINERS


def _closed(walk: _Walk, end: int) -> bool:
    """By the text alone: the target leaves open nothing but blocks, and nothing must follow."""
    place = walk.place
    if not walk.depths:
        depth = 0
        walk.depths.append((place.start, depth))
        for bracket in _ROUND_OR_SQUARE.finditer(place.source, place.start, place.end):
            depth = max(0, depth + (1 if bracket.group() in b"([" else -1))
            walk.depths.append((bracket.end(), depth))
    last = place.source[end - 1]
    if last in b"{" and place.source[place.start : end - 1].rstrip(_SPACE)[-1:] in _LITERALS:
        return False
    at = bisect_right(walk.depths, (end, len(place.source))) - 1
    return walk.depths[at][1] == 0 and (last in _ENDS_BROKEN or last >= 0x80 or chr(last).isalnum())


def _dangles(leaf: Node) -> bool:
    """Whether a token asks for another behind it: an operator, a word such as `return`."""
    parent = leaf.parent
    if leaf.is_named or leaf.type in _MAY_END or parent is None:
        return False
    return leaf.end_byte != parent.end_byte


def _is_whole(walk: _Walk, start: int, end: int, left_open: int) -> bool:
    """Whether the target fits what stands behind it, as far as one can tell."""
    place = walk.place
    if walk.broken(start, place.line_end):
        return False
    if left_open and walk.faults and walk.faults[-1][1] > end:
        return False  # what it opened is closed by nothing
    if place.source[place.end : place.line_end].strip(_SPACE):
        return True
    leaf = place.tree.root_node.descendant_for_byte_range(end - 1, end)
    return leaf is not None and not _dangles(leaf)
