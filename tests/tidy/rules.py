"""The style of the project as functions: text of a file in, complaints out.

Left out: which files are looked at (`tidy.tree`), and what already breaks a rule
(`ratchet.toml` beside this file).

Rules
 - A complaint is one line, `path:line: what is wrong; what to do instead`.
 - Python is judged by its syntax tree, so that a comment may name what code must not do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

FILE_LINES_MAX = 400  # a reader holds one room in mind, not a house
FUNCTION_LINES_MAX = 60  # one screen
SOURCE_ROOTS = ("daemon", "trainer", "tests", "packaging")
PACKAGES = (
    *("echo_core/", "echo_runtime/", "echo_engine/", "echo_pages/", "echo_lsp/"),
    *("daemon/", "trainer/"),
)
MAY_PRINT = ("daemon/echo_daemon/ctl/", "trainer/echo_trainer/cli/", "tests/", "bench/")
MAY_SLEEP = ("echo_runtime/clock.py", "tests/")
MAY_NAME_SHARED = (".ci/run",)

# Each pattern has a one-letter class, so that this file does not match itself.
_LEFTOVERS = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b")
_MERGE_MARKS = re.compile(r"^(?:<{7}|>{7})(?: |$)")
_HOST_PATHS = re.compile(r"(?<![\w.~-])/(?:r[o]ot|w[o]rk|w[o]rkspace)(?:/|\b(?![-.\w]))")
_SHARED = re.compile(r"\.\./sh[a]red\b")
_REGISTRIES = re.compile(
    r"\bp[y]pi\.org|p[y]thonhosted\.org|registry\.n[p]mjs|registry\.y[a]rnpkg|--(?:extra-)?ind[e]x-url"
)

_BANNED_CALLS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # what is called: (what to do instead, where it is allowed)
    ".splitlines": (
        "it also splits at form feed and U+2028: use echo_core.text.document or .split",
        (),
    ),
    "time.sleep": ("wait for the condition, or take Clock.sleep_ms", ()),
    "asyncio.sleep": ("wait for the condition, or take Clock.sleep_ms", MAY_SLEEP),
    "datetime.now": ("take the time from echo_core.clock.Clock", ()),
    "datetime.datetime.now": ("take the time from echo_core.clock.Clock", ()),
    "time.time": ("take the time from echo_core.clock.Clock", ("echo_runtime/clock.py",)),
    "print": ("only echoctl speaks to people: return a value or log it", MAY_PRINT),
}


def banned_calls(path: str, source: str) -> Iterator[str]:
    """Calls that have a better spelling here. `asyncio.sleep(0)` waits for nothing and may stay."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        method = f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else called
        for spelling in {called, method} & _BANNED_CALLS.keys():
            instead, allowed = _BANNED_CALLS[spelling]
            yields = spelling == "asyncio.sleep" and ast.unparse(node)[-3:] == "(0)"
            if not path.startswith(allowed) and not yields:
                yield f"{path}:{node.lineno}: {spelling}( is banned; {instead}"


def leftovers(path: str, text: str) -> Iterator[str]:
    """Marks of unfinished work."""
    yield from _matches(path, text, _LEFTOVERS, "a leftover mark; finish it or file an issue")


def merge_marks(path: str, text: str) -> Iterator[str]:
    """Both sides of a merge that nobody resolved."""
    yield from _matches(path, text, _MERGE_MARKS, "left by a merge; resolve it")


def host_names(path: str, text: str, *, host_paths: tuple[str, ...] = ()) -> Iterator[str]:
    """Names that mean something on one machine only; `host_paths` are this machine's own."""
    yield from _matches(path, text, _HOST_PATHS, "a path of one machine; take it as an argument")
    if path not in MAY_NAME_SHARED:
        yield from _matches(path, text, _SHARED, "a folder outside the project; use ECHO_DATA")
    yield from _matches(
        path, text, _REGISTRIES, "a registry's host; leave it to pip's own settings"
    )
    for host_path in host_paths:
        pattern = re.compile(re.escape(host_path.rstrip("/")) + r"(?![\w-])")
        yield from _matches(path, text, pattern, "a path of this machine; take it as an argument")


def _matches(path: str, text: str, pattern: re.Pattern[str], what: str) -> Iterator[str]:
    for number, line in enumerate(text.split("\n"), start=1):
        if found := pattern.search(line):
            yield f"{path}:{number}: {found.group()!r} is {what}"


def source_root_packages(paths: list[str]) -> Iterator[str]:
    """`__init__.py` files that would turn a source root into a package."""
    for path in paths:
        pure = PurePosixPath(path)
        if pure.name == "__init__.py" and str(pure.parent) in SOURCE_ROOTS:
            yield f"{path}:1: {pure.parent}/ is a source root, not a package; delete this file"


def docstring(path: str, source: str) -> Iterator[str]:
    """Every module says in its first line what it is."""
    if not ast.get_docstring(ast.parse(source)):
        yield f"{path}:1: no module docstring; say what it is, what it leaves out, its rules"


def file_length(path: str, source: str, known: Mapping[str, int]) -> Iterator[str]:
    """Files beyond the limit, and known exceptions that are none any more."""
    yield from _ratchet(path, 1, source.count("\n"), FILE_LINES_MAX, known.get(path))


def function_lengths(path: str, source: str, known: Mapping[str, int]) -> Iterator[str]:
    """Functions beyond the limit; known exceptions are named `path:qualified.name`."""
    found: set[str] = set()
    for name, node in _functions(ast.parse(source), ""):
        key = f"{path}:{name}"
        found.add(key)
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        yield from _ratchet(key, node.lineno, lines, FUNCTION_LINES_MAX, known.get(key))
    for key in sorted(k for k in known if k.rpartition(":")[0] == path and k not in found):
        yield f"{key}: there is no such function; take it out of ratchet.toml"


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, _Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if isinstance(child, _Function):
                yield name, child
            yield from _functions(child, f"{name}.")
        else:
            yield from _functions(child, prefix)


def _ratchet(key: str, line: int, lines: int, lines_max: int, known: int | None) -> Iterator[str]:
    if known is not None and lines <= lines_max:
        yield f"{key}: {lines} lines are within the limit now; take it out of ratchet.toml"
    elif lines > (known or lines_max):
        yield f"{key} (line {line}): {lines} lines, at most {known or lines_max}; split it"


def dead_modules(sources: Mapping[str, str], entries: set[str]) -> Iterator[str]:
    """Modules that no entry point reaches by imports or by naming them in a string.

    `sources` maps dotted names to source text, packages under their own name. A module that is
    started in another process (`python -m`) is alive because its dotted name stands somewhere as
    a string.
    """
    alive: set[str] = set()
    waiting = [name for name in entries if name in sources]
    while waiting:
        name = waiting.pop()
        if name in alive:
            continue
        alive.add(name)
        package = name.rpartition(".")[0]
        named = {*_names_in(sources[name]), package}
        waiting.extend(named & sources.keys())
    for name in sorted(sources.keys() - alive):
        yield f"{name}: no program imports it; use it or delete it"


def _names_in(source: str) -> set[str]:
    """Every dotted name that a module imports, or that stands in it as a whole string."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.partition(":")[0])
    return names
