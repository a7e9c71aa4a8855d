"""What git's files say, in real repositories."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from echo_core.records.events import HeadMove
from echo_daemon.git.program import GitError, GitProgram
from echo_daemon.git.repository import Head, Repository
from echo_testing.repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def head(root: Path) -> Head:
    found = Repository.around(root / "some" / "file.py")
    assert found is not None
    assert found.root == root
    at = found.head()
    assert at is not None
    return at


def test_without_a_repository_there_is_none(tmp_path: Path) -> None:
    assert Repository.around(tmp_path / "a.py") is None
    (tmp_path / ".git").write_text("not what git writes")
    found = Repository.around(tmp_path / "a.py")
    assert found is None or found.head() is None


def test_a_repository_without_commits_has_a_branch(repo: Repo) -> None:
    assert head(repo.root) == Head("main", "", HeadMove.UNKNOWN)


def test_every_move_has_its_name(repo: Repo) -> None:
    first = repo.commit("checkout: a message that looks like another move")
    assert head(repo.root) == Head("main", first, HeadMove.COMMIT)
    repo.git("checkout", "-q", "-b", "topic/one")
    assert head(repo.root) == Head("topic/one", first, HeadMove.SWITCH)
    repo.write("a", "1")
    second = repo.commit()
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "topic/one")
    assert head(repo.root) == Head("main", second, HeadMove.COMMIT)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    assert head(repo.root) == Head("main", first, HeadMove.RESET)
    repo.git("cherry-pick", second)
    assert head(repo.root).move is HeadMove.COMMIT
    repo.git("commit", "-q", "--amend", "-m", "other")
    assert head(repo.root).move is HeadMove.COMMIT
    repo.git("checkout", "-q", "--detach")
    at = head(repo.root)
    assert at.ref == at.commit == repo.git("rev-parse", "HEAD")


def test_packed_references_are_read(repo: Repo) -> None:
    first = repo.commit()
    repo.git("tag", "-a", "-m", "x", "v1")
    repo.git("pack-refs", "--all", "--prune")
    assert head(repo.root).commit == first


def test_a_worktree_has_a_head_of_its_own(repo: Repo, tmp_path: Path) -> None:
    first = repo.commit()
    tree = tmp_path / "tree"
    repo.git("worktree", "add", "-q", "-b", "side", str(tree))
    assert head(tree).ref == "side"
    assert head(tree).commit == first
    other = Repo(tree)
    second = other.commit()
    assert head(tree) == Head("side", second, HeadMove.COMMIT)
    assert head(repo.root).commit == first


async def test_git_shows_a_file_of_a_commit(repo: Repo) -> None:
    repo.write("dir/ä.py", "x = 1\n")
    commit = repo.commit()
    git = GitProgram()
    assert await git.show(repo.root, commit, "dir/ä.py", 100) == b"x = 1\n"
    assert await git.show(repo.root, commit, "dir/ä.py", 3) is None
    assert await git.show(repo.root, commit, "none.py", 100) is None
    nowhere = GitProgram({"PATH": ""})
    assert await nowhere.show(repo.root, commit, "dir/ä.py", 100) is None
    with pytest.raises(GitError, match="not installed"):
        async for _ in nowhere.stream(repo.root, ("log",)):
            pass


async def test_git_is_not_led_astray_by_the_environment(repo: Repo, tmp_path: Path) -> None:
    repo.write("a", "1")
    commit = repo.commit()
    git = GitProgram({**os.environ, "GIT_DIR": str(tmp_path)})
    assert await git.show(repo.root, commit, "a", 100) == b"1"


async def test_what_git_still_says_when_it_is_left_keeps_nobody(repo: Repo) -> None:
    repo.write("large", "a line of text\n" * 200_000)
    commit = repo.commit()
    git = GitProgram()
    async with git.blobs(repo.root) as blobs:
        asked = asyncio.ensure_future(blobs.read(f"{commit}:large", 1 << 22))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        # Meanwhile the answer comes, and fills all there is to hold it.
        whole = await git.show(repo.root, commit, "large", 1 << 22)
        assert len(whole or b"") == 3_000_000
