"""The names that the files of a workspace make, read from disk in idle time, a few files a step.

Left out: reading names out of code (`echo_daemon.structure.names`, handed in), which files are
never looked at (`echo_daemon.exclusion`, handed in), when there is idle time.

Rules
 - Kept in memory and nowhere else; no name and no path goes into a log or an error.
 - What git ignores, what `.echoignore` shuts out, links, and folders that programs fill are left
   out. So is what is too large, and all that is beyond the bounds.
 - A later pass reads only what changed since; what is gone from the disk is gone from here.
 - A pass that is not over yet knows less, never something wrong.
"""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

ROOTS_MAX: Final = 8  # workspaces between which somebody goes to and fro
FILES_MAX: Final = 20_000  # of one workspace; of more, those that come first
FILES_PER_STEP: Final = 8  # about 50 ms: less than anybody waits for
FOLDERS_MAX: Final = 20_000
DEPTH_MAX: Final = 32
FILE_BYTES_MAX: Final = 256 << 10  # longer files are data, or programs wrote them
NAMES_MAX: Final = 500_000  # of one workspace, about 60 MB
IGNORE_BYTES_MAX: Final = 1 << 18

# Languages that use each other's names share them.
FAMILIES: Final = {
    "c": "c", "cpp": "c", "go": "go", "java": "java", "javascript": "script",
    "javascriptreact": "script", "python": "python", "rust": "rust", "svelte": "script",
    "typescript": "script", "typescriptreact": "script", "vue": "script",
}  # fmt: skip
LANGUAGES: Final = {
    ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".go": "go", ".h": "cpp", ".hh": "cpp",
    ".hpp": "cpp", ".hxx": "cpp", ".java": "java", ".js": "javascript", ".jsx": "javascriptreact",
    ".mjs": "javascript", ".py": "python", ".pyi": "python", ".rs": "rust", ".svelte": "svelte",
    ".ts": "typescript", ".tsx": "typescriptreact", ".vue": "vue",
}  # fmt: skip
_FILLED: Final = frozenset(
    {"node_modules", "__pycache__", "venv", "site-packages", "target", "dist", "build", "vendor"}
)

Definitions = Callable[[str, str], frozenset[str]]  # language, text
Excluded = Callable[[str, Sequence[str]], bool]  # path, roots


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, int]  # when it was changed, and how many bytes it has
    family: str
    names: frozenset[str]


@dataclass(slots=True)
class _Root:
    files: dict[str, _File] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    walk: Iterator[str] | None = None
    seen: set[str] = field(default_factory=set)
    whole: bool = False  # one pass was over

    @property
    def size(self) -> int:
        """Names of all families."""
        return sum(map(len, self.counts.values()))


class WorkspaceNames:
    """The index of a few workspaces. Used by one thread."""

    def __init__(self, definitions: Definitions, excluded: Excluded) -> None:
        self._definitions = definitions
        self._excluded = excluded
        self._roots: OrderedDict[str, _Root] = OrderedDict()

    def known(self, root: str, language: str) -> AbstractSet[str]:
        """Names that the files below the folder `root` make for code in `language`, so far."""
        held = self._roots.get(root)
        family = FAMILIES.get(language)
        if held is None or family is None:
            return frozenset()
        return held.counts.get(family, Counter()).keys()

    def is_whole(self, root: str) -> bool:
        """Whether everything below `root` was read once."""
        held = self._roots.get(root)
        return held is not None and held.whole

    def begin(self, root: str) -> None:
        """Look at all files below the folder `root` (again), as steps are made."""
        held = self._roots.setdefault(root, _Root())
        self._roots.move_to_end(root)
        if held.walk is None:
            held.walk, held.seen = self._paths(root), set()
        while len(self._roots) > ROOTS_MAX:
            self._roots.popitem(last=False)

    def step(self, root: str) -> bool:
        """Look at the next few files below `root`; whether there are more."""
        held = self._roots.get(root)
        if held is None or held.walk is None:
            return False
        for _ in range(FILES_PER_STEP):
            path = next(held.walk, None)
            if path is None or len(held.seen) >= FILES_MAX:
                for gone in held.files.keys() - held.seen:
                    _forget(held, gone)
                held.walk, held.whole = None, True
                return False
            held.seen.add(path)
            self._look(held, path)
        return True

    def _look(self, held: _Root, path: str) -> None:
        language = LANGUAGES[os.path.splitext(path)[1]]  # noqa: PTH122 - text, not a file
        try:
            stat = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - a path in bytes may be bad
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = held.files.get(path)
            if known is not None and known.stamp == stamp:
                return
            text = _text(path) if stat.st_size <= FILE_BYTES_MAX else ""
        except OSError:
            held.seen.discard(path)  # gone, or not ours to read
            return
        _forget(held, path)
        names = self._definitions(language, text)
        if held.size + len(names) > NAMES_MAX:
            names = frozenset()
        file = _File(stamp, FAMILIES[language], names)
        held.files[path] = file
        held.counts.setdefault(file.family, Counter()).update(names)

    def _paths(self, root: str) -> Iterator[str]:
        """Files of code below `root` that may be looked at, in a fixed order."""
        waiting: list[tuple[str, int, tuple[_Ignore, ...]]] = [(root, 0, ())]
        for _ in range(FOLDERS_MAX):
            if not waiting:
                return
            folder, depth, ignores = waiting.pop()
            ignores = (*ignores, *_ignore(folder))
            inner = []
            for entry in _entries(folder):
                if _is_ignored(entry.path, ignores, folder=entry.is_dir(follow_symlinks=False)):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < DEPTH_MAX and entry.name not in _FILLED and entry.name[0] != ".":
                        inner.append((entry.path, depth + 1, ignores))
                elif self._wanted(entry, root):
                    yield entry.path
            waiting += reversed(inner)

    def _wanted(self, entry: os.DirEntry[str], root: str) -> bool:
        suffix = os.path.splitext(entry.name)[1]  # noqa: PTH122 - text, not a file
        if suffix not in LANGUAGES or not entry.is_file(follow_symlinks=False):
            return False
        return not self._excluded(entry.path, [root])


@dataclass(frozen=True, slots=True)
class _Ignore:
    """One folder's `.gitignore`."""

    folder: str
    patterns: GitIgnoreSpec


def _ignore(folder: str) -> tuple[_Ignore, ...]:
    try:
        with (Path(folder) / ".gitignore").open("rb") as file:
            text = file.read(IGNORE_BYTES_MAX).decode("utf-8", "replace")
        return (_Ignore(folder, GitIgnoreSpec.from_lines(text.split("\n"), backend="simple")),)
    except (OSError, ValueError):  # none there, or a pattern that git would not understand either
        return ()


def _is_ignored(path: str, ignores: tuple[_Ignore, ...], *, folder: bool) -> bool:
    """What git would say; the deepest file of patterns that says something wins."""
    for ignore in reversed(ignores):
        below = path[len(ignore.folder) :].lstrip("/") + "/" * folder
        include = ignore.patterns.check_file(below).include
        if include is not None:
            return include
    return False


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _text(path: str) -> str:
    with open(path, "rb", opener=_unlinked) as file:
        return file.read(FILE_BYTES_MAX).decode("utf-8", "replace")


def _unlinked(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _forget(held: _Root, path: str) -> None:
    file = held.files.pop(path, None)
    if file is not None:
        counts = held.counts[file.family]
        counts.subtract(file.names)
        for name in file.names:
            if counts[name] <= 0:
                del counts[name]
