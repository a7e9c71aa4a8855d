"""`echoctl consent` against a real daemon: every switch, its text, its history, the policy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import TEXTS, text_digest
from echo_runtime.profile import Profile
from echo_testing import leftovers

_DENIED = {"DO_NOT_TRACK": "0", "CI": "0"}  # the test's own surroundings say nothing


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "h"
    Profile.locate({"ECHO_HOME": str(folder)}).prepare()
    (folder / "config.toml").write_text('[store]\nkey = "file"\n')
    yield folder
    assert leftovers.end(leftovers.daemons(folder)) == []


def shell(home: Path, **environ: str) -> Callable[..., str]:
    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "echo_daemon.ctl.main", "--profile", str(home), *arguments],
            env=os.environ | _DENIED | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return run


def test_every_switch_is_off_until_it_is_chosen(home: Path) -> None:
    echoctl = shell(home)
    said = echoctl("consent", "show")
    assert [line for line in said.split("\n") if line and line[0] != " "] == [
        "recording: off", "contributing: off", "contributing history: off", "metrics: off",
        "teacher's endpoint: off",
    ]  # fmt: skip
    assert "`echoctl consent contribute on`" in said
    assert echoctl("consent", "metrics", "on").startswith("metrics: on")
    assert echoctl("consent", "teacher-endpoint", "on").startswith("teacher's endpoint: on")
    said = echoctl("consent", "contribute", "on")
    assert said.startswith("contributing: on")
    assert "`echoctl consent text`" in said
    refused = echoctl("consent", "contribute", "on", "--i-have-the-right", code=2)
    assert "name it with --workspace" in refused
    said = echoctl("consent", "contribute-history", "on")
    assert said.startswith("contributing history: on")
    folder = str(home / "own")
    said = echoctl("consent", "contribute", "on", "--i-have-the-right", "--workspace", folder)
    assert f"you have the right to share: {folder}" in said
    said = echoctl("consent", "contribute", "off", "--workspace", folder)
    assert f"off in: {folder}" in said
    assert "| `Contribution.prefix` |" in echoctl("consent", "text", "--fields")
    said = echoctl("consent", "text")
    assert TEXTS[Switch.CONTRIBUTE] in said
    assert text_digest(Switch.CONTRIBUTE) in said
    history = echoctl("consent", "show", "--history").split("\n")
    assert [line[18:].partition("  (by")[0] for line in history if line] == [
        "metrics on",
        "teacher's endpoint on",
        "contributing on",
        "contributing history on",
        f"contributing on in {folder}, with the right to share",
        f"contributing off in {folder}",
    ]


def test_a_policy_of_the_organisation_wins(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "xdg" / "echo-completion"
    folder.mkdir(parents=True)
    (folder / "policy.toml").write_text('[consent]\nmetrics = "forbidden"\n')
    echoctl = shell(home, XDG_CONFIG_DIRS=str(tmp_path / "xdg"))
    said = echoctl("consent", "metrics", "on")
    assert (
        said == "metrics: off\n  Sending metrics is off: your organisation's policy forbids it.\n"
    )
    (folder / "policy.toml").write_text("[consents]\n")
    assert echoctl("consent", "show").count("policy file cannot be understood") == len(Switch)


def test_ci_wins(home: Path) -> None:
    assert "CI is set" in shell(home, CI="true")("consent", "contribute", "on")
