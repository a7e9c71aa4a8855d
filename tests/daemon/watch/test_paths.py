"""Paths that are watched, on real files: by inotify, and by asking."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.observers import Observer

from echo_daemon.watch import paths as paths_module
from echo_daemon.watch.paths import WatchedPaths, is_remote
from echo_testing.waiting import until


class Watcher:
    """A watcher and what it told."""

    def __init__(self, **options: object) -> None:
        self.told: list[Path] = []
        self.paths = WatchedPaths(self.told.append, **options)  # type: ignore[arg-type]

    async def tells(self, path: Path) -> None:
        """Wait until it told of `path`, and forget that it did."""
        await until(lambda: path in self.told)
        self.told.clear()


@pytest.fixture(params=["inotify", "polling"])
async def watcher(request: pytest.FixtureRequest) -> Iterator[Watcher]:
    polls = request.param == "polling"
    watcher = Watcher(poll_s=0.05, remote=lambda _: polls)
    yield watcher
    watcher.paths.close()


async def test_a_file_is_told_of_whatever_is_done_to_it(watcher: Watcher, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    watcher.paths.add(path)
    path.write_text("one")
    await watcher.tells(path)
    other = tmp_path / "a.py.tmp"
    other.write_text("another")
    other.replace(path)
    await watcher.tells(path)
    path.unlink()
    await watcher.tells(path)


async def test_what_nobody_cares_for_is_not_told(watcher: Watcher, tmp_path: Path) -> None:
    path, other = tmp_path / "a.py", tmp_path / "b.py"
    watcher.paths.add(path)
    watcher.paths.add(other)
    watcher.paths.add(other)
    watcher.paths.remove(other)
    other.write_text("cared for once more")
    await watcher.tells(other)
    watcher.paths.remove(other)
    other.write_text("no more")
    path.write_text("x")
    await until(lambda: path in watcher.told)
    assert other not in watcher.told


async def test_a_folder_that_comes_later_is_watched(watcher: Watcher, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "HEAD"
    watcher.paths.add(path)
    watcher.paths.retry()
    assert watcher.told == []
    path.parent.mkdir()
    path.write_text("was there before the watch")
    watcher.paths.retry()
    await watcher.tells(path)
    shutil.rmtree(path.parent)
    watcher.paths.retry()
    path.parent.mkdir()
    watcher.paths.retry()
    await until(lambda: path in watcher.told)
    watcher.told.clear()
    path.write_text("again")
    await watcher.tells(path)


async def test_a_folder_that_is_moved_away_takes_its_files_along(
    watcher: Watcher, tmp_path: Path
) -> None:
    path = tmp_path / "etc" / "policy.toml"
    path.parent.mkdir()
    path.write_text("")
    watcher.paths.add(path)
    path.parent.rename(tmp_path / "elsewhere")
    watcher.paths.retry()
    await watcher.tells(path)


async def test_a_drive_of_the_network_is_polled_and_says_so(tmp_path: Path) -> None:
    watcher = Watcher(poll_s=0.05, remote=lambda _: True)
    assert watcher.paths.note == ""
    watcher.paths.add(tmp_path / "a")
    assert "network drive" in watcher.paths.note
    watcher.paths.close()


async def test_an_exhausted_limit_is_polled_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Exhausted(Observer):  # type: ignore[misc, valid-type]
        def schedule(self, *_: object, **__: object) -> object:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(paths_module, "Observer", Exhausted)
    watcher = Watcher(poll_s=0.05, remote=lambda _: False)
    path = tmp_path / "a"
    watcher.paths.add(path)
    assert "limit of watches" in watcher.paths.note
    path.write_text("x")
    await watcher.tells(path)
    watcher.paths.close()


async def test_too_many_folders_are_not_watched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths_module, "FOLDERS_MAX", 1)
    (tmp_path / "inner").mkdir()
    watcher = Watcher()
    watcher.paths.add(tmp_path / "a")
    watcher.paths.add(tmp_path / "inner" / "b")
    assert "too many" in watcher.paths.note
    watcher.paths.remove(tmp_path / "inner" / "b")
    watcher.paths.close()


async def test_this_disk_is_not_remote(tmp_path: Path) -> None:
    assert not is_remote(tmp_path)
    assert not is_remote(Path("/"))
