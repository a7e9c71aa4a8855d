"""A trainer's intake on loopback: it verifies, opens, answers receipts, misbehaves on demand.

Left out: keeping anything; the trainer's own intake cannot decrypt, this one can, to show that
what arrived is what was previewed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import Bundle, WeekReport
from echo_core.sharing.bundle.envelope import Deletion, Envelope, Kind, Said
from echo_core.sharing.bundle.fields import read
from echo_testing.trainer_side import TrainerSide
from echo_testing.waiting import LONG_S
from echo_trainer.keys.signatures import verified, wish


@dataclass(frozen=True, slots=True)
class Act:
    """How one request is answered; the fields add up."""

    status: int = 0  # this status and no receipt
    cut_after: int | None = None  # read so many bytes of the body, then close the connection
    deaf: bool = False  # do all of it, then close the connection without an answer
    gate: bool = False  # wait for `Receiver.gate` before answering
    content: bytes | None = None  # instead of the receipt
    retry_after_s: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]  # lower-case names
    body: bytes = b""


@dataclass
class Receiver:
    """What arrived, and how it is answered. `acts` are used one an upload or wish."""

    side: TrainerSide = field(default_factory=TrainerSide)
    acts: deque[Act] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    envelopes: dict[str, Envelope] = field(default_factory=dict)
    opened: dict[str, bytes] = field(default_factory=dict)  # by the digest of the envelope
    deletions: dict[str, Deletion] = field(default_factory=dict)
    stored_twice: int = 0
    keys_status: int = 200
    gate: threading.Event = field(default_factory=threading.Event)
    reached_gate: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _parts: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """What a client names as its intake."""
        return f"http://127.0.0.1:{self.port}/echo"

    def said(self, method: str) -> list[str]:
        """The paths of all requests of a method."""
        return [request.path for request in self.requests if request.method == method]

    def bundles(self) -> list[Bundle]:
        """What was in the envelopes with samples."""
        return [
            read(Bundle, content)
            for name, content in self.opened.items()
            if self.envelopes[name].header.kind == Kind.SAMPLES
        ]

    def reports(self) -> list[WeekReport]:
        """What was in the envelopes with counters."""
        return [
            read(WeekReport, content)
            for name, content in self.opened.items()
            if self.envelopes[name].header.kind == Kind.METRICS
        ]

    def act(self) -> Act:
        """How the next upload or wish is answered."""
        return self.acts.popleft() if self.acts else Act()

    def arrived(self, name: str) -> int | None:
        """How much of an envelope is here; None where nothing is."""
        with self._lock:
            return len(self._parts[name]) if name in self._parts else None

    def take(self, name: str, offset: int, piece: bytes, length: int) -> int:
        """A piece of an envelope; the status of the answer."""
        with self._lock:
            there = self._parts.get(name, b"")
            if offset != len(there):
                return 409
            self._parts[name] = whole = there + piece
        if len(whole) < length:
            return 202
        if sha256(whole).hexdigest() != name:
            return 422
        try:
            found, content = verified(whole), self.side.open(whole)
        except (InputError, InvalidSignature):
            return 422
        with self._lock:
            self.stored_twice += name in self.opened
            self.envelopes[name], self.opened[name] = found, content
        return 201

    def forget(self, name: str, content: bytes) -> int:
        """A wish; the status of the answer."""
        try:
            found = wish(content)
        except (InputError, InvalidSignature):
            return 422
        if sha256(content).hexdigest() != name:
            return 422
        with self._lock:
            self.deletions[name] = found
            gone = [
                each
                for each, envelope in self.envelopes.items()
                if envelope.header.contributor == found.contributor
            ]
            for each in gone:
                del self.envelopes[each], self.opened[each]
        return 200


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def _note(self, body: bytes = b"") -> str:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        self.receiver.requests.append(request)
        return self.path.rpartition("/")[2]

    def do_GET(self) -> None:
        self._note()
        content = self.receiver.side.signed_keys() if self.path == "/echo/v1/keys" else b""
        self._answer(self.receiver.keys_status if content else 404, content)

    def do_HEAD(self) -> None:
        there = self.receiver.arrived(self._note())
        offset = {} if there is None else {"Upload-Offset": str(there)}
        self._answer(404 if there is None else 200, headers=offset)

    def do_PATCH(self) -> None:
        act = self.receiver.act()
        offset = int(self.headers["Upload-Offset"])
        length = int(self.headers["Upload-Length"])
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size if act.cut_after is None else min(size, act.cut_after))
        name = self._note(body)
        if act.status:
            self._wait(act)
            self._answer(act.status, act.content or b"", act)
            return
        status = self.receiver.take(name, offset, body, length)
        self._wait(act)
        if act.cut_after is not None or act.deaf:
            self._cut()
            return
        self._answer(status, self._receipt(act, Said.STORED, name, done=status == 201), act)

    def do_PUT(self) -> None:
        act = self.receiver.act()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name = self._note(body)
        status = act.status or self.receiver.forget(name, body)
        self._wait(act)
        if act.deaf:
            self._cut()
            return
        self._answer(status, self._receipt(act, Said.DELETED, name, done=status == 200), act)

    def _receipt(self, act: Act, said: Said, name: str, *, done: bool) -> bytes:
        if act.content is not None:
            return act.content
        return self.receiver.side.receipts.receipt(said, name, "2026-11-22") if done else b""

    def _wait(self, act: Act) -> None:
        if act.gate:
            self.receiver.reached_gate.set()
            self.receiver.gate.wait(LONG_S)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _answer(
        self,
        status: int,
        content: bytes = b"",
        act: Act | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if act is not None and act.retry_after_s:
            self.send_header("Retry-After", str(act.retry_after_s))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Serve on a free loopback port until the block ends."""

    class Handler(_Handler):
        """Knows its receiver."""

    Handler.receiver = receiver

    class Counting(ThreadingHTTPServer):
        """Counts every connection, whether or not a request comes over it."""

        def get_request(self) -> Any:
            found = super().get_request()
            receiver.connections += 1
            return found

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was stopped in the middle is what these tests are about."""

    server = Counting(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
