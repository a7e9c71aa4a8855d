"""What the checks know of the workspaces that documents lie in: names of code, names of people.

Left out: reading code (`echo_daemon.structure`), walking files (`echo_daemon.names_index`), asking
git (`echo_daemon.identity`).

Rules
 - A workspace is learnt in steps of about a second, so that typing need not wait for the rest.
 - It is looked at again after a while: only what changed is read.
 - All of it is in memory, and goes with the process.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.judging.checks.persons.names import LocalNames
from echo_core.places import holds, path_of
from echo_daemon.exclusion.rules import excluded
from echo_daemon.git.program import GitProgram
from echo_daemon.identity.local_names import gather
from echo_daemon.names_index.index import WorkspaceNames
from echo_daemon.structure.faults import FaultFinder
from echo_daemon.structure.names import NameFinder

STEP_MS: Final = 1_000  # of one `prepare`
AGAIN_MS: Final = 600_000  # what changed on disk since is seen so late
FOLDERS_MAX: Final = 64  # between a file and its repository
PEOPLE_KNOWN_MAX: Final = 64  # workspaces whose authors are remembered
FILE_BYTES_MAX: Final = 256 << 10  # longer files are data, or programs wrote them
FILES_KNOWN_MAX: Final = 64  # whose names are remembered: neighbouring samples are of one file


class Workspaces:
    """The index of names, and who works where. Used by one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._finder = NameFinder(FaultFinder())
        self._files: OrderedDict[str, tuple[tuple[int, int, str], frozenset[str]]] = OrderedDict()
        self._names = WorkspaceNames(
            self._finder.definitions, lambda path, roots: excluded(path, roots) is not None
        )
        self._looked_ms: dict[str, float] = {}
        self._people: OrderedDict[str, LocalNames] = OrderedDict()

    def prepare(self, doc: str, roots: Sequence[str]) -> bool:
        """Look at some more files of the workspace that `doc` lies in; whether there are more."""
        root, now_ms = _root(doc, roots), self._clock.steady_ms()
        if not root:
            return False
        if now_ms - self._looked_ms.get(root, -AGAIN_MS) >= AGAIN_MS:
            self._looked_ms[root] = now_ms
            self._names.begin(root)
        while self._names.step(root):
            if self._clock.steady_ms() - now_ms >= STEP_MS:
                return True
        return False

    def known(self, doc: str, roots: Sequence[str], language: str) -> AbstractSet[str]:
        """Names that the workspace makes for code in `language`, and all that the file itself says.

        What is kept with a sample is a window: an import above it is in the file.
        """
        return self._names.known(_root(doc, roots), language) | self._seen(doc, language)

    def _seen(self, doc: str, language: str) -> frozenset[str]:
        path = Path(path_of(doc))
        try:
            stat = path.stat()
            if not path.is_file() or stat.st_size > FILE_BYTES_MAX:
                return frozenset()
            stamp = (stat.st_mtime_ns, stat.st_size, language)
            held = self._files.get(str(path))
            if held is None or held[0] != stamp:
                text = path.read_bytes().decode("utf-8", "replace")
                held = self._files[str(path)] = (stamp, self._finder.seen(language, text))
                if len(self._files) > FILES_KNOWN_MAX:
                    self._files.popitem(last=False)
            return held[1]
        except OSError:
            return frozenset()  # it is not on disk, or not ours to read

    def people(self, doc: str, roots: Sequence[str]) -> LocalNames:
        """The names of this machine, its user, and those who work where `doc` lies."""
        root = _root(doc, roots)
        if root not in self._people:
            folders = [Path(root)] if root and Path(root).is_dir() else []
            self._people[root] = asyncio.run(gather(GitProgram(), folders, os.environ))
            if len(self._people) > PEOPLE_KNOWN_MAX:
                self._people.popitem(last=False)
        return self._people[root]


def _root(doc: str, roots: Sequence[str]) -> str:
    """The project that `doc` lies in: its repository, else the innermost of the workspaces."""
    path = path_of(doc)
    for folder in list(Path(path).parents)[:FOLDERS_MAX] if path else ():
        if (folder / ".git").exists():
            return str(folder)
    holding = [folder for folder in map(path_of, roots) if holds(folder, path)]
    return max(holding, key=len, default="")
