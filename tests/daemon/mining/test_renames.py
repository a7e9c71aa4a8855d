"""An open document gets another name: its gaps and what is followed of it go on under that."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_core.gaps.life import Break
from echo_core.records.events import Closed, Edited, Focused, Marked, Opened, Origin, Renamed
from echo_core.records.wire import CompletionAsk, DocumentOpen, DocumentRef, DocumentRename
from echo_core.text.edits import Edit
from echo_daemon.mining.renames import CLOSE_WAITS_MS, Renames, moved
from echo_testing.desk import Desk

TEXT = "x = \nprint(x)\n"
NOW_MS = 1_000_000
OTHER = "file:///other.py"


class Renaming(Desk):
    """A desk with one document, in which a gap is alive."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.a, self.b = ((folder / name).as_uri() for name in ("a.py", "b c.py"))
        Path(folder, "a.py").touch()

    async def begin(self) -> None:
        self.come(self.a)
        await self.front.complete(CompletionAsk(self.a, 1, 4, "automatic"))
        assert self.front.gaps_live == 1

    def come(self, doc: str, text: str = TEXT, language: str = "python") -> None:
        self.front.open(DocumentOpen(doc, language, 1, text))

    def go(self, doc: str) -> None:
        self.front.close_document(DocumentRef(doc))

    def happened(self) -> list[type]:
        """After the opening, the request and its answer."""
        self.front.recording.settled()
        return [kind for kind in self.recorder.kinds()[3:] if kind is not Focused]


@pytest.fixture
async def desk(tmp_path: Path) -> Renaming:
    desk = Renaming(tmp_path)
    await desk.begin()
    return desk


async def test_a_plain_client_closes_and_opens(desk: Renaming) -> None:
    desk.go(desk.a)
    desk.come(desk.b)
    assert desk.happened() == [Renamed, Edited]
    assert desk.recorder.events[-1] == Edited(NOW_MS, desk.b, 1, (), Origin.UNSEEN)
    assert desk.front.gaps_live == 1
    miner = desk.front.recording.miner
    miner.observe(Edited(NOW_MS, desk.b, 2, (Edit(4, 4, "1"),), Origin.TYPED))
    desk.go(desk.b)
    desk.front.recording.settled()
    (mined,) = desk.recorder.mined
    assert mined.sample is not None
    assert (mined.reason, mined.sample.target, mined.sample.doc) == (Break.CLOSED, "1", desk.b)


@pytest.mark.parametrize("other", ["y = 1\n", "x = \r\nprint(x)\r\n"])
async def test_another_text_is_another_document(desk: Renaming, other: str) -> None:
    desk.go(desk.a)
    desk.come(desk.b, other)
    assert desk.happened() == [Closed, Opened]


async def test_another_language_is_another_document(desk: Renaming) -> None:
    desk.go(desk.a)
    desk.come(desk.b, language="text")
    assert desk.happened() == [Closed, Opened]
    desk.go(desk.b)
    desk.come(desk.b)
    assert desk.happened()[2:] == [Closed, Opened]


async def test_empty_files_are_all_the_same(desk: Renaming) -> None:
    desk.come("file:///1.py", "\n")
    desk.go("file:///1.py")
    desk.come("file:///2.py", "\n")
    desk.come("file:///3.py", "\n")
    desk.go("file:///2.py")
    assert desk.happened() == [Opened, Closed, Opened, Opened, Closed]


async def test_what_comes_in_between_ends_the_waiting(desk: Renaming) -> None:
    desk.go(desk.a)
    desk.front.tick()
    assert desk.recorder.kinds()[3:] == []
    desk.clock.now_ms += CLOSE_WAITS_MS
    desk.front.tick()
    assert desk.recorder.kinds()[3:] == [Closed]
    assert desk.recorder.events[-1].at_ms == NOW_MS
    desk.come(desk.a)
    desk.go(desk.a)
    desk.front.focus(DocumentRef(OTHER))
    desk.come(desk.b)
    assert desk.happened()[1:] == [Opened, Closed, Opened]


async def test_the_new_one_may_come_first(desk: Renaming, tmp_path: Path) -> None:
    desk.come(desk.b)
    (tmp_path / "a.py").rename(tmp_path / "b c.py")
    desk.go(desk.a)
    assert desk.happened() == [Opened, Renamed]
    assert desk.front.gaps_live == 1


async def test_a_copy_is_no_new_name(desk: Renaming) -> None:
    desk.come(desk.b)
    desk.go(desk.a)
    assert desk.happened() == [Opened, Closed]


@pytest.mark.parametrize("order", ["word go come", "word come go", "come word go", "go+word come"])
async def test_a_client_that_says_it(desk: Renaming, order: str) -> None:
    for step in order.split():
        if "go" in step:
            desk.go(desk.a)
        if "word" in step:
            desk.front.rename(DocumentRename(desk.a, desk.b))
        if "come" in step:
            desk.come(desk.b)
        desk.front.focus(DocumentRef(OTHER))
    opened_first = order.startswith("come")
    assert desk.happened() == ([Opened, Renamed] if opened_first else [Renamed, Edited])
    assert desk.front.gaps_live == 1


async def test_what_comes_under_the_new_name_may_be_changed(desk: Renaming) -> None:
    desk.front.rename(DocumentRename(desk.a, desk.b))
    desk.come(desk.b, TEXT + "# more\n")
    edited = desk.recorder.events[-1]
    assert isinstance(edited, Edited)
    assert [edit.inserted for edit in edited.edits] == ["# more\n"]
    assert desk.front.gaps_live == 1


async def test_a_folder_takes_what_lies_beneath_it(desk: Renaming, tmp_path: Path) -> None:
    desk.front.rename(DocumentRename(tmp_path.as_uri(), (tmp_path / "new folder").as_uri()))
    desk.go(desk.a)
    # The client escapes otherwise than it did before: it is the same place.
    desk.come((tmp_path / "new folder" / "a.py").as_uri().replace("a.py", "%61.py"))
    assert Renamed in desk.happened()
    assert Closed not in desk.happened()
    assert desk.front.gaps_live == 1


def test_names_beneath_a_folder() -> None:
    assert moved("file:///p/a%20b/c.py", "file:///p", "file:///q/r/") == "file:///q/r/a%20b/c.py"
    assert moved("file:///p/a b", "file:///%70", "file:///q") == "file:///q/a b"
    assert moved("file:///pq/a", "file:///p", "file:///q") is None


async def test_what_is_followed_of_a_closed_document_goes_on(desk: Renaming) -> None:
    miner = desk.front.recording.miner
    miner.observe(Edited(NOW_MS, desk.a, 2, (Edit(4, 4, "12345678"),), Origin.TYPED))
    desk.go(desk.a)
    desk.front.focus(DocumentRef(OTHER))
    desk.front.rename(DocumentRename(desk.a, desk.b))
    assert desk.fold.kept.docs() == [desk.b]
    desk.come(desk.b, "x = 12345678\nprint(x)\n")
    assert [look.place for look in desk.recorder.looks] == ["found"]


async def test_into_what_may_not_be_recorded_nothing_goes(desk: Renaming) -> None:
    desk.recorder.private.add(desk.b)
    desk.go(desk.a)
    desk.come(desk.b)
    assert desk.happened() == [Closed]
    desk.come(desk.a)
    desk.go(desk.a)
    desk.front.rename(DocumentRename(desk.a, desk.b))
    assert desk.happened() == [Closed, Opened, Closed]


async def test_a_document_that_is_kept_apart_is_simply_another(desk: Renaming) -> None:
    desk.recorder.private.add("file:///secret.py")
    desk.come("file:///secret.py")
    desk.go("file:///secret.py")
    desk.come(desk.b)
    assert desk.happened() == [Opened]
    desk.front.rename(DocumentRename("file:///never.py", "file:///was.py"))


def test_what_was_said_and_never_done_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("echo_daemon.mining.renames.SAID_MAX", 1)
    renames = Renames()
    renames.say("file:///a", "file:///b")
    renames.say("file:///c", "file:///d")
    assert (renames.target("file:///a"), renames.target("file:///c")) == (None, "file:///d")


async def test_a_window_that_leaves_closes_what_it_closed(desk: Renaming) -> None:
    desk.go(desk.a)
    desk.front.close()
    assert desk.happened() == [Closed, Marked]
