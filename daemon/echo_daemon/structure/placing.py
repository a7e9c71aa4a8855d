"""A target in the tree of the text around it: places in bytes, and as code points of the target.

Left out: parsing (`parsing`), what is looked for (`units`, `particulars`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from tree_sitter import Node, Tree

from echo_daemon.structure import nodes

FAULTS_MAX: Final = 1000  # broken places that are looked at; a text with more is no code
_LINE = re.compile(rb"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A tree and the target in it, in bytes of `source`."""

    tree: Tree
    source: bytes
    start: int
    end: int
    _sizes: list[int] | None = field(repr=False)  # bytes before each character; None: one each

    @classmethod
    def of(cls, tree: Tree, source: bytes, start: int, target: str) -> Place:
        """Where `target` begins at `start`; a lone surrogate is replaced by one byte."""
        if target.isascii():
            return cls(tree, source, start, start + len(target), None)
        sizes = [0, *accumulate(len(char.encode("utf-8", "replace")) for char in target)]
        return cls(tree, source, start, start + sizes[-1], sizes)

    @property
    def line_end(self) -> int:
        """The end of the line that the target ends on."""
        found = _LINE.match(self.source, self.end)
        return found.end() if found else self.end

    def chars(self, at: int) -> int:
        """The code points of the target before `at`; those of all of it for what lies behind."""
        within = min(max(at, self.start), self.end) - self.start
        return within if self._sizes is None else bisect_left(self._sizes, within)

    def text(self, node: Node) -> str:
        """What a node spans."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def nodes(self) -> Iterator[tuple[Node, Node]]:
        """Every node that touches the target, from left to right, with the one above it.

        What lies deeper than people's code does is left out.
        """
        cursor = self.tree.walk()
        path: list[Node] = []
        while (node := cursor.node) is not None:
            here = node.start_byte < self.end and node.end_byte > self.start
            if here and path:
                yield node, path[-1]
            if (
                here
                and len(path) < nodes.DEPTH_MAX
                and cursor.goto_first_child_for_byte(self.start) is not None
            ):
                path.append(node)
                continue
            while node.start_byte >= self.end or not cursor.goto_next_sibling():
                if not path or not cursor.goto_parent():
                    return
                node = path.pop()


def faults(tree: Tree) -> list[tuple[int, int]]:
    """Where the text could not be read, in its order: tokens left over, places where one lacks."""
    found: list[tuple[int, int]] = []
    waiting = [tree.root_node]
    while waiting and len(found) < FAULTS_MAX:
        node = waiting.pop()
        if node.is_missing:
            found.append((node.start_byte, node.end_byte))
        elif node.is_error:
            children = node.children
            left_over = [(one.start_byte, one.end_byte) for one in children if not one.child_count]
            found += left_over or [(node.start_byte, node.end_byte)]
            waiting += [one for one in children if one.has_error]
        elif node.has_error:
            waiting += [one for one in node.children if one.has_error]
    return sorted(found)
