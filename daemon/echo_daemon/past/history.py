"""What the commits of a repository changed, file by file, as edits of the parent's text.

Left out: running git (`echo_daemon.git`), what becomes of it (`echo_core.experience.past`, the
daemon).

Rules
 - Merges are left out: what they bring was written in other commits. So are renames and deletions.
 - Newest first, so that whoever stops early has what is likest to today's code.
 - Nothing is kept in memory beyond one commit's names and one file's two versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from rapidfuzz.distance import LCSseq

from echo_core.errors import InputError
from echo_core.experience.past import Block, Refusal, hunks, language_of, refused_name, refused_text
from echo_core.text.edits import Edit

COMMITS_MAX: Final = 20_000  # of one import; ten years of one person
FILES_MAX: Final = 40  # of one commit; a commit of more is a rename, a formatter or a vendored copy
FILE_BYTES_MAX: Final = 512 << 10  # 12,000 lines; comparing two of them takes 50 ms
NAME_BYTES_MAX: Final = 1 << 20  # of what git says of one commit before it is taken for bulk

_HEADER: Final = "\x01%H\x02%ct\x02%ae"


class Blobs(Protocol):
    """Contents of a repository by name."""

    async def read(self, name: str, bytes_max: int) -> bytes | None:
        """A content; None where it is larger or not there."""
        ...


class Git(Protocol):
    """`echo_daemon.git.program.GitProgram`."""

    async def output(
        self, root: Path, arguments: tuple[str, ...], bytes_max: int
    ) -> bytes | None: ...

    def stream(self, root: Path, arguments: tuple[str, ...]) -> AsyncGenerator[bytes, None]: ...

    def blobs(self, root: Path) -> AbstractAsyncContextManager[Blobs]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which commits. `author`: an address; empty: anybody's. `since`: as git understands it."""

    since: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a commit changed. `text`: the parent's; the edits stand alone against it."""

    path: str  # from the root, with slashes
    language: str
    commit: str
    made_ms: int
    text: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit and what can be learned from it; what cannot is counted."""

    name: str
    changes: tuple[FileChange, ...]
    refused: Counter[Refusal] = field(default_factory=Counter)


@dataclass(slots=True)
class _Raw:
    """A commit as git lists it: (old content, new content, path) of each file."""

    name: str
    made_ms: int
    author: str
    files: list[tuple[str, str, str]] = field(default_factory=list)
    count: int = 0


async def author_of(git: Git, root: Path) -> str:
    """The address of whoever commits in the repository at `root`.

    Raises:
        InputError: git knows none.
    """
    found = await git.output(root, ("config", "--get", "user.email"), 1000)
    address = (found or b"").decode("utf-8", "replace").strip()
    if not address:
        raise InputError("git knows no user.email here: name an address with --author.")
    return address


async def root_of(git: Git, folder: Path) -> Path:
    """The root of the repository that `folder` lies in.

    Raises:
        InputError: it lies in none, or git is not installed.
    """
    found = await git.output(folder, ("rev-parse", "--show-toplevel"), 8192)
    if not found:
        raise InputError(f"{folder} is not in a git repository that git opens for you.")
    return Path(found.decode("utf-8", "surrogateescape").removesuffix("\n"))


async def commits(git: Git, root: Path, wanted: Wanted) -> AsyncGenerator[Commit, None]:
    """The commits from HEAD back that are wanted, each with its changes."""
    async with git.blobs(root) as blobs, aclosing(_listed(git, root, wanted)) as listed:
        async for raw in listed:
            if wanted.author and raw.author.lower() != wanted.author.lower():
                continue
            yield await _commit(raw, blobs)


async def _listed(git: Git, root: Path, wanted: Wanted) -> AsyncGenerator[_Raw, None]:
    arguments = (
        "log", "--no-merges", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff",
        "--no-textconv", "--no-show-signature", "--no-notes", f"--format={_HEADER}",
        f"--max-count={COMMITS_MAX}", *([f"--since={wanted.since}"] if wanted.since else []),
        "HEAD", "--",
    )  # fmt: skip
    raw: _Raw | None = None
    described: list[str] = []
    async with aclosing(_tokens(git.stream(root, arguments))) as tokens:
        async for token in tokens:
            word = token.lstrip("\n")
            if word.startswith("\x01"):
                if raw is not None:
                    yield raw
                name, made_s, author = word[1:].split("\x02", 2)
                raw, described = _Raw(name, int(made_s) * 1000, author), []
            elif described and raw is not None:
                raw.count += 1
                if raw.count <= FILES_MAX and "160000" not in described[:2]:  # a submodule
                    raw.files.append((described[2], described[3], token))
                described = []
            elif word.startswith(":"):
                described = word[1:].split(" ")
    if raw is not None:
        yield raw


async def _tokens(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[str, None]:
    """What stands between NUL and NUL."""
    rest = b""
    async with aclosing(pieces):
        async for piece in pieces:
            *whole, rest = (rest + piece).split(b"\0")
            for token in whole:
                yield token.decode("utf-8", "surrogateescape")
            if len(rest) > NAME_BYTES_MAX:
                raise InputError("git answered with a name that is too long.")
    if rest:
        yield rest.decode("utf-8", "surrogateescape")


async def _commit(raw: _Raw, blobs: Blobs) -> Commit:
    refused: Counter[Refusal] = Counter()
    changes: list[FileChange] = []
    if raw.count > FILES_MAX:
        refused[Refusal.BULK] += 1
        return Commit(raw.name, (), refused)
    for old, new, path in raw.files:
        if set(new) == {"0"}:
            refused[Refusal.DELETION] += 1
            continue
        found = await _change(raw, old, new, path, blobs)
        if isinstance(found, Refusal):
            refused[found] += 1
        else:
            change, left_out = found
            refused += left_out
            if change.edits:
                changes.append(change)
    return Commit(raw.name, tuple(changes), refused)


async def _change(
    raw: _Raw, old: str, new: str, path: str, blobs: Blobs
) -> tuple[FileChange, Counter[Refusal]] | Refusal:
    by_name = refused_name(path)
    if by_name is not None:
        return by_name
    if set(old) == {"0"}:
        return Refusal.NEW_FILE
    texts: list[str] = []
    for name in (old, new):
        content = await blobs.read(name, FILE_BYTES_MAX)
        if content is None:
            return Refusal.HUGE
        try:
            texts.append(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return Refusal.BINARY
    by_text = refused_text(texts[1])
    if by_text is not None:
        return by_text
    edits, left_out = hunks(texts[0], texts[1], changed_lines)
    change = FileChange(path, language_of(path), raw.name, raw.made_ms, texts[0], tuple(edits))
    return change, left_out


def changed_lines(old: Sequence[str], new: Sequence[str]) -> list[Block]:
    """The blocks of lines that differ, by the longest common subsequence."""
    blocks: list[Block] = []
    for code in LCSseq.opcodes(old, new):
        if code.tag == "equal":
            continue
        # What is deleted and inserted at one place comes as two.
        if blocks and blocks[-1][1] == code.src_start and blocks[-1][3] == code.dest_start:
            blocks[-1] = (blocks[-1][0], code.src_end, blocks[-1][2], code.dest_end)
        else:
            blocks.append((code.src_start, code.src_end, code.dest_start, code.dest_end))
    return blocks
