"""`echoctl import git` as a person calls it: the command, a real daemon, a real repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from echo_testing.repos import Repo
from echo_testing.shell import Shell

CANARY = "zyxwvq_canary_5507"


@pytest.fixture
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("h"))
    yield shell
    shell.run("stop")


def test_history_becomes_samples(shell: Shell, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    for number in range(3):
        lines = "".join(f"{CANARY}_{n} = {n}\n" for n in range(number + 1))
        repo.write("a.py", f"import os\n{lines}print(os)\n")
        repo.write("notes.md", f"{number}\n")
        repo.commit()
    refused = shell.run("import", "git", str(repo.root))
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "consent record on" in refused.stderr
    assert shell.run("consent", "record", "on").returncode == 0
    done = shell.run("import", "git", str(repo.root), "--author", "author@example.org")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 commits, 2 samples; left out:\n")
    assert "3  files of no language that is completed" in done.stdout
    assert "1  files that were new" in done.stdout
    again = shell.run("import", "git", str(repo.root), "--limit", "1")
    assert "0 samples" in again.stdout
    listed = shell.run("samples", "list", "--break", "imported")
    assert "2 of 2 samples" in listed.stdout
    shown = shell.run("samples", "show", "1")
    assert CANARY in shown.stdout
    looks = shell.run("samples", "looks", "1")
    assert (looks.returncode, looks.stdout.split()[:2]) == (0, ["moment", "at"])
    assert shell.run("stop").returncode == 0
    for path in shell.home.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


def test_no_more_than_the_limit_is_taken(shell: Shell, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    lines = [f"value_{n} = {n}\n" for n in range(60)]
    repo.write("a.py", "".join(lines))
    repo.commit()
    for number in range(2):
        for at in (5, 25, 45):
            lines[at] = f"value_{at} = compute_{number}({at})\n"
        repo.write("a.py", "".join(lines))
        repo.commit()
    assert shell.run("consent", "record", "on").returncode == 0
    done = shell.run("import", "git", str(repo.root), "--limit", "4")
    assert ", 4 samples" in done.stdout
    again = shell.run("import", "git", str(repo.root))
    assert ", 2 samples" in again.stdout


def test_a_folder_without_a_repository_is_refused(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("consent", "record", "on").returncode == 0
    done = shell.run("import", "git", str(tmp_path))
    assert done.returncode == 2
    assert "not in a git repository" in done.stderr
