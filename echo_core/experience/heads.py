"""What was checked out when, in each repository that was told of.

Left out: how a repository is watched.
"""

from __future__ import annotations

from echo_core.records.events import HeadMoved

MOVES_MAX = 256  # of a repository's head that are remembered: a busy month


class Heads:
    """What was checked out when, in each repository (the URI of its folder)."""

    def __init__(self) -> None:
        self._last: dict[str, HeadMoved] = {}
        self._moves: dict[str, list[tuple[int, str]]] = {}

    def moved(self, event: HeadMoved) -> None:
        """Take a move; one that names no repository says nothing about any document."""
        if event.repo:
            self._last[folder(event.repo)] = event
            moves = self._moves.setdefault(folder(event.repo), [])
            if not moves or moves[-1][1] != event.ref:
                moves.append((event.at_ms, event.ref))
                del moves[:-MOVES_MAX]

    def last(self, repo: str) -> HeadMoved | None:
        """The newest that was told of this repository."""
        return self._last.get(folder(repo))

    def changed(self, doc: str, one_ms: int, two_ms: int) -> bool:
        """Whether another branch was checked out at the second time than at the first."""
        repos = [repo for repo in self._moves if doc.startswith(repo)]
        if not repos:
            return False
        moves = self._moves[max(repos, key=len)]
        return _branch(moves, one_ms) != _branch(moves, two_ms)


def _branch(moves: list[tuple[int, str]], at_ms: int) -> str:
    """What was checked out then; before the first that was told, that one."""
    return next((ref for when, ref in reversed(moves) if when <= at_ms), moves[0][1])


def folder(uri: str) -> str:
    """The URI of a folder as all URIs beneath it begin."""
    return uri if uri.endswith("/") else uri + "/"
