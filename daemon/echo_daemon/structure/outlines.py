"""The outline of a file above some place: its import lines and the heads of its definitions.

Left out: parsing (`trees`), how an outline is shown to a model (`echo_core.completion.fim`).

Rules
 - Whole lines as they stand in the file, in its order, without what a definition holds.
 - Imports come first in the room there is, then the definitions that are nearest to the place.
 - By the kinds' names of all grammars together; a kind that is not listed is not looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node, Tree

NODES_MAX: Final = 4000  # looked at; of a longer file, the beginning
HEAD_LINES_MAX: Final = 6  # of a definition whose parameters stand on lines of their own
_IMPORTS_SHARE: Final = 0.5  # of the room, where definitions want the rest

_IMPORTS: Final = frozenset(
    {
        *("import_statement", "import_from_statement", "future_import_statement"),
        *("import_declaration", "use_declaration", "extern_crate_declaration"),
        *("package_clause", "package_declaration", "preproc_include", "using_declaration"),
    }
)
_DEFINITIONS: Final = frozenset(
    {
        *("function_definition", "class_definition", "function_declaration", "class_declaration"),
        *("generator_function_declaration", "abstract_class_declaration", "method_definition"),
        *("interface_declaration", "enum_declaration", "type_alias_declaration"),
        *("function_signature", "method_signature", "abstract_method_signature"),
        *("function_item", "function_signature_item", "struct_item", "enum_item", "trait_item"),
        *("impl_item", "mod_item", "type_item", "macro_definition"),
        *("method_declaration", "constructor_declaration", "record_declaration"),
        *("type_declaration", "struct_specifier", "class_specifier", "enum_specifier"),
        *("namespace_definition", "type_definition", "internal_module"),
    }
)
# What holds definitions without being one, or holds those that belong to one.
_HOLDERS: Final = frozenset(
    {
        *(
            "decorated_definition",
            "export_statement",
            "ambient_declaration",
            "template_declaration",
            "ERROR",  # source around a cursor is broken most of the time; what it holds is found
        ),
        *("block", "class_body", "interface_body", "enum_body", "declaration_list"),
        *("field_declaration_list", "linkage_specification", "statement_block"),
        *("preproc_ifdef", "preproc_if", "lexical_declaration", "variable_declarator"),
    }
)
_CLASSES: Final = frozenset(
    {
        *("class_definition", "class_declaration", "abstract_class_declaration"),
        *("interface_declaration", "enum_declaration", "trait_item", "impl_item", "mod_item"),
        *("class_specifier", "struct_specifier", "namespace_definition", "record_declaration"),
        "internal_module",
    }
)


def outline(tree: Tree, source: bytes, before: int, chars_max: int) -> str:
    """The outline of what ends before the byte `before`, or begins there, in whole lines."""
    imports: list[str] = []
    heads: list[str] = []
    told = -1  # the row of the last line that was taken
    for node in _found(tree.root_node, before):
        if node.start_point.row <= told:
            continue  # a definition within one line of another
        told = node.start_point.row
        if node.type in _IMPORTS:
            imports += _lines(source, node.start_byte, node.end_byte)
        else:
            heads += _lines(source, node.start_byte, _head_end(node))
    wanted = sum(len(line) + 1 for line in heads)
    room = max(int(chars_max * _IMPORTS_SHARE), chars_max - wanted)
    first = _fitting(imports, room)
    left = chars_max - sum(len(line) + 1 for line in first)
    return "\n".join(first + _fitting(heads[::-1], left)[::-1])


def _found(root: Node, before: int) -> Iterator[Node]:
    """Imports and definitions that begin before `before`, in the file's order."""
    waiting = list(reversed(root.children))
    for _ in range(NODES_MAX):
        if not waiting:
            return
        node = waiting.pop()
        if node.start_byte >= before:
            return
        if node.type in _IMPORTS:
            if node.end_byte <= before:
                yield node
        elif node.type in _DEFINITIONS:
            if _head_end(node) <= before:
                yield node
            body = node.child_by_field_name("body")
            if body is not None and node.type in _CLASSES:
                waiting += reversed(body.children)
        elif node.type in _HOLDERS:
            waiting += reversed(node.children)


def _head_end(node: Node) -> int:
    body = node.child_by_field_name("body")
    return node.end_byte if body is None else body.start_byte


def _lines(source: bytes, start: int, end: int) -> list[str]:
    """The lines from the one that `start` is on to the one before `end`, a few of them."""
    start = source.rfind(b"\n", 0, start) + 1
    text = source[start:end].decode("utf-8", "replace").rstrip().removesuffix("{").rstrip()
    return [line.rstrip() for line in text.split("\n")[:HEAD_LINES_MAX]]


def _fitting(lines: list[str], chars_max: int) -> list[str]:
    """As many of `lines`, from the first, as fit."""
    kept: list[str] = []
    for line in lines:
        chars_max -= len(line) + 1
        if chars_max < 0:
            break
        kept.append(line)
    return kept
