"""A trace through the real command line, language server, daemon and store, without a model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from echo_core.records import trace
from echo_daemon.replay import session_source
from echo_testing import window
from echo_testing.waiting import LONG_S

CANARY = "zyxwvq_canary_8141"


def echoctl(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    scratch = home / "scratch"  # temporary files are looked through, too
    scratch.mkdir(exist_ok=True)
    environ = {
        # A person's machine: in CI nothing is recorded but in throw-away profiles.
        **{name: value for name, value in os.environ.items() if name not in ("CI", "DO_NOT_TRACK")},
        "ECHO_HOME": str(home),
        "TMPDIR": str(scratch),
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "echo_daemon.ctl.main", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )


@pytest.fixture(name="home")
def short_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("h")


@pytest.fixture(name="file")
def trace_file(tmp_path: Path) -> Path:
    """A session with a canary in it, in two documents, with characters outside the BMP."""
    text = f"# {CANARY} \U0001f600\r\nx = 1\r\n"
    lines: list[trace.TraceLine] = [*session_source.session(session_source.installed_source())]
    t_ms = lines[-1].t_ms
    at = len(text)
    lines.append(trace.TraceOpen(t_ms, "b\\c.py", "python", text))
    lines.append(trace.TraceFocus(t_ms, "b\\c.py"))
    doc = "b\\c.py"
    for number, key in enumerate(f"y = '{CANARY}'\U0001f600"):
        if number == 9:
            lines.append(trace.TraceRename(t_ms, doc, "b/other name.py"))
            doc = "b/other name.py"
        lines.append(trace.TraceEdit(t_ms, doc, (trace.Edit(at, at, key),)))
        text, at, t_ms = text + key, at + 1, t_ms + 100
    lines.append(trace.TraceClose(t_ms, doc, text))
    path = tmp_path / "session.jsonl"
    path.write_text("".join(trace.format(line) + "\n" for line in lines), encoding="utf-8")
    return path


def edits_in(path: Path) -> int:
    lines = path.read_text(encoding="utf-8").split("\n")
    return sum(len(json.loads(line).get("edits", ())) for line in lines if line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_replay_ends_in_the_right_text_with_every_edit_recorded(
    home: Path, file: Path, encoding: str
) -> None:
    arguments = ("--no-model", "--speed", "max", "--encoding", encoding)
    done = echoctl(home, "trace", "replay", str(file), *arguments)
    assert done.returncode == 0, done.stderr
    count = f"{edits_in(file):,}"
    assert f"{count} / {count} (equal)" in done.stdout
    assert "yes (2 checked)" in done.stdout
    assert CANARY not in done.stdout + done.stderr
    assert not list(home.glob("data/*.db*")), "the user's own profile was recorded into"


def test_a_wrong_close_ends_the_replay_with_a_sentence(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text(
        '{"t":0,"kind":"open","doc":"a.py","language":"python","text":"abc"}\n'
        '{"t":1,"kind":"close","doc":"a.py","text":"abX"}\n'
    )
    done = echoctl(home, "trace", "replay", str(file), "--no-model", "--speed", "max")
    assert done.returncode == 1
    assert "'a.py'" in done.stderr
    assert "offset 2" in done.stderr
    assert "abX" not in done.stderr


def test_a_profile_of_one_s_own_keeps_what_was_recorded_and_exports_it(
    home: Path, file: Path, tmp_path: Path
) -> None:
    (home / "config.toml").write_text('[store]\nkey = "file"\n')
    assert echoctl(home, "consent", "record", "on").returncode == 0
    try:
        arguments = ("--no-model", "--speed", "max", "--profile", str(home))
        done = echoctl(home, "trace", "replay", str(file), *arguments)
        assert done.returncode == 0, done.stderr
        assert f"Profile {home}" in done.stdout
        rebuilt = echoctl(home, "mine", "--rebuild")
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert "1 sessions; " in rebuilt.stdout
        assert ", 0 of them differ" in rebuilt.stdout
        assert ", differing 0\nlooks: " in rebuilt.stdout
        assert rebuilt.stdout.endswith(", differing 0\n")
        output = tmp_path / "exported.jsonl"
        exported = echoctl(home, "trace", "export", "-o", str(output))
        assert exported.returncode == 0, exported.stderr
        assert output.stat().st_mode & 0o777 == 0o600
        assert edits_in(output) == edits_in(file)
        assert '"kind":"rename"' in output.read_text(encoding="utf-8")
        wanted = trace.check(file.read_text(encoding="utf-8").split("\n"))
        found = trace.check(output.read_text(encoding="utf-8").split("\n"))
        assert sorted(found.values()) == sorted(wanted.values())
    finally:
        echoctl(home, "stop")
    held = [path for path in home.rglob("*") if path.is_file()]
    assert {"store.db", "daemon.log", "echo-lsp.log"} <= {path.name for path in held}
    assert not [path for path in held if CANARY.encode() in path.read_bytes()]


def test_recording_that_is_off_in_one_s_own_profile_stays_off(home: Path, file: Path) -> None:
    arguments = ("--no-model", "--speed", "max", "--profile", str(home))
    done = echoctl(home, "trace", "replay", str(file), *arguments)
    assert done.returncode == 0, done.stderr
    assert "Nothing is recorded" in done.stdout
    assert "recording is off" in done.stdout


def test_a_recorded_session_is_mined_alike_when_it_is_played_again(
    home: Path, tmp_path: Path
) -> None:
    """The replay has answers, outcomes and a language server of its own, and no model."""
    source = session_source.installed_source()
    book = tmp_path / "book"
    book.write_text(source, encoding="utf-8")
    file = tmp_path / "session.jsonl"
    lines = session_source.session(source)
    file.write_text("".join(trace.format(line) + "\n" for line in lines), encoding="utf-8")
    window.make(home, book, None)
    assert echoctl(home, "consent", "record", "on").returncode == 0
    try:
        done = echoctl(home, "trace", "replay", str(file), "--speed", "max", "--profile", str(home))
        assert done.returncode == 0, done.stderr
        recorded = tmp_path / "recorded.jsonl"
        assert echoctl(home, "trace", "export", "-o", str(recorded)).returncode == 0
        was = window.mined(home)
        assert any(sample[4] for sample in was), "something was kept"
        assert any(sample[7] for sample in was), "something was accepted"
        assert window.again(home, recorded, "max") == was
    finally:
        echoctl(home, "stop")
