"""The real worker as a process: how it ends and what it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from echo_core.completion.window import Window
from echo_core.errors import ModelError
from echo_engine.background import Question
from echo_engine.inspector import inspect
from echo_engine.protocol import (
    Ask,
    Command,
    Describe,
    Failed,
    FailureKind,
    Load,
    Run,
    decode_reply,
    encode,
)

COMMAND = [sys.executable, "-P", "-m", "echo_engine.worker"]


def run(number: int) -> Run:
    return Run(number, Window("", "x", ""), 4, 1000.0)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A real worker without a model."""
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as worker:
        yield worker
        worker.kill()


def ask(worker: subprocess.Popen[bytes], line: bytes) -> object:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(line)
    worker.stdin.flush()
    return decode_reply(worker.stdout.readline())


@pytest.mark.parametrize(
    ("command", "number", "kind"),
    [
        (Describe(), 0, FailureKind.NOT_LOADED),
        (run(7), 7, FailureKind.NOT_LOADED),
        (Ask(-3, Question("", "", ("A",))), -3, FailureKind.NOT_LOADED),
        (Load("x", "nowhere.gguf", 0, 0, 512), 0, FailureKind.NOT_FOUND),
    ],
    ids=["describe", "run", "ask", "load"],
)
def test_what_cannot_be_done_is_answered(
    process: subprocess.Popen[bytes], command: Command, number: int, kind: FailureKind
) -> None:
    answer = ask(process, encode(command))
    assert isinstance(answer, Failed)
    assert (answer.id, answer.kind) == (number, kind)
    assert answer.message.endswith(".")


def test_it_ignores_an_interrupt_and_a_malformed_line(process: subprocess.Popen[bytes]) -> None:
    answer = ask(process, b"not a message\n")
    assert isinstance(answer, Failed)
    assert answer.kind is FailureKind.MALFORMED
    process.send_signal(signal.SIGINT)
    answer = ask(process, encode(Describe()))
    assert isinstance(answer, Failed)
    assert answer.kind is FailureKind.NOT_LOADED


def test_it_ends_when_the_pipe_does(process: subprocess.Popen[bytes]) -> None:
    ask(process, encode(Describe()))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_it_dies_with_its_parent_though_the_pipe_stays_open() -> None:
    """A daemon that is killed leaves no worker behind, whoever else holds its pipe."""
    reading, writing = os.pipe()
    command_end, hold = os.pipe()  # `hold` stays open in this process: no end of file
    script = (
        "import subprocess, sys, os\n"
        f"child = subprocess.Popen({COMMAND!r}, stdin={command_end}, stdout={writing})\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(command_end, writing),
    )
    os.close(writing)
    os.close(command_end)
    os.write(hold, encode(Describe()))
    with os.fdopen(reading, "rb") as replies:
        first = replies.readline()
        parent.kill()
        parent.communicate()
        assert isinstance(decode_reply(first), Failed)  # it was up
        assert replies.read() == b""  # the last holder of the writing end is gone
    os.close(hold)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a GGUF"),
        (b"hello, this is no model\n", "not a GGUF"),
        (b"GGUF\x03\x00\x00\x00", "damaged"),
        (b"GGUF" + b"\xff" * 200, "choose another|damaged|crashed"),
    ],
)
async def test_inspecting_what_is_no_model(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=words):
        await inspect(path)


async def test_inspecting_what_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.gguf", tmp_path):
        with pytest.raises(ModelError, match="gone or unreadable"):
            await inspect(path)
