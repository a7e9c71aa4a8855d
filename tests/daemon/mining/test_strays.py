"""A file that was renamed while nobody looked: found again by its text, in a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_core.records import events as ev
from echo_core.records.wire import (
    CompletionAsk,
    ConsentChoice,
    DocumentOpen,
    DocumentRef,
    SampleQuery,
)
from echo_testing.lodge import Lodge
from echo_testing.waiting import until

TEXT = "".join(f"def name_{number}():\n    return {number * 7919}\n" for number in range(40))
KEPT = "total = sum([1, 2, 3])\n"


def _read(path: Path) -> str:
    return path.read_text()


class Renamed:
    """A workspace in which `a.py` was edited and closed, and the next daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "w"
        self.root.mkdir()
        self.a = self.root / "a.py"
        self.lodge = Lodge(folder, watches=True)

    async def live(self) -> None:
        """Something is kept in `a.py`, and everybody goes."""
        self.a.write_text(TEXT)
        await self.lodge.hub.choose(ConsentChoice(record=True, by="a test"))
        self.lodge.front = self.lodge.enter(self.root.as_uri())
        doc = self.a.as_uri()
        self.lodge.open(doc, TEXT)
        await self.lodge.front.complete(CompletionAsk(doc, 1, 0, "automatic"))
        self.lodge.type(doc, KEPT)
        self.lodge.front.close_document(DocumentRef(doc))
        self.a.write_text(KEPT + TEXT)
        await self.next()

    async def next(self) -> None:
        """Another daemon."""
        await self.lodge.hub.close()
        self.lodge = Lodge(self.folder, watches=True)
        self.lodge.clock.pass_ms(3_600_000)
        await self.lodge.store.open()
        await self.lodge.hub.begin_recording()
        self.lodge.front = self.lodge.enter(self.root.as_uri())

    async def look(self, path: Path, language: str = "python") -> list[ev.Renamed]:
        """What is found when `path` opens."""
        doc = path.as_uri()
        self.lodge.front.open(DocumentOpen(doc, language, 1, _read(path)))
        await self.lodge.strays.look(self.lodge.front.recording.window, doc)
        return await self.renamings()

    async def renamings(self) -> list[ev.Renamed]:
        await self.lodge.hub.flush()
        queries = self.lodge.store.reading()
        found = [event for row in queries.sessions() for event in queries.events(row.session)]
        queries.close()
        return [event for event in found if isinstance(event, ev.Renamed)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Renamed]:
    house = Renamed(tmp_path)
    await house.live()
    yield house
    await house.lodge.hub.close()


async def test_it_goes_on_under_its_new_name(house: Renamed) -> None:
    new = house.root / "sub" / "b.py"
    new.parent.mkdir()
    house.a.rename(new)
    new.write_text(KEPT + "# moved\n" + TEXT)
    doc = new.as_uri()
    house.lodge.open(doc, new.read_text())
    kept = house.lodge.fold.kept
    await until(lambda: kept.follows(doc))  # nobody waited for it
    (renamed,) = await house.renamings()
    assert (renamed.doc, renamed.to) == (house.a.as_uri(), doc)
    assert 0.9 <= renamed.confidence < 1.0
    looks = (await house.lodge.hub.looks(SampleQuery(1))).rows
    seen = {row.moment: (row.place, row.kept_chars) for row in looks}
    assert seen["open"] == ("found", len(KEPT))
    report = await house.lodge.hub.rebuild(lambda _: None)
    assert (report.samples_differing, report.looks_differing, report.gaps_differing) == (0, 0, 0)
    await house.next()  # and it stays so
    assert house.lodge.fold.kept.docs() == [doc]


async def test_a_file_that_is_still_there_was_copied(house: Renamed) -> None:
    copy = house.root / "b.py"
    copy.write_text(house.a.read_text())
    assert await house.look(copy) == []


async def test_another_text_language_or_workspace_is_another_file(house: Renamed) -> None:
    text = house.a.read_text()
    house.a.unlink()
    other = house.root / "b.py"
    other.write_text("".join(f"value_{number} = {number}\n" for number in range(99)))
    assert await house.look(other) == []
    other.with_suffix(".js").write_text(text)
    assert await house.look(other.with_suffix(".js"), "javascript") == []
    outside = house.folder / "b.py"
    outside.write_text(text)
    assert await house.look(outside) == []


async def test_one_that_is_open_elsewhere_has_its_name_still(house: Renamed) -> None:
    text = house.a.read_text()
    house.a.unlink()  # and not saved again yet
    house.lodge.open(house.a.as_uri(), text)
    new = house.root / "b.py"
    new.write_text(text)
    assert await house.look(new) == []


async def test_what_was_renamed_by_somebody_who_said_so_is_not_it(house: Renamed) -> None:
    """Nor is one that never was in the log, or one that closed before the look."""
    doc = house.a.as_uri()
    other = house.root / "other.py"
    assert await house.lodge.archive.last_text(other.as_uri()) is None
    assert await house.lodge.archive.last_text(doc) == ("python", KEPT + TEXT)
    house.lodge.open(doc, KEPT + TEXT)
    house.lodge.type(doc, "# open\n")
    await house.lodge.hub.flush()
    assert await house.lodge.archive.last_text(doc) == ("python", "# open\n" + KEPT + TEXT)
    miner = house.lodge.front.recording.miner
    assert miner.renamed(doc, other.as_uri())
    assert await house.lodge.archive.last_text(doc) is None
    window = house.lodge.front.recording.window
    await house.lodge.strays.look(window, "file:///w/never_opened.py")
    assert len(await house.renamings()) == 1
