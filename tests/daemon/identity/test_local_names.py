"""The names of this machine and its people: the real git and the real system are asked."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
from pathlib import Path

import pytest

from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.personal import judge
from echo_core.judging.checks.persons.names import LocalNames
from echo_daemon.git.program import GitProgram
from echo_daemon.identity import local_names
from echo_daemon.identity.local_names import gather, system_names


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with three authors, one of them a program."""
    root = tmp_path / "work"
    root.mkdir()
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str, who: str = "", email: str = "") -> None:
        authors = {
            **{f"GIT_{role}_NAME": who for role in ("AUTHOR", "COMMITTER") if who},
            **{f"GIT_{role}_EMAIL": email for role in ("AUTHOR", "COMMITTER") if email},
        }
        subprocess.run(["git", "-C", root, *arguments], check=True, env={**environ, **authors})

    git("init", "-q")
    git("config", "user.name", "Ottoline Vandersloot")
    git("config", "user.email", "ottoline@sloot.example")
    git("config", "github.user", "vdsloot9")
    for who, email in (
        ("Thaddeus Mistlethorpe", "tm@thorpe.example"),
        ("Žofia Brandywine", "zb@wine.example"),
        ("renovate[bot]", "bot@renovate.example"),
        ("Thaddeus Mistlethorpe", "tm@thorpe.example"),
    ):
        git("commit", "-q", "--allow-empty", "-m", "x", who=who, email=email)
    return root


async def test_the_names_of_a_workspace(repository: Path, tmp_path: Path) -> None:
    environ = {"USER": "ottoline9", "HOME": str(tmp_path), "EMAIL": "o@sloot.example"}
    names = await gather(GitProgram(), [repository], environ)
    assert {"Ottoline Vandersloot", "Thaddeus Mistlethorpe", "Žofia Brandywine"} <= set(
        names.people
    )
    assert "renovate[bot]" not in names.people
    assert {"tm@thorpe.example", "ottoline@sloot.example", "o@sloot.example"} <= set(names.emails)
    assert {"ottoline9", "vdsloot9"} <= set(names.logins)
    assert str(tmp_path) in names.homes
    assert names.people.index("Thaddeus Mistlethorpe") < names.people.index("Žofia Brandywine")
    case = Case("python", "a.py", "", "# thaddeus.mistlethorpe said so", "")
    assert judge(case, None, names).cause is Cause.PERSONAL_NAME


async def test_without_a_repository_the_system_is_asked_alone(tmp_path: Path) -> None:
    names = await gather(GitProgram({"PATH": ""}), [tmp_path], {})
    assert names == system_names({})


def test_what_the_system_says() -> None:
    entry = pwd.getpwuid(os.getuid())
    names = system_names({})
    assert entry.pw_name in names.logins
    assert entry.pw_dir in names.homes
    assert socket.gethostname() in names.hosts


def test_a_user_without_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", missing)
    assert system_names({"LOGNAME": "quill"}).logins == ("quill",)


async def test_a_system_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_names, "ASKED_S_MAX", 0.0)
    names = await gather(GitProgram({"PATH": ""}), [], {"USER": "quill", "HOME": "/home/quill"})
    assert names == LocalNames(logins=("quill",), homes=("/home/quill",))
