"""An editor reduced to its two pipes: a key and its request go out, the answer's bytes come in.

What an editor does to its own messages is not Echo's cost, so they are made before the clock
starts, and read after it has stopped.

Left out: what is typed, and what becomes of the answers (`bench.overhead`).

Rules
 - One request at a time; waiting for its answer holds up everything else in this process.
 - A key and its request go out in one write: the request waits until the key is taken in.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import DaemonError
from echo_core.text.document import Encoding, Text
from echo_core.text.edits import Edit
from echo_daemon.replay.client import SERVER_COMMAND
from echo_runtime.frames import encode_frame

ANSWER_S_MAX: Final = 20  # a server that takes longer hangs
READ_BYTES_MAX: Final = 1 << 20
END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """How long it took, and what was proposed; empty for nothing."""

    took_ms: float
    text: str


class Keyboard:
    """One document in one language server."""

    def __init__(self, environ: Mapping[str, str], clock: Clock) -> None:
        self._clock = clock
        self._server = subprocess.Popen(
            SERVER_COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            bufsize=0,
        )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._out = self._server.stdin.fileno()
        self._in = self._server.stdout.fileno()
        self._unread = b""
        self._number = 0
        self._version = 1
        self._uri = ""
        self._text = Text("")

    @property
    def pid(self) -> int:
        """The language server's process."""
        return self._server.pid

    def start(self) -> None:
        """Shake hands, and wait until the server has found its daemon."""
        params: dict[str, object] = {"processId": os.getpid(), "rootUri": None, "capabilities": {}}
        self._call("initialize", params)
        self._write(self._notification("initialized", {}))
        while self._read().get("method") != "didChangeStatus":
            pass

    def open(self, uri: str, language: str, text: str) -> None:
        """Open the document."""
        self._uri, self._text = uri, Text(text)
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self._write(self._notification("textDocument/didOpen", {"textDocument": item}))

    def strike(self, edit: Edit) -> Answer:
        """Make an edit, ask behind it, and wait for the answer."""
        change = self._change(edit)
        self._number += 1
        line, character = self._text.position(edit.end_after, Encoding.UTF16)
        params = {
            "textDocument": {"uri": self._uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": 2},
        }
        message = {"id": self._number, "method": "textDocument/inlineCompletion", "params": params}
        frames = change + encode_frame({"jsonrpc": "2.0", **message})
        began_ms = self._clock.steady_ms()
        self._write(frames)
        while not self._is_answer(body := self._body()):
            pass
        took_ms = self._clock.steady_ms() - began_ms
        items = json.loads(body)["result"]["items"]
        return Answer(took_ms, items[0]["insertText"] if items else "")

    def edit(self, edit: Edit) -> None:
        """Make an edit and ask nothing."""
        self._write(self._change(edit))

    def stop(self) -> None:
        """End the server in order; kill one that does not."""
        try:
            self._call("shutdown", None)
            self._write(self._notification("exit", None))
            self._server.wait(ANSWER_S_MAX)
        except (DaemonError, OSError, subprocess.TimeoutExpired):
            self._server.kill()
            self._server.wait()
        for pipe in (self._server.stdin, self._server.stdout):
            if pipe is not None:
                pipe.close()

    def _change(self, edit: Edit) -> bytes:
        (start, character), (end, end_character) = (
            self._text.position(edit.start, Encoding.UTF16),
            self._text.position(edit.end, Encoding.UTF16),
        )
        self._text = self._text.edited(edit)
        self._version += 1
        where = {
            "start": {"line": start, "character": character},
            "end": {"line": end, "character": end_character},
        }
        params = {
            "textDocument": {"uri": self._uri, "version": self._version},
            "contentChanges": [{"range": where, "text": edit.inserted}],
        }
        return self._notification("textDocument/didChange", params)

    @staticmethod
    def _notification(method: str, params: object) -> bytes:
        return encode_frame({"jsonrpc": "2.0", "method": method, "params": params})

    def _call(self, method: str, params: object) -> None:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        self._write(encode_frame({"jsonrpc": "2.0", **message}))
        while not self._is_answer(self._body()):
            pass

    def _is_answer(self, body: bytes) -> bool:
        """Whether it answers the newest request; what else a server says is short and rare."""
        return b'"id":%d,' % self._number in body and b'"method"' not in body

    def _write(self, frames: bytes) -> None:
        rest = memoryview(frames)
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def _read(self) -> dict[str, object]:
        message = json.loads(self._body())
        return message if isinstance(message, dict) else {}

    def _body(self) -> bytes:
        """The next message.

        Raises:
            DaemonError: none came.
        """
        while END not in self._unread:
            self._unread += self._more()
        header, _, self._unread = self._unread.partition(END)
        length = int(header.rpartition(b":")[2])
        while len(self._unread) < length:
            self._unread += self._more()
        body, self._unread = self._unread[:length], self._unread[length:]
        return body

    def _more(self) -> bytes:
        ready, _, _ = select.select([self._in], [], [], ANSWER_S_MAX)
        more = os.read(self._in, READ_BYTES_MAX) if ready else b""
        if not more:
            raise DaemonError("echo-lsp did not answer: see `echoctl logs`")
        return more
