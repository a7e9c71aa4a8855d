"""Which variable's value comes from which: the data flow of CodeBLEU, for any grammar.

An edge says that a use of a variable comes from its definition, or that a definition is computed
from others. Names are replaced by the order in which they come up, so that only the flow counts.

Left out: calls and fields, which no text alone follows; scopes (a text is a few lines long).

Rules
 - What defines is known by fields of the grammars: `left` and `right`, `name`, `pattern` or
   `declarator` and `value`; and by what is called parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

Edge = tuple[int, str, tuple[int, ...]]

_SIDES: Final = (
    ("left", "right"),
    ("name", "value"),
    ("pattern", "value"),
    ("declarator", "value"),
)
_DEPTH_MAX: Final = 200  # nested deeper than that is no code
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier_pattern"})


class _Reader:
    def __init__(self) -> None:
        self.defined: set[bytes] = set()
        self.edges: list[tuple[bytes, str, tuple[bytes, ...]]] = []

    def read(self, node: Node, depth: int = 0) -> None:
        if depth > _DEPTH_MAX:
            return
        if node.type in _NAMES and node.text is not None:
            if node.text in self.defined:
                self.edges.append((node.text, "comes", (node.text,)))
            return
        if "parameter" in node.type:
            self.defined.update(_names(node, depth))
            return
        sides = _assigned(node)
        if sides is None:
            for child in node.children:
                self.read(child, depth + 1)
            return
        left, right = sides
        self.read(right, depth + 1)
        sources = tuple(dict.fromkeys(_names(right, depth)))
        for name in _names(left, depth):
            self.edges.append((name, "computed", sources))
            self.defined.add(name)


def edges(root: Node) -> list[Edge]:
    """The data flow below `root`."""
    reader = _Reader()
    reader.read(root)
    numbers: dict[bytes, int] = {}
    return [
        (
            numbers.setdefault(name, len(numbers)),
            how,
            tuple(numbers.setdefault(one, len(numbers)) for one in sources),
        )
        for name, how, sources in reader.edges
    ]


def _assigned(node: Node) -> tuple[Node, Node] | None:
    if "binary" in node.type or "comparison" in node.type:
        return None  # they have sides too
    for left, right in _SIDES:
        one, other = node.child_by_field_name(left), node.child_by_field_name(right)
        if one is not None and other is not None:
            return one, other
    return None


def _names(node: Node, depth: int) -> Iterator[bytes]:
    if depth > _DEPTH_MAX:
        return
    if node.type in _NAMES and node.text is not None:
        yield node.text
    for child in node.children:
        yield from _names(child, depth + 1)
