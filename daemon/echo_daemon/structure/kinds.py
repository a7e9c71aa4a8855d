"""Which node kinds hold statements, and which ends of nodes are ends of units.

One table for all grammars, by the kinds' names; no kind means one thing here and another there.

Left out: walking a tree (`units`), comments and strings (`nodes`).
"""

from __future__ import annotations

from typing import Final

from tree_sitter import Node

from echo_daemon.structure.nodes import COMMENTS

# Their named children are statements, declarations, members; a line between two of them is whole.
CONTAINERS: Final = frozenset(
    {
        *("module", "program", "source_file", "translation_unit", "stylesheet", "document"),
        *("block", "statement_block", "compound_statement", "constructor_body", "statement_list"),
        *("class_body", "interface_body", "annotation_type_body", "module_body"),
        *("enum_body", "enum_body_declarations", "enum_variant_list", "enumerator_list"),
        *("switch_body", "switch_block", "match_block", "object_type", "interface_type"),
        *("declaration_list", "field_declaration_list", "import_spec_list", "var_spec_list"),
        "keyframe_block_list",
    }
)
# These hold statements and other things besides: a label, a condition, tags.
MIXED: Final = frozenset(
    {
        *("switch_case", "switch_default", "switch_block_statement_group", "case_statement"),
        *("expression_case", "type_case", "default_case", "communication_case"),
        *("expression_switch_statement", "type_switch_statement", "select_statement"),
        *("const_declaration", "preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif"),
        *("element", "script_element", "style_element", "jsx_element"),
    }
)
_IN_MIXED: Final = (
    *(
        "_statement",
        "declaration",
        "_definition",
        "_spec",
        "_case",
        "element",
        "text",
        "jsx_expression",
    ),
    *("preproc_include", "preproc_def", "preproc_function_def", "preproc_call", "using_directive"),
)
# In these a comma ends a member; elsewhere nothing that ends with one is whole.
COMMA_LISTS: Final = frozenset(
    {
        *("enum_body", "enum_variant_list", "enumerator_list", "field_declaration_list"),
        *("match_block", "object_type", "interface_body"),
    }
)
_WRAPPERS: Final = frozenset(
    {
        *("statement_list", "enum_body_declarations"),
        *("start_tag", "end_tag", "jsx_opening_element", "jsx_closing_element", "jsx_text"),
    }
)
# Whose bodies end something; that of a function within an expression does not.
_BODIED: Final = (
    *("_statement", "_clause", "_declaration", "_definition", "_item", "_specifier", "rule_set"),
    *("if_expression", "match_expression", "loop_expression", "while_expression"),
    *("for_expression", "type_spec", "struct_type"),
)
CALLS: Final = frozenset(
    {
        *("call", "call_expression", "method_invocation", "new_expression", "macro_invocation"),
        *("object_creation_expression", "explicit_constructor_invocation"),
    }
)
QUOTES: Final = frozenset({"string_start", "string_end"})  # named, and yet no units
_BODY_DEPTH: Final = 4  # from a statement to its body: a Rust `if` with `else` has three between


def is_statement(kind: str, parent: str) -> bool:
    """Whether a named child of this kind is one of the statements that its parent holds."""
    if kind in _WRAPPERS:
        return False
    return parent in CONTAINERS or (parent in MIXED and kind.endswith(_IN_MIXED))


def is_body(parent: str) -> bool:
    """Whether a block in braces under such a parent ends a unit."""
    return parent.endswith(_BODIED)


def colon_of(node: Node) -> Node | None:
    """The colon that opens a block of Python, whose node begins with its first statement."""
    before = node.prev_sibling if node.type == "block" else None
    while before is not None and before.type in COMMENTS:
        before = before.prev_sibling
    return before if before is not None and before.type == ":" else None


def has_body(node: Node) -> bool:
    """Whether a statement ends with a block of others."""
    found: Node | None = node
    for _ in range(_BODY_DEPTH):
        if found is None:
            return False
        if found.type in CONTAINERS or found.type == "element":
            return found.type != "element" or found.start_point.row < found.end_point.row
        found = found.named_child(found.named_child_count - 1) if found.named_child_count else None
    return False
