"""What happens outside the editor: a file changed on disk, a commit, another branch, new rules.

Left out: how paths are watched (`echo_daemon.watch`), how git is read (`echo_daemon.git`), what
it means to a gap (`echo_core.experience.kept`).

Rules
 - Only what is open while recording is on is looked at: its files, the repositories around them.
 - Contents of a commit are read only where something of the file is followed, and bounded.
 - Bursts count once: a rebase moves the head a hundred times, and is looked at when it rests.
 - An editor that reloads a file says so by an edit like any other. What tells it apart is that
   the text afterwards is the one on disk, which somebody else wrote there (docs/experience.md).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote, unquote, urlsplit

from echo_core.clock import Clock
from echo_core.experience.kept import Kept
from echo_core.records.events import HeadMove
from echo_daemon.mining.strays import Finder, Strays

QUIET_MS: Final = 300  # without another sign; git writes HEAD and its log within 10 ms
BURST_MS_MAX: Final = 5_000  # a rebase of a thousand commits is told in steps all the same
FILE_BYTES_MAX: Final = 4 << 20  # of a file on disk or in a commit; larger ones are not looked at
COMMIT_FILES_MAX: Final = 64  # of one commit, of those in which something is followed
IGNORE_FILE: Final = ".echoignore"


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a repository's head is now. `repo`: its folder, as the documents' URIs begin."""

    repo: str
    ref: str
    commit: str
    move: HeadMove


class Window(Finder, Protocol):
    """A front: one editor window with its documents."""

    def head_moved(self, moved: Moved) -> None: ...

    def committed(self, doc: str, commit: str, text: str) -> None: ...

    def on_disk(self, doc: str, text: str) -> None:
        """The file of an open document was written; perhaps by the editor itself."""
        ...

    def moved(self, doc: str, to: str) -> None:
        """The file of an open document has another name."""
        ...


class Paths(Protocol):
    """`echo_daemon.watch.paths.WatchedPaths`."""

    @property
    def note(self) -> str: ...

    def add(self, path: Path) -> None: ...

    def remove(self, path: Path) -> None: ...

    def retry(self) -> None: ...

    def close(self) -> None: ...


class Checkout(Protocol):
    """What is checked out."""

    @property
    def ref(self) -> str: ...

    @property
    def commit(self) -> str: ...

    @property
    def move(self) -> HeadMove: ...


class Repo(Protocol):
    """`echo_daemon.git.repository.Repository`."""

    @property
    def root(self) -> Path: ...

    @property
    def signs(self) -> tuple[Path, ...]: ...

    def head(self) -> Checkout | None: ...


class Contents(Protocol):
    """`echo_daemon.git.program.GitProgram`."""

    async def show(self, root: Path, commit: str, path: str, bytes_max: int) -> bytes | None: ...


@dataclass(slots=True, eq=False)
class _Watched:
    """A repository in which something is open."""

    repo: Repo
    uri: str
    windows: Counter[Window] = field(default_factory=Counter)
    head: Checkout | None = None
    looking: asyncio.Task[None] | None = None
    signs: int = 0  # ever


class Outside:
    """All files and repositories around what is open, for all windows."""

    def __init__(
        self,
        paths: Callable[[Callable[[Path], None], Callable[[Path, Path], None]], Paths],
        around: Callable[[Path], Repo | None],
        contents: Contents,
        *,
        kept: Kept,
        clock: Clock,
        rules_changed: Callable[[], None] = lambda: None,
        strays: Strays | None = None,
    ) -> None:
        """`paths` makes the watcher, given whom to tell of changes and of new names; `around`
        finds a file's repository, `strays` what a document under a new name was."""
        self._strays = strays
        self._paths = paths(self._touched, self._moved)
        self._around = around
        self._contents = contents
        self._kept = kept
        self._clock = clock
        self._rules_changed = rules_changed
        self._docs: dict[Path, dict[Window, str]] = {}
        self._repos: dict[Path, _Watched] = {}
        self._signs: dict[Path, _Watched] = {}
        self._rules: set[Path] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading: set[Path] = set()
        self._again: set[Path] = set()

    @property
    def note(self) -> str:
        """What is not watched as it should be, in a sentence; empty where all is."""
        return self._paths.note

    def watch_rules(self, path: Path) -> None:
        """Call `rules_changed` when `path` changes: a policy file, an ignore file."""
        if path not in self._rules:
            self._rules.add(path)
            self._paths.add(path)

    def opened(self, window: Window, doc: str) -> None:
        """`doc` is open in `window`; says where the head of its repository is."""
        path = path_of(doc)
        if path is None:
            return
        if window in self._docs.get(path, {}):
            self._tell_again(window, path)
            return
        self._docs.setdefault(path, {})[window] = doc
        self._paths.add(path)
        if self._strays is not None and self._strays.is_one(doc):
            self._start(self._strays.look(window, doc))
        repo = self._around(path)
        if repo is None:
            return
        self.watch_rules(repo.root / IGNORE_FILE)
        watched = self._repos.get(repo.root)
        if watched is None:
            depth = len(path.relative_to(repo.root).parts)
            # Cut from the document's URI: escapes are as the editor wrote them.
            watched = _Watched(repo, doc.rsplit("/", depth)[0], head=repo.head())
            self._repos[repo.root] = watched
            for sign in repo.signs:
                self._signs[sign] = watched
                self._paths.add(sign)
        watched.windows[window] += 1
        if watched.windows[window] == 1 and watched.head is not None:
            self._first_sight(window, watched, watched.head)

    def closed(self, window: Window, doc: str) -> None:
        """`doc` is not open in `window` any more."""
        path = path_of(doc)
        if path is None or self._docs.get(path, {}).pop(window, None) is None:
            return
        self._paths.remove(path)
        if not self._docs[path]:
            del self._docs[path]
        for watched in [one for one in self._repos.values() if path.is_relative_to(one.repo.root)]:
            watched.windows[window] -= 1
            watched.windows += Counter()  # drops those at zero
            if not watched.windows:
                self._forget(watched)

    def tick(self) -> None:
        """About once a second."""
        self._paths.retry()

    async def close(self) -> None:
        """Let go of everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._paths.close()

    # --- inside -----------------------------------------------------------------------------

    def _first_sight(self, window: Window, watched: _Watched, head: Checkout) -> None:
        before = self._kept.head(watched.uri)
        window.head_moved(Moved(watched.uri, head.ref, head.commit, HeadMove.UNKNOWN))
        if before is not None and before.ref == head.ref and before.commit != head.commit:
            # It moved while nobody looked: what was committed meanwhile is told now.
            self._start(self._tell_contents(watched, head.commit))

    def _tell_again(self, window: Window, path: Path) -> None:
        """Recording began anew, perhaps without what was told: it is told again."""
        for watched in self._repos.values():
            head = watched.head
            if head is None or self._kept.head(watched.uri) is not None:
                continue
            if path.is_relative_to(watched.repo.root):
                window.head_moved(Moved(watched.uri, head.ref, head.commit, HeadMove.UNKNOWN))

    def _forget(self, watched: _Watched) -> None:
        del self._repos[watched.repo.root]
        for sign in watched.repo.signs:
            del self._signs[sign]
            self._paths.remove(sign)

    def _touched(self, path: Path) -> None:
        if path in self._rules:
            self._rules_changed()
        if path in self._docs:
            self._read(path)
        watched = self._signs.get(path)
        if watched is not None:
            watched.signs += 1
            if watched.looking is None:
                watched.looking = self._start(self._look(watched))

    def _moved(self, old: Path, new: Path) -> None:
        """A file has another name; an editor replaces a file like that, then it has not."""
        if new in self._docs or old.exists():
            return
        for window, doc in list(self._docs.get(old, {}).items()):
            window.moved(doc, doc.rsplit("/", 1)[0] + "/" + quote(new.name))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _look(self, watched: _Watched) -> None:
        """Wait until the signs rest, then tell where the head is."""
        began = self._clock.steady_ms()
        seen = -1
        while seen != watched.signs and self._clock.steady_ms() - began < BURST_MS_MAX:
            seen = watched.signs
            await self._clock.sleep_ms(QUIET_MS)
        watched.looking = None
        before, head = watched.head, watched.repo.head()
        if head is None or head == before:
            return
        watched.head = head
        for window in list(watched.windows):
            window.head_moved(Moved(watched.uri, head.ref, head.commit, head.move))
        stayed = before is not None and before.ref == head.ref and before.commit != head.commit
        if stayed and head.move in (HeadMove.COMMIT, HeadMove.UNKNOWN):
            await self._tell_contents(watched, head.commit)

    async def _tell_contents(self, watched: _Watched, commit: str) -> None:
        """Tell what the commit holds of the files in which something is followed."""
        for doc in self._kept.followed_in(watched.uri)[:COMMIT_FILES_MAX]:
            path = path_of(doc)
            window = next(iter(watched.windows), None)
            if path is None or window is None or not commit:
                continue
            inner = path.relative_to(watched.repo.root).as_posix()
            content = await self._contents.show(watched.repo.root, commit, inner, FILE_BYTES_MAX)
            text = text_of(content)
            if text is not None:
                window.committed(doc, commit, text)

    def _read(self, path: Path) -> None:
        """Read a file that was written; once more where it was written meanwhile."""
        if path in self._reading:
            self._again.add(path)
            return
        self._reading.add(path)
        self._start(self._read_file(path))

    async def _read_file(self, path: Path) -> None:
        try:
            content = await asyncio.to_thread(_content, path)
        finally:
            self._reading.discard(path)
        text = text_of(content)
        if text is not None:
            for window, doc in list(self._docs.get(path, {}).items()):
                window.on_disk(doc, text)
        if path in self._again:
            self._again.discard(path)
            self._read(path)


def path_of(doc: str) -> Path | None:
    """The file of a document; None where its URI names no file of this machine."""
    try:
        parts = urlsplit(doc)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.path[:1] != "/":
        return None
    name = unquote(parts.path)
    return None if "\0" in name else Path(name)


def text_of(content: bytes | None) -> str | None:
    """A file's content as an editor shows it; None where it is not UTF-8."""
    if content is None:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError:
        return None
    return content if len(content) <= FILE_BYTES_MAX else None
