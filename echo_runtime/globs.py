"""Paths inside a workspace, and the patterns of .gitignore that name some of them.

Left out: who asks, and why.

Rules
 - Patterns mean what they mean in a .gitignore at the top of the workspace: the last one that fits
   decides, `!` takes back, `/` ties a pattern to the top.
 - A path is compared as it is written, whatever the file system thinks of capitals.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns, one each as on a line of .gitignore."""

    patterns: tuple[str, ...] = ()

    @property
    def well_formed(self) -> bool:
        """Whether every pattern is one."""
        try:
            _compiled(self.patterns)
        except ValueError:
            return False
        return True

    def name(self, uri: str, roots: Iterable[str]) -> bool:
        """Whether the document at `uri`, in a workspace with these folders, is named."""
        if not self.patterns:
            return False
        return _compiled(self.patterns).match_file(path_inside(uri, roots))


NO_GLOBS: Final = Globs()


def path_inside(uri: str, roots: Iterable[str]) -> str:
    """The path of `uri` below the innermost of `roots`; all of its path where it is in none."""
    path = _path(uri)
    above = [root for root in (_path(each).rstrip("/") + "/" for each in roots) if root != "/"]
    lengths = [len(root) for root in above if path.startswith(root)]
    return path[max(lengths, default=0) :].lstrip("/")


def _path(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).path)
    except ValueError:  # brackets where a host stands
        return uri


@functools.lru_cache(maxsize=16)
def _compiled(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """Raises: ValueError, where one is no pattern."""
    # Here, because most people have no pattern and need not wait for it or hold it in memory.
    from pathspec import GitIgnoreSpec  # noqa: PLC0415

    return GitIgnoreSpec.from_lines(patterns, backend="simple")
