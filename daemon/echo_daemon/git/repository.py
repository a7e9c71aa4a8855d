"""What git's own files say: where a repository is, what is checked out, what moved it there.

The files are read, not the program asked: that costs 0.1 ms, needs no git to be installed, and
works in a repository whose owner git distrusts. Read are `HEAD`, the loose or packed reference,
and the last line of `logs/HEAD`.

Left out: contents (`echo_daemon.git.program`), when to look (`echo_daemon.mining.outside`).

Rules
 - A worktree's `.git` is a file that names its folder; its references are the main repository's.
 - What cannot be read is unknown, not an error. Messages of commits are not kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.records.events import HeadMove

FILE_BYTES_MAX: Final = 4096  # of HEAD, a reference, the name of a folder
PACKED_BYTES_MAX: Final = 16 << 20  # of packed-refs: 200,000 references
LINE_BYTES_MAX: Final = 8192  # of the last line of the log: a subject is in it

_REF: Final = re.compile(r"ref: (refs/(?:heads/)?(\S+))")
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")
# The first word of a log's message says what was done.
_MOVES: Final = {
    "am": HeadMove.COMMIT,
    "cherry-pick": HeadMove.COMMIT,
    "commit": HeadMove.COMMIT,
    "merge": HeadMove.COMMIT,
    "pull": HeadMove.COMMIT,
    "revert": HeadMove.COMMIT,
    "checkout": HeadMove.SWITCH,
    "clone": HeadMove.SWITCH,
    "switch": HeadMove.SWITCH,
    "rebase": HeadMove.RESET,
    "reset": HeadMove.RESET,
}


@dataclass(frozen=True, slots=True)
class Head:
    """What is checked out. `ref`: the branch, or the commit where there is none."""

    ref: str
    commit: str
    move: HeadMove


@dataclass(frozen=True, slots=True)
class Repository:
    """Where a repository is. `root`: the folder that is checked out."""

    root: Path
    folder: Path  # of HEAD: `.git`, or the worktree's own
    common: Path  # of the references

    @classmethod
    def around(cls, path: Path) -> Repository | None:
        """The repository that `path` lies in; None where there is none."""
        for root in path.parents:
            place = root / ".git"
            if place.is_dir():
                return cls(root, place, place)
            named = _text(place).removeprefix("gitdir: ").strip() if place.is_file() else ""
            if named:
                folder = root / named
                common = _text(folder / "commondir").strip()
                return cls(root, folder, folder / common if common else folder)
        return None

    @property
    def signs(self) -> tuple[Path, Path, Path]:
        """The paths whose change may mean that the head moved; `logs` comes with a first commit."""
        return (self.folder / "HEAD", self.folder / "logs", self.folder / "logs" / "HEAD")

    def head(self) -> Head | None:
        """What is checked out now; None where it cannot be read."""
        content = _text(self.folder / "HEAD").strip()
        move = self._move()
        if _COMMIT.fullmatch(content):
            return Head(content, content, move)
        named = _REF.fullmatch(content)
        if named is None:
            return None
        return Head(named[2], self._commit(named[1]), move)

    def _commit(self, ref: str) -> str:
        loose = _text(self.common / ref).strip()
        if _COMMIT.fullmatch(loose):
            return loose
        ending = f" {ref}"
        for line in _text(self.common / "packed-refs", PACKED_BYTES_MAX).split("\n"):
            if line.endswith(ending):
                return line[: -len(ending)]
        return ""

    def _move(self) -> HeadMove:
        try:
            with (self.folder / "logs" / "HEAD").open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - LINE_BYTES_MAX))
                last = file.read(LINE_BYTES_MAX).rstrip(b"\n").rpartition(b"\n")[2]
        except OSError:
            return HeadMove.UNKNOWN
        message = last.partition(b"\t")[2].decode("utf-8", "replace")
        word = re.match(r"[a-z-]*", message)
        return _MOVES.get(word[0] if word else "", HeadMove.UNKNOWN)


def _text(path: Path, bytes_max: int = FILE_BYTES_MAX) -> str:
    try:
        with path.open("rb") as file:
            return file.read(bytes_max).decode("utf-8", "replace")
    except OSError:
        return ""
