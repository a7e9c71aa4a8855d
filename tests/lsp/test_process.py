"""The server as a process: arguments, exit codes, bytes that are no LSP, and a client that dies."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from echo_runtime.lock import ProfileLock
from echo_runtime.profile import Profile
from echo_testing.editor import SERVER_COMMAND, server_environ
from echo_testing.waiting import LONG_S


@pytest.fixture
def quiet(profile: Profile) -> Iterator[Profile]:
    """A profile for which no daemon comes up: its lock is taken."""
    with ProfileLock.acquire(profile.lock_path) or pytest.fail("the lock is taken"):
        yield profile


def frame(message: object) -> bytes:
    body = json.dumps(message).encode() if not isinstance(message, bytes) else message
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def call(number: int | None, method: str, params: object = None) -> bytes:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    if number is None:
        del message["id"]
    return frame(message)


INITIALIZE = call(1, "initialize", {"capabilities": {}, "processId": None, "rootUri": None})
INITIALIZED = call(None, "initialized", {})
SHUTDOWN = call(2, "shutdown")
EXIT = call(None, "exit")


def run(profile: Profile, data: bytes, *arguments: str) -> tuple[int, list[dict[str, object]], str]:
    """Exit code, answers and standard error of a server that is fed `data` and the end."""
    done = subprocess.run(
        [*SERVER_COMMAND, *arguments],
        input=data,
        capture_output=True,
        env=server_environ(profile),
        timeout=LONG_S,
        check=False,
    )
    messages, rest = [], done.stdout
    while rest:
        header, _, rest = rest.partition(b"\r\n\r\n")
        length = int(header.partition(b":")[2])
        messages.append(json.loads(rest[:length]))
        rest = rest[length:]
    return done.returncode, messages, done.stderr.decode()


def codes(messages: list[dict[str, object]]) -> list[object]:
    return [message.get("error", {}).get("code") for message in messages]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "code", "answers"),
    [
        (INITIALIZE + INITIALIZED + SHUTDOWN + EXIT, 0, [None, None]),
        (INITIALIZE + INITIALIZED + EXIT, 1, [None]),
        (EXIT, 1, []),
        (INITIALIZE + INITIALIZED, 1, [None]),
        (b"", 1, []),
        (INITIALIZE + SHUTDOWN + call(3, "shutdown") + EXIT, 0, [None, None, -32600]),
        (call(9, "shutdown") + INITIALIZE + SHUTDOWN + EXIT, 0, [-32002, None, None]),
        (INITIALIZE + INITIALIZE + SHUTDOWN + EXIT, 0, [None, -32600, None]),
    ],
)
def test_exit_codes(quiet: Profile, data: bytes, code: int, answers: list[object]) -> None:
    found, messages, stderr = run(quiet, data)
    assert (found, codes(messages), stderr) == (code, answers, "")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[]", b"7", b"[" * 50_000, b'{"jsonrpc":"2.0","id":{},"method":"x"}'],
)
def test_bodies_that_are_no_messages_are_refused(quiet: Profile, body: bytes) -> None:
    code, messages, _ = run(quiet, frame(body) + INITIALIZE + SHUTDOWN + EXIT)
    assert code == 0
    assert messages[0]["id"] is None
    assert codes(messages)[1:] == [None, None]


@pytest.mark.parametrize(
    "head",
    [b"hello\r\n\r\n", b"Content-Length: -5\r\n\r\n", b"Content-Length: 1" + b"0" * 30, b"\r\n"],
)
def test_a_broken_header_ends_the_server_with_a_sentence(quiet: Profile, head: bytes) -> None:
    code, messages, stderr = run(quiet, INITIALIZE + head + b"\r\n\r\n" + SHUTDOWN)
    assert code == 2
    assert len(messages) == 1
    assert stderr.startswith("echo-lsp: ")
    assert "Traceback" not in stderr


def test_half_a_frame_is_the_end(quiet: Profile) -> None:
    code, messages, stderr = run(quiet, INITIALIZE + SHUTDOWN[:-5])
    assert (code, len(messages), stderr) == (1, 1, "")


def test_input_from_a_file(quiet: Profile) -> None:
    path = quiet.state_dir / "input"
    path.write_bytes(INITIALIZE + SHUTDOWN + EXIT)
    with path.open("rb") as file:
        done = subprocess.run(
            SERVER_COMMAND,
            stdin=file,
            capture_output=True,
            env=server_environ(quiet),
            timeout=LONG_S,
            check=False,
        )
    assert done.returncode == 0
    assert done.stdout.count(b"jsonrpc") == 2


def test_help_and_version(quiet: Profile) -> None:
    for argument, words in (("--help", b"editor"), ("--version", b"echo-lsp ")):
        done = subprocess.run(
            [*SERVER_COMMAND, argument], capture_output=True, env=server_environ(quiet), check=True
        )
        assert words in done.stdout


def test_a_broken_setting_is_one_sentence(quiet: Profile) -> None:
    quiet.config_file.write_text("[engine]\nthread = 1\n")
    code, messages, stderr = run(quiet, b"")
    assert (code, messages) == (2, [])
    assert "[engine] has no thread" in stderr
    assert "Traceback" not in stderr


async def test_the_server_follows_its_client(quiet: Profile) -> None:
    """The client's process is gone while its end of the pipe is held open by somebody else."""
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import sys; sys.stdin.read()", stdin=asyncio.subprocess.PIPE
    )
    server = await asyncio.create_subprocess_exec(
        *SERVER_COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=server_environ(quiet),
    )
    assert server.stdin is not None
    assert server.stdout is not None
    initialize = call(1, "initialize", {"capabilities": {}, "processId": client.pid})
    server.stdin.write(initialize + INITIALIZED)
    await server.stdout.readuntil(b"\r\n\r\n")
    client.kill()
    await client.wait()
    assert await server.wait() == 1


def test_importing_the_server_loads_nothing_heavy() -> None:
    heavy = ("llama_cpp", "sqlcipher3", "sqlite3", "sqlite_utils", "torch", "numpy", "cryptography")
    script = f"import sys, echo_lsp.__main__; print(*(set(sys.modules) & set({heavy!r})))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert done.stdout.strip() == b""
