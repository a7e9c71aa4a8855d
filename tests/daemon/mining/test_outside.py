"""What happens outside becomes events: real files, real repositories, real watches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_core.experience.fold import Fold
from echo_core.experience.looks import Moment, Place
from echo_core.records import events as ev
from echo_core.records.wire import (
    CompletionAsk,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
)
from echo_daemon.git.program import GitProgram
from echo_daemon.git.repository import Repository
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.outside import Outside, path_of, text_of
from echo_daemon.watch.paths import WatchedPaths
from echo_runtime.clock import SystemClock
from echo_testing.desk import Desk, ListRecorder
from echo_testing.repos import Repo
from echo_testing.waiting import until


def _ask(doc: str, offset: int) -> CompletionAsk:
    return CompletionAsk(doc, 1, offset, "invoked")


class Room:
    """A repository, a window on it, and all that watches."""

    def __init__(self, root: Path, *, polls: bool) -> None:
        self.repo = Repo(root)
        self.fold = Fold(RapidMatcher())
        self.rules = 0
        self.outside = Outside(
            lambda touched, moved: WatchedPaths(
                touched, moved, poll_s=0.05, remote=lambda _: polls
            ),
            Repository.around,
            GitProgram(),
            kept=self.fold.kept,
            clock=SystemClock(),
            rules_changed=self._rule,
        )
        self.desk = Desk(fold=self.fold, outside=self.outside)
        self.versions = 1

    def _rule(self) -> None:
        self.rules += 1

    @property
    def recorder(self) -> ListRecorder:
        return self.desk.recorder

    def of(self, kind: type[ev.Event]) -> list[ev.Event]:
        return [event for event in self.recorder.events if isinstance(event, kind)]

    def open(self, name: str) -> str:
        doc = (self.repo.root / name).as_uri()
        text = (self.repo.root / name).read_text()
        self.desk.front.open(DocumentOpen(doc, "python", 1, text))
        return doc

    def edit(self, doc: str, start: int, deleted: int, inserted: str, length: int) -> None:
        self.versions += 1
        edits = [(start, deleted, inserted)]
        self.desk.front.edit(DocumentEdit(doc, self.versions, edits, length))

    def origins(self) -> list[ev.Origin]:
        return [e.origin for e in self.recorder.events if isinstance(e, ev.Edited)]


@pytest.fixture(params=["inotify", "polling"])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path / "repo", polls=request.param == "polling")
    yield room
    room.desk.front.close()
    await room.outside.close()


async def test_a_head_is_told_when_a_file_opens_and_when_it_moves(room: Room) -> None:
    room.repo.write("src/a.py", "x = 1\n")
    room.open("src/a.py")
    (first,) = room.of(ev.HeadMoved)
    assert isinstance(first, ev.HeadMoved)
    assert (first.ref, first.commit, first.move) == ("main", "", ev.HeadMove.UNKNOWN)
    assert first.repo == room.repo.root.as_uri()
    commit = room.repo.commit()
    room.outside.tick()
    await until(lambda: len(room.of(ev.HeadMoved)) == 2)
    room.repo.git("checkout", "-q", "-b", "other")
    await until(lambda: len(room.of(ev.HeadMoved)) == 3)
    moves = [(e.ref, e.commit, e.move) for e in room.of(ev.HeadMoved)[1:]]  # type: ignore[union-attr]
    assert moves == [("main", commit, ev.HeadMove.COMMIT), ("other", commit, ev.HeadMove.SWITCH)]


async def test_a_commit_tells_what_it_holds_of_what_is_followed(room: Room) -> None:
    path = room.repo.write("a.py", "def f():\n    \n")
    room.repo.write("b.py", "nothing of it is followed\n")
    room.repo.commit()
    doc = room.open("a.py")
    room.open("b.py")
    await room.desk.front.complete(_ask(doc, 13))
    kept = "return compute(1)"
    room.edit(doc, 13, 0, kept, 14 + len(kept))
    room.edit(doc, 0, 0, "#", 15 + len(kept))
    committed = "#" + path.read_text().replace("    \n", f"    {kept.replace('1', '2')}\n")
    path.write_text(committed)
    commit = room.repo.commit()
    await until(lambda: room.of(ev.Committed))
    (told,) = room.of(ev.Committed)
    assert told == ev.Committed(told.at_ms, doc, commit, committed)
    (look,) = [look for look in room.recorder.looks if look.moment is Moment.COMMITTED]
    assert (look.place, look.text) == (Place.FOUND, kept.replace("1", "2"))


@pytest.mark.parametrize("attributes", ["* text=auto eol=crlf\n", "* -text\n"])
async def test_a_commit_s_line_ends_are_no_difference(room: Room, attributes: str) -> None:
    path = room.repo.write("a.py", "def f():\r\n    \r\n\r\nf()\r\n")
    room.repo.write(".gitattributes", attributes)
    room.repo.commit()
    doc = path.as_uri()
    text = path.read_bytes().decode()
    room.desk.front.open(DocumentOpen(doc, "python", 1, text))
    await room.desk.front.complete(_ask(doc, 14))
    kept = "x = compute(1)\r\n    return x"
    room.edit(doc, 14, 0, kept, len(text) + len(kept))
    room.edit(doc, 0, 0, "#", len(text) + len(kept) + 1)
    path.write_bytes(("#" + text[:14] + kept + text[14:]).encode())
    room.repo.commit()
    await until(lambda: room.of(ev.Committed))
    (told,) = room.of(ev.Committed)
    assert isinstance(told, ev.Committed)
    assert ("\r" in told.text) is ("-text" in attributes)
    (look,) = [look for look in room.recorder.looks if look.moment is Moment.COMMITTED]
    assert (look.text, look.kept_rate, look.distance) == ("", 1.0, 0)


async def test_what_was_committed_while_nobody_looked_is_told(room: Room) -> None:
    path = room.repo.write("a.py", "def f():\n    \n")
    first = room.repo.commit()
    doc = room.open("a.py")
    await room.desk.front.complete(_ask(doc, 13))
    room.edit(doc, 13, 0, "return compute(1)", 31)
    room.desk.front.close_document(DocumentRef(doc))
    path.write_text("def f():\n    return compute(1)\n")
    second = room.repo.commit()
    assert first != second
    room.open("a.py")
    await until(lambda: room.of(ev.Committed))
    assert room.recorder.looks[-1].moment is Moment.COMMITTED
    assert room.recorder.looks[-1].kept_rate == 1.0


async def test_a_reload_is_external_and_a_save_is_not(room: Room) -> None:
    path = room.repo.write("a.py", "x = 1\n")
    doc = room.open("a.py")
    room.edit(doc, 0, 0, "y = 2\n", 12)
    room.desk.front.save(DocumentRef(doc))
    path.write_text("y = 2\nx = 1\n")
    other = "z = 3\nx = 1\n"
    temporary = path.with_name("a.tmp")
    temporary.write_text(other)
    temporary.replace(path)
    await until(lambda: room.desk.front.recording.window.foreign(doc) is not None)
    room.edit(doc, 12, 0, "#", 13)
    room.edit(doc, 12, 1, "", 12)
    room.edit(doc, 0, 5, "z = 3", 12)
    assert room.origins() == [
        ev.Origin.TYPED, ev.Origin.TYPED, ev.Origin.TYPED, ev.Origin.EXTERNAL,
    ]  # fmt: skip
    room.edit(doc, 0, 5, "y = 7", 12)
    assert room.origins()[-1] is ev.Origin.TYPED


async def test_a_file_that_has_another_name_on_disk_goes_on(room: Room) -> None:
    path = room.repo.write("a.py", "def f():\n    \n")
    doc = room.open("a.py")
    await room.desk.front.complete(_ask(doc, 13))
    front = room.desk.front
    new = path.with_name("b c.py")
    path.rename(new)
    to = new.as_uri()
    await until(lambda: front.recording.new_name(doc) == to)
    front.close_document(DocumentRef(doc))
    front.focus(DocumentRef(to))  # what was only closed would end here
    front.open(DocumentOpen(to, "python", 1, "def f():\n    pass\n"))
    assert [(e.doc, e.to) for e in room.of(ev.Renamed) if isinstance(e, ev.Renamed)] == [(doc, to)]
    assert room.origins() == [ev.Origin.UNSEEN]
    assert front.gaps_live == 1


async def test_a_head_is_told_again_where_it_was_forgotten(room: Room) -> None:
    room.repo.write("a.py", "x = 1\n")
    room.open("a.py")
    room.open("a.py")
    assert len(room.of(ev.HeadMoved)) == 1
    room.fold.kept.forget()
    room.desk.front.restart_recording()
    assert len(room.of(ev.HeadMoved)) == 2


async def test_rules_that_change_are_told(room: Room) -> None:
    room.repo.write("a.py", "x = 1\n")
    policy = room.repo.root / "policy.toml"
    room.outside.watch_rules(policy)
    room.outside.watch_rules(policy)
    room.open("a.py")
    policy.write_text("x")
    await until(lambda: room.rules)
    before = room.rules
    room.repo.write(".echoignore", "*.env\n")
    await until(lambda: room.rules > before)


async def test_nothing_is_watched_where_nothing_is_recorded(room: Room) -> None:
    room.recorder.recording = False
    room.repo.write("a.py", "x = 1\n")
    doc = room.open("a.py")
    room.repo.commit()
    assert room.recorder.events == []
    room.recorder.recording = True
    room.desk.front.restart_recording()
    assert [type(event) for event in room.recorder.events] == [ev.Opened, ev.HeadMoved]
    room.desk.front.close_document(DocumentRef(doc))
    room.outside.tick()


def test_only_files_of_this_machine_have_a_path() -> None:
    assert path_of("file:///a%20b/%C3%A4.py") == Path("/a b/ä.py")
    for doc in ("untitled:Untitled-1", "file://host/a", "file:///a%00b", "file:a", "file://[", ""):
        assert path_of(doc) is None


def test_only_utf8_is_text() -> None:
    assert text_of(b"\xef\xbb\xbfa") == "a"
    assert text_of(b"\xff") is None
    assert text_of(None) is None
