"""What the grammars' node kinds mean: comments, strings, code in strings, what opens a block.

One table for all grammars, by the kinds' names; no kind means one thing here and another there.

Left out: finding a node.

Rules
 - A cursor is in a comment or a string strictly: before the first mark and behind the last one is
   outside. A line comment has no last mark, so its end is inside.
 - What is not closed yet, a grammar may not find: then the line's own quotes are counted, which
   misses what began on a line above.
"""

from __future__ import annotations

from typing import Final

from tree_sitter import Node, Tree

DEPTH_MAX: Final = 200  # of nodes within each other; people's code stays below 60

COMMENTS: Final = frozenset(
    {"comment", "line_comment", "block_comment", "html_comment", "js_comment"}
)
STRINGS: Final = frozenset(
    {
        "string",
        "template_string",
        "template_literal_type",
        "string_literal",
        "raw_string_literal",
        "interpreted_string_literal",
        "rune_literal",
        "char_literal",
        "character_literal",
        "string_value",
        "system_lib_string",
        "quoted_attribute_value",
    }
)
CODE_IN_STRINGS: Final = frozenset(
    {"interpolation", "template_substitution", "string_interpolation", "template_type"}
)
CONTENTS: Final = frozenset(
    {
        "string_content",
        "string_fragment",
        "multiline_string_fragment",
        "interpreted_string_literal_content",
        "raw_string_literal_content",
        "raw_string_content",
        "escape_sequence",
        "attribute_value",
        *CODE_IN_STRINGS,
    }
)
# A blank line between the parts of one of these is no place for a block.
_EXPRESSIONS: Final = frozenset(
    {
        "assignment",
        "assignment_expression",
        "await_expression",
        "binary_expression",
        "binary_operator",
        "boolean_operator",
        "comparison_operator",
        "conditional_expression",
        "field_expression",
        "lexical_declaration",
        "member_expression",
        "method_invocation",
        "return_statement",
        "selector_expression",
        "ternary_expression",
        "variable_declaration",
        "variable_declarator",
    }
)
_COLON_OPENERS: Final = frozenset(
    {
        "case_clause",
        "class_definition",
        "elif_clause",
        "else_clause",
        "except_clause",
        "except_group_clause",
        "finally_clause",
        "for_statement",
        "function_definition",
        "if_statement",
        "match_statement",
        "try_statement",
        "while_statement",
        "with_statement",
    }
)
_COLON_WORDS: Final = frozenset(
    {
        *("async", "case", "class", "def", "elif", "else", "except", "finally"),
        *("for", "if", "match", "try", "while", "with"),
    }
)
_CASE_COLONS: Final = frozenset(
    {"switch_case", "switch_default", "case_statement", "expression_case", "default_case",
     "type_case", "communication_case", "switch_label", "switch_block_statement_group"}
)  # fmt: skip
# The quotes that open a string. In Rust and Java an apostrophe is no string, and often single.
_QUOTES: Final = {"python": "\"'", "c": '"', "cpp": '"', "go": '"`', "java": '"', "rust": '"'}
_QUOTES_DEFAULT: Final = "\"'`"
_HASH_COMMENTS: Final = frozenset({"python"})  # no `/*` there
_BRACKETS: Final = ("()", "[]", "{}")
_EXPRESSION_ATTRIBUTES: Final = (b":", b"@", b"#", b"v-")  # Vue's; their values are code


def path_to(tree: Tree, at: int) -> list[Node] | None:
    """The nodes around the byte before `at`, the smallest first; None where they are too many.

    From the root down: asking a node for its parent searches from the root each time.
    """
    found = [tree.root_node]
    cursor = tree.walk()
    while at and cursor.goto_first_child_for_byte(at - 1) is not None:
        node = cursor.node
        if node is None or not node.start_byte < at <= node.end_byte:
            break
        found.append(node)
        if len(found) > DEPTH_MAX:
            return None
    return found[::-1]


def in_comment(path: list[Node], source: bytes, at: int) -> bool:
    """Whether the cursor at `at`, with `path` before it, is in a comment."""
    for node in path:
        if node.type in COMMENTS and node.start_byte < at:
            if source.startswith((b"/*", b"<!--"), node.start_byte):
                return at < node.end_byte or not source.endswith((b"*/", b"-->"), 0, node.end_byte)
            return b"\n" not in source[node.start_byte : at]
    return False


def in_string(path: list[Node], source: bytes, at: int, host: str) -> bool | None:
    """Whether the cursor at `at`, with `path` before it, is in a string. None: nothing says so."""
    for node in path:
        if node.type in CODE_IN_STRINGS and node.start_byte < at < node.end_byte:
            return False
        if node.type in STRINGS and node.start_byte < at:
            first, last = _marks(node)
            if first <= at <= last and at < max(node.end_byte, last + 1):
                return not _is_code(node, source, host)
            if at == node.end_byte:
                return False  # right behind it
    return None


def _marks(node: Node) -> tuple[int, int]:
    """Where a string's opening mark ends and its closing one starts."""
    first, last = node.start_byte + 1, max(node.start_byte + 1, node.end_byte - 1)
    if node.child_count:
        head, tail = node.child(0), node.child(node.child_count - 1)
        if head.type not in CONTENTS:
            first = head.end_byte
        if tail.type not in CONTENTS and node.child_count > 1:
            last = tail.start_byte
    return first, last


def _is_code(node: Node, source: bytes, host: str) -> bool:
    """Whether a quoted attribute of a template holds an expression."""
    name = node.prev_named_sibling
    if node.type != "quoted_attribute_value" or name is None or host == "html":
        return False
    return source.startswith(_EXPRESSION_ATTRIBUTES, name.start_byte)


def left_open(line: str, language: str) -> tuple[bool, bool]:
    """Whether a comment, or a string, that begins on `line` is open at its end. For broken code."""
    quotes = _QUOTES.get(language, _QUOTES_DEFAULT)
    quote = ""
    escaped = False
    for at, char in enumerate(line):
        if not quote and language not in _HASH_COMMENTS and line.startswith("/*", at):
            if "*/" not in line[at + 2 :]:
                return True, False
        elif escaped:
            escaped = False
        elif char == "\\":
            escaped = bool(quote)
        elif char == quote:
            quote = ""
        elif not quote and char in quotes:
            quote = char
    return False, bool(quote)


def in_expression(path: list[Node], at: int) -> bool:
    """Whether a cursor on a blank line stands between two parts of one expression."""
    around = next((node for node in path if node.start_byte < at < node.end_byte), None)
    return around is not None and around.type in _EXPRESSIONS


def opens_block(path: list[Node], line: str) -> bool:
    """Whether the last thing on `line`, to which `path` leads, opens a block."""
    if len(path) < 2 or path[0].is_named:
        return False
    last, parent = path[0].type, path[1].type
    if last == "{":
        return parent not in CODE_IN_STRINGS
    if last != ":" or _bracket_open(line):
        return False
    if parent in _COLON_OPENERS or parent in _CASE_COLONS:
        return True
    words = line.split(maxsplit=1)
    return parent == "ERROR" and bool(words) and words[0].rstrip(":") in _COLON_WORDS


def _bracket_open(line: str) -> bool:
    return any(line.count(opening) > line.count(closing) for opening, closing in _BRACKETS)
