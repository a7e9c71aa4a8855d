"""Names in code: which ones a target uses, which ones a file makes, which are built in.

Left out: grammars' words for all this (`name_kinds`), judging (`echo_core.judging.checks.names`).

Rules
 - Never raises for what stands in a text. A language without a table is told as such.
 - A name that is cut by the target's edge counts as a whole: `x.ap` and `pend` are one.
 - Names never go into a log, an error or a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from tree_sitter import Node

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.names import Names, Use
from echo_daemon.structure.embedded import scripts
from echo_daemon.structure.faults import CHARS_MAX, FaultFinder, scripted
from echo_daemon.structure.name_kinds import BUILTINS, FUNCTIONS, KINDS, Kinds

_DUNDER = re.compile(r"__\w+__")
_STORE = re.compile(r"\$[A-Za-z_]")  # Svelte's way to read a store
_REACTIVE = re.compile(r"(?m)^\s*\$:\s*(\w+)\s*=(?!=)")  # what Svelte makes by assigning to it
_PATH_WORD = re.compile(r"[A-Za-z_]\w*")
# Of a macro's arguments in Rust the grammar knows tokens only.
_TOKENS: Final = frozenset({"token_tree", "token_repetition", "token_tree_pattern"})
_BEHIND: Final = (b".", b"::", b"'", b"$")
_PATTERNS: Final = frozenset({"shorthand_property_identifier_pattern"})
_NOWHERE: Final[frozenset[str]] = frozenset()
FILE_CHARS_MAX: Final = 256 << 10  # of a file in the workspace; longer ones are made by programs
_METHOD: Final = "method_invocation"


@cache
def builtins(language: str) -> frozenset[str]:
    """Names that a language has without any import."""
    name = BUILTINS.get(language)
    if name is None:
        return frozenset()
    text = (files(__package__) / "builtins" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.split("\n") if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


class NameFinder:
    """Reads texts for names. Used by one thread."""

    def __init__(self, finder: FaultFinder) -> None:
        self._finder = finder

    def names(self, case: Case) -> Names:
        """What the target uses, and what of it can be told from the window."""
        outer = case
        case = scripted(case)
        kinds = KINDS.get(case.language)
        if kinds is None:
            return Names(Cause.LANGUAGE_UNKNOWN)
        if len(outer.whole) > CHARS_MAX:
            return Names(Cause.TOO_LARGE)
        text = case.whole
        data = text.encode("utf-8", "replace")
        start = len(case.prefix.encode("utf-8", "replace"))
        end = len((case.prefix + case.target).encode("utf-8", "replace"))
        moved = outer.start - case.start
        built_in = builtins(case.language)
        used: list[Use] = []
        defined: set[str] = set()
        wild = False
        for node, made in _found(self._finder.tree(case.language, text).root_node, kinds, data):
            if node.type in kinds.wild:
                wild = True
                continue
            name = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            name = name[1:] if _STORE.match(name) and name not in built_in else name
            if made or node.end_byte <= start or node.start_byte >= end:
                defined.add(name)
                defined.update(_PATH_WORD.findall(name))
            elif name not in kinds.plain | built_in and not _DUNDER.fullmatch(name):
                first = len(data[: node.start_byte].decode("utf-8", "replace"))
                last = len(data[: node.end_byte].decode("utf-8", "replace"))
                used.append(Use(name, first + moved, last + moved))
        if outer.language == "svelte":
            defined.update(_REACTIVE.findall(text))
        if outer is not case:  # another script of the document, and Svelte's reactive names
            defined.update(self.seen(outer.language, outer.whole[: outer.start]))
            defined.update(self.seen(outer.language, outer.whole[outer.end :]))
        return Names(None, tuple(used), frozenset(defined) | built_in, wild)

    def seen(self, language: str, text: str) -> frozenset[str]:
        """Names that a whole file makes, imports or uses: for a window that shows a part of it."""
        found = [self._seen(part, inner) for part, inner in _parts(language, text)]
        return frozenset().union(*found)

    def definitions(self, language: str, text: str) -> frozenset[str]:
        """Names that a file makes for others to use: what is made inside of functions is not."""
        found = [self._definitions(part, inner) for part, inner in _parts(language, text)]
        return frozenset().union(*found)

    def _seen(self, language: str, text: str) -> frozenset[str]:
        kinds = KINDS[language]
        data = text.encode("utf-8", "replace")
        found = _found(self._finder.tree(language, text).root_node, kinds, data)
        words = (
            data[node.start_byte : node.end_byte].decode("utf-8", "replace") for node, _ in found
        )
        return frozenset(name for word in words for name in _PATH_WORD.findall(word))

    def _definitions(self, language: str, text: str) -> frozenset[str]:
        kinds = KINDS[language]
        data = text.encode("utf-8", "replace")
        found: set[str] = set()
        waiting = [self._finder.tree(language, text).root_node]
        while waiting:
            node = waiting.pop()
            hidden = node.child_by_field_name("body") if node.type in FUNCTIONS else None
            for at, child in enumerate(node.children):
                if child.child_count:
                    if child != hidden:
                        waiting.append(child)
                elif child.type in kinds.names and kinds.defining & _place(node, at):
                    name = data[child.start_byte : child.end_byte]
                    found.add(name.decode("utf-8", "replace"))
        return frozenset(found)


def _parts(language: str, text: str) -> list[tuple[str, str]]:
    """What of a text has names, and in which language: all of it, or the scripts within."""
    if len(text) > FILE_CHARS_MAX:
        return []
    found = ((one.language, text[one.start : one.end]) for one in scripts(language, text))
    return [(inner, part) for inner, part in found if inner in KINDS]


def _place(parent: Node, at: int) -> frozenset[str]:
    """Where a child stands, in the words of the tables."""
    return frozenset({parent.type, f"{parent.type}.{parent.field_name_for_child(at)}"})


def _found(root: Node, kinds: Kinds, data: bytes) -> Iterator[tuple[Node, bool]]:
    """Names that scope resolves, whether they are made there; and what imports everything."""
    deciding = {place.partition(".")[0] for place in kinds.skips | kinds.makers}
    waiting: list[tuple[Node, frozenset[str], bool]] = [(root, frozenset(), False)]
    while waiting:
        node, place, made = waiting.pop()
        if node.type in kinds.wild and made:
            yield node, True
        if node.child_count:
            method = node.type == _METHOD and node.child_by_field_name("object") is not None
            decides = method or node.type in deciding
            children = node.children
            for at in range(len(children) - 1, -1, -1):
                child = children[at]
                inside = _NOWHERE
                if decides or child.type in kinds.names:
                    inside = _place(node, at)
                if (method and f"{_METHOD}.name" in inside) or kinds.skips & inside:
                    continue
                waiting.append((child, inside, made | bool(kinds.makers & inside)))
        elif made and "string" in node.type:
            yield node, True  # the path of a package, whose last part is its name
        elif node.type in kinds.names and not node.is_missing:
            if made or kinds.made & place or node.type in _PATTERNS:
                yield node, True
            elif not kinds.apart & place and not (_TOKENS & place and _is_apart(node, data)):
                yield node, False


def _is_apart(node: Node, data: bytes) -> bool:
    """Whether a word among a macro's tokens belongs to something else, or may make a name."""
    before = data[max(0, node.start_byte - 2) : node.start_byte].rstrip()
    behind = data[node.end_byte : node.end_byte + 3].lstrip()
    return before.endswith(_BEHIND) or behind.startswith((b":", b"=", b"!", b"=>"))
