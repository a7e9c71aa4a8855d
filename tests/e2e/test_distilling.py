"""`echoctl distill` and `samples explain` as a person calls them, and what killing does to them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from echo_testing.repos import Repo
from echo_testing.shell import Shell
from echo_testing.waiting import LONG_S

CANARY = "zyxwvq_canary_6612"
FILES, HUNKS = 8, 30
TRIES = 10  # to break a run off in its middle; one is enough where a processor is free
ROW = re.compile(r"\s*\d+ +\d\d-\d\d ")
WORKER = "echo_daemon.checking.worker"


def a_repository(folder: Path) -> Repo:
    """Two commits: the second writes a line in many places of several files."""
    repo = Repo(folder)
    for second in (False, True):
        for number in range(FILES):
            lines = []
            for place in range(HUNKS):
                lines += [f"def f{place}(a, b):\n", f"    c = a + {place}\n"]
                if second:
                    lines.append(f"    c = c * b + {CANARY if place == 7 else 'a'}\n")
                lines += ["    return c\n", "\n", "\n"]
            repo.write(f"pkg/m{number}.py", "".join(lines))
        repo.commit()
    return repo


@pytest.fixture(name="recorded")
def make_recorded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], Shell]]:
    """`recorded()`: a profile that holds the repository's samples; all are of the same one."""
    repo = a_repository(tmp_path_factory.mktemp("r") / "repo")
    made: list[Shell] = []

    def build() -> Shell:
        shell = Shell(tmp_path_factory.mktemp("h"))
        made.append(shell)
        assert shell.run("consent", "record", "on").returncode == 0
        done = shell.run("import", "git", str(repo.root))
        assert f"{FILES * HUNKS} samples" in done.stdout, done.stderr
        return shell

    yield build
    for shell in made:
        shell.run("stop")


def judged(shell: Shell) -> list[str]:
    """What was found about every sample, by number, without what time says."""
    listed = shell.run("samples", "list", "--limit", "10000").stdout.split("\n")
    rows = [line.split() for line in listed if ROW.match(line)]
    assert len(rows) == FILES * HUNKS
    return sorted(" ".join([row[0], row[3], *row[-2:]]) for row in rows)


def due(shell: Shell) -> int:
    """How many samples wait."""
    found = re.search(r"^([\d,]+) to be judged", shell.run("distill").stdout, re.MULTILINE)
    assert found is not None
    return int(found.group(1).replace(",", ""))


def begun(shell: Shell) -> subprocess.Popen[str]:
    """A run that has told of its first hundred samples."""
    running = shell.begin("distill", "--now")
    assert running.stdout is not None
    line = running.stdout.readline()
    assert line.startswith("100 of "), line
    return running


Break = Callable[[Shell, "subprocess.Popen[str]"], None]


def broken_off(recorded: Callable[[], Shell], break_off: Break) -> tuple[Shell, int, str]:
    """A profile whose run was broken off in its middle; how that run ended, what it said.

    A run may be over before it is broken off, where this process was not given a turn: then
    another one, in a profile of its own, is.
    """
    for _ in range(TRIES):
        shell = recorded()
        running = begun(shell)
        break_off(shell, running)
        said, _ = running.communicate()
        if running.returncode and due(shell):
            return shell, running.returncode, said
    pytest.fail("every run was over before it could be broken off")


def said_of(process: psutil.Process) -> list[str]:
    """Its command; nothing of one that has ended meanwhile."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def test_samples_are_judged_explained_and_nothing_leaks(recorded: Callable[[], Shell]) -> None:
    shell = recorded()
    assert due(shell) == FILES * HUNKS
    some = shell.run("distill", "--now", "--limit", "5")
    assert (some.returncode, some.stdout.split(",")[0]) == (0, "5 judged")
    done = shell.run("distill", "--now")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{FILES * HUNKS - 5} judged")
    assert "0 left" in done.stdout
    assert due(shell) == 0
    kept = shell.run("samples", "list", "--state", "kept").stdout
    number = next(line.split()[0] for line in kept.split("\n") if ROW.match(line))
    explained = shell.run("samples", "explain", number)
    assert "kept, of quality" in explained.stdout
    assert "Where does the first logical unit end?" in explained.stdout
    missing = shell.run("samples", "explain", "99999")
    assert (missing.returncode, "no sample 99999" in missing.stderr) == (5, True)
    assert "samples    0 to be judged" in shell.run("status").stdout
    shell.run("stop")
    told = done.stdout + done.stderr + shell.run("logs", "--lines", "1000").stdout
    assert CANARY not in told
    for path in shell.home.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path


def test_kill_9_of_the_daemon_in_the_middle_judges_every_sample_once(
    recorded: Callable[[], Shell],
) -> None:
    def kill(shell: Shell, _: subprocess.Popen[str]) -> None:
        os.kill(shell.daemon_pid(), signal.SIGKILL)

    undisturbed = recorded()
    assert undisturbed.run("distill", "--now").returncode == 0
    killed, code, said = broken_off(recorded, kill)
    assert (code, "connection to Echo's daemon was lost" in said) == (6, True)
    if due(killed) >= 110:  # enough that a hundred are told of
        running = begun(killed)
        kill(killed, running)
        running.communicate()
    assert killed.run("distill", "--now").returncode == 0
    assert due(killed) == 0
    assert judged(killed) == judged(undisturbed)


def test_kill_9_of_the_checks_in_the_middle_loses_no_sample(recorded: Callable[[], Shell]) -> None:
    shell, undisturbed = recorded(), recorded()
    running = begun(shell)
    (worker,) = (
        child for child in psutil.Process(shell.daemon_pid()).children() if WORKER in said_of(child)
    )
    worker.kill()
    said, _ = running.communicate()
    assert (running.returncode, "crashed" in said) == (0, False)
    assert undisturbed.run("distill", "--now").returncode == 0
    assert judged(shell) == judged(undisturbed)
    shell.run("stop")
    worker.wait(LONG_S)


def test_ctrl_c_keeps_what_is_judged(recorded: Callable[[], Shell]) -> None:
    shell, code, said = broken_off(recorded, lambda _, running: running.send_signal(signal.SIGINT))
    assert code == 130
    assert "they stay judged" in said
    assert due(shell) <= FILES * HUNKS - 100
    assert shell.run("distill", "--now").returncode == 0
    assert due(shell) == 0


def test_nothing_is_judged_while_nothing_is_recorded(recorded: Callable[[], Shell]) -> None:
    shell = recorded()
    assert shell.run("consent", "record", "off").returncode == 0
    refused = shell.run("distill", "--now")
    assert (refused.returncode, "Nothing is recorded" in refused.stderr) == (5, True)
    assert "Nothing is recorded" in shell.run("distill").stdout
