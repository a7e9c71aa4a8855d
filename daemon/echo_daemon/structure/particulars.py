"""What there is in a target: statements that call, handlers that do nothing, comments, strings.

Left out: what follows from any of it (`echo_core.judging.checks`).

Rules
 - Only what lies in the target as a whole: half a handler is none.
 - Where in doubt, a comment is prose: only text that reads without a fault, and as something that
   people do not write in prose, counts as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from tree_sitter import Node, Tree

from echo_core.judging.checks.particulars import Call, Comment, Handler, Particulars
from echo_daemon.structure import kinds, nodes
from echo_daemon.structure.placing import Place, faults

NAME_CHARS_MAX: Final = 60  # of what is called; longer ones are chains
_NUMBERS = re.compile(r"(?:integer|float|number|decimal|int|hex).*")
_MARKS = re.compile(
    r"^[ \t]*(?:#+|/{2,}!?|/\*+!?|<!--|\*+(?!/)|--|;+)?|\*+/[ \t]*$|-->[ \t]*$", re.MULTILINE
)
_DOCUMENTS = re.compile(r"/\*\*|///|//!|/\*!|#:|#!")
# What is told to a tool, and reads as code.
_DIRECTIVE = re.compile(
    r"[^\w]*(?:clang-format|eslint|fmt|go:|isort|mypy|noqa|nolint|nosec|pragma|pylint|pyright|ruff"
    r"|ts-|type|yapf)\b"
)
_EXPECTED: Final = frozenset({"expected", "ignore", "ignored", "unused"})
_BROAD: Final = frozenset({"", "BaseException", "Exception"})
_NOTHING: Final = frozenset({"pass_statement", "continue_statement", "ellipsis"})
# What a comment is if it is read without a fault and holds one of these.
_CODE: Final = frozenset(
    {
        *("assignment", "assignment_expression", "augmented_assignment", "call", "call_expression"),
        *("declaration", "element", "function_declaration", "function_definition", "function_item"),
        *("if_statement", "import_from_statement", "import_statement", "init_declarator"),
        *("lexical_declaration", "let_declaration", "macro_invocation", "method_invocation"),
        *("local_variable_declaration", "for_statement", "short_var_declaration"),
        *("variable_declaration", "while_statement", "preproc_include", "preproc_def"),
    }
)
_PROSE = re.compile(r"\w (?:\(|\.\w)")  # `newer ()`, `replaces .set(1)`: people speak of code so
_ENDS_CODE = re.compile(r"[;{})\]:>]\s*$")


def of(place: Place, language: str, reads: Callable[[str], bool]) -> Particulars:
    """What there is in the target; `reads` says whether the text of a comment is code."""
    calls: list[Call] = []
    handlers: list[Handler] = []
    comments: list[Node] = []
    strings: list[tuple[int, int]] = []
    for node, parent in place.nodes():
        if node.type in nodes.COMMENTS:
            comments.append(node)
        elif node.type in nodes.STRINGS and parent.type not in nodes.STRINGS:
            strings.append((place.chars(node.start_byte), place.chars(node.end_byte)))
        elif not place.start <= node.start_byte <= node.end_byte <= place.end:
            continue
        elif (call := _call(place, node, parent)) is not None:
            calls.append(call)
        if (form := _swallows(place, node, language)) is not None and node.end_byte <= place.end:
            start, end = place.chars(node.start_byte), place.chars(node.end_byte)
            handlers.append(Handler(start, end, form))
    return Particulars(
        read=True,
        calls=tuple(calls),
        handlers=tuple(handlers),
        comments=tuple(_comment(place, group, reads) for group in _groups(place, comments)),
        strings=tuple(strings),
    )


def _call(place: Place, node: Node, parent: Node) -> Call | None:
    """A statement that is nothing but a call."""
    statement = parent.type == "expression_statement" or kinds.is_statement(node.type, parent.type)
    start, end = place.chars(node.start_byte), place.chars(node.end_byte)
    if node.type == "debugger_statement":
        return Call(start, end, "debugger", (), ())
    if not statement:
        return None
    if node.type == "binary_expression":
        return _stream(place, node, start, end)
    if node.type not in kinds.CALLS:
        return None
    literals: list[str] = []
    others: list[str] = []
    for one in _arguments(node):
        literal = one.type in nodes.STRINGS or _NUMBERS.fullmatch(one.type)
        (literals if literal else others).append(place.text(one).strip("\"'`"))
    return Call(start, end, _name(place, node), tuple(literals), tuple(others))


def _name(place: Place, node: Node) -> str:
    called = node.child_by_field_name("macro" if node.type == "macro_invocation" else "function")
    if called is None:
        parts = (node.child_by_field_name("object"), node.child_by_field_name("name"))
        name = ".".join(place.text(part) for part in parts if part is not None)
    else:
        name = place.text(called) + ("!" if node.type == "macro_invocation" else "")
    return "".join(name.split())[:NAME_CHARS_MAX]


def _arguments(node: Node) -> Iterator[Node]:
    held = node.child_by_field_name("arguments")
    if held is None:
        held = next((one for one in node.named_children if one.type == "token_tree"), None)
    yield from () if held is None else held.named_children


def _stream(place: Place, node: Node, start: int, end: int) -> Call | None:
    """`std::cout << a << b` of C++."""
    literals: list[str] = []
    others: list[str] = []
    left = node
    while left.type == "binary_expression":
        right = left.child_by_field_name("right")
        if right is None:
            return None
        if not place.source[left.start_byte : right.start_byte].rstrip().endswith(b"<<"):
            return None
        text = place.text(right)
        if right.type in nodes.STRINGS:
            literals.insert(0, text.strip("\"'"))
        elif not text.endswith("endl"):
            others.insert(0, text)
        left = left.named_children[0]
    return Call(start, end, place.text(left)[:NAME_CHARS_MAX], tuple(literals), tuple(others))


def _swallows(place: Place, node: Node, language: str) -> str | None:
    """The class of a handler that does nothing and does not say why."""
    if node.type == "except_clause" and language == "python":
        caught = [one for one in node.named_children if one.type not in ("block", *nodes.COMMENTS)]
        name = place.text(caught[0]).partition(" as ")[0] if caught else ""
        body = next((one for one in node.named_children if one.type == "block"), None)
        return "except" if name in _BROAD and body is not None and _idle(body) else None
    if node.type == "catch_clause":
        body = node.child_by_field_name("body")
        named = {word for one in node.named_children[:1] for word in _WORD.findall(place.text(one))}
        return "catch" if _empty(body) and named.isdisjoint(_EXPECTED) else None
    if node.type == "assignment_statement":
        text = "".join(place.text(node).split())
        return "discard" if text in ("_=err", "_=e") else None
    if node.type == "if_statement" and language == "go":
        condition = node.child_by_field_name("condition")
        checks = condition is not None and "".join(place.text(condition).split()) == "err!=nil"
        return "catch" if checks and _empty(node.child_by_field_name("consequence")) else None
    if node.type == "call_expression":
        return "promise" if _swallows_promise(place, node) else None
    return None


_WORD = re.compile(r"\w+")


def _swallows_promise(place: Place, node: Node) -> bool:
    called = node.child_by_field_name("function")
    if called is None or not place.text(called).endswith(".catch"):
        return False
    handlers = list(_arguments(node))
    return len(handlers) == 1 and _empty(handlers[0].child_by_field_name("body"))


def _empty(body: Node | None) -> bool:
    return body is not None and body.type in kinds.CONTAINERS and not body.named_child_count


def _idle(body: Node) -> bool:
    """Whether a block of Python does nothing, and has no comment that says why."""
    for one in body.named_children:
        inner = one.named_children if one.type == "expression_statement" else [one]
        if any(each.type not in _NOTHING for each in inner):
            return False
    beside = [] if body.parent is None else body.parent.children
    return all(one.type not in nodes.COMMENTS for one in beside)


def _groups(place: Place, comments: list[Node]) -> Iterator[list[Node]]:
    """Comments that stand together: each on the line below the one before."""
    group: list[Node] = []
    for node in comments:
        if group:
            between = place.source[group[-1].end_byte : node.start_byte]
            ended = group[-1].end_point.column == 0  # some grammars count the line end to it
            if between.strip() or between.count(b"\n") > (0 if ended else 1):
                yield group
                group = []
        group.append(node)
    if group:
        yield group


def _comment(place: Place, group: list[Node], reads: Callable[[str], bool]) -> Comment:
    first, last = group[0], group[-1]
    start = max(first.start_byte, place.start)
    end = min(last.end_byte, place.end)
    whole = place.source[start:end].decode("utf-8", "replace")
    text = _MARKS.sub("", whole)
    code = (
        first.start_byte >= place.start
        and last.end_byte <= place.end
        and not _DOCUMENTS.match(whole)
        and not _DIRECTIVE.match(text)
        and not _goes_on(place, first)
        and reads(text)
    )
    return Comment(place.chars(start), place.chars(end), text.strip(), code)


def _goes_on(place: Place, comment: Node) -> bool:
    """Whether the line above is a comment too, so that this is only the end of one."""
    line = place.source.rfind(b"\n", 0, comment.start_byte) + 1
    above = place.source[:line].rstrip(b"\r\n").rpartition(b"\n")[2].lstrip()
    return above.startswith((b"#", b"//", b"*", b"/*"))


def is_code(tree: Tree, text: str) -> bool:
    """Whether a text that was read as `tree` is code, and not words that happen to be read."""
    text = text.strip()
    single = "\n" not in text
    if faults(tree) or not text or (single and _PROSE.search(text)):
        return False
    if any(not _ENDS_CODE.search(line) and len(line.split()) > 6 for line in text.split("\n")):
        return False  # a sentence
    waiting = list(tree.root_node.children)
    for _ in range(200):  # nodes; code shows itself near the root
        if not waiting:
            return False
        node = waiting.pop()
        if node.type in _CODE and (node.type != "assignment" or "=" in text):
            return not single or _ENDS_CODE.search(text) is not None
        waiting += node.children
    return False
