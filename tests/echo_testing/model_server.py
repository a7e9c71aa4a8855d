"""A hub and a package index on loopback: real sockets, real HTTP, and a script of misbehaviour.

Left out: the models themselves (`model_shelves`).
"""

from __future__ import annotations

import re
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from echo_testing.waiting import LONG_S


@dataclass(frozen=True, slots=True)
class Play:
    """How one request for a file is answered; the fields add up."""

    status: int = 0  # an error with this status, and nothing else
    redirect: str = ""
    ranges: bool = True  # honour Range
    cut_after: int | None = None  # close the connection after so many bytes of the body
    gate_after: int | None = None  # send so many bytes, then wait for `ModelServer.gate`
    body: bytes | None = None  # instead of the file
    has_length: bool = True  # without it the end of the connection is the end of the body
    content_range: str = ""  # instead of the right one


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]  # lower-case names


@dataclass(slots=True)
class ModelServer:
    """What is served, how, and what was asked. Files are asked for by path."""

    files: dict[str, bytes] = field(default_factory=dict)
    plays: deque[Play] = field(default_factory=deque)  # one a file request; then the default
    slow: dict[str, int] = field(default_factory=dict)  # path: bytes before the gate, each time
    asked: list[Asked] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    reached_gate: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [asked.path for asked in self.asked]


@contextmanager
def serving(server: ModelServer) -> Iterator[ModelServer]:
    """Serve on a free loopback port until the block ends."""

    class Handler(_Handler):
        """Knows its server."""

        model_server = server

    class Quiet(ThreadingHTTPServer):
        """A client that was killed in the middle is what these tests are about."""

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing."""

    http = Quiet(("127.0.0.1", 0), Handler)
    if server.tls is not None:
        http.socket = server.tls.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        http.shutdown()
        thread.join(LONG_S)
        http.server_close()


class _Handler(BaseHTTPRequestHandler):
    model_server: ModelServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        server = self.model_server
        server.asked.append(
            Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
        )
        if self.path.startswith("/simple/"):
            self._index(self.path.split("/")[2])
            return
        gate_after = server.slow.get(self.path)
        play = server.plays.popleft() if server.plays else Play(gate_after=gate_after)
        if play.status or (self.path not in server.files and not play.redirect):
            self.send_error(play.status or 404)
            return
        if play.redirect:
            self.send_response(302)
            self.send_header("Location", play.redirect)
            self.send_header("Set-Cookie", "crumb=1; Path=/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._file(play, server.files[self.path] if play.body is None else play.body)

    def _file(self, play: Play, body: bytes) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match and play.ranges and int(match[1]) >= len(body):
            self.send_error(416)
            return
        if match and play.ranges:
            first = int(match[1])
            usual = f"bytes {first}-{len(body) - 1}/{len(body)}"
            self.send_response(206)
            self.send_header("Content-Range", play.content_range or usual)
            body = body[first:]
        else:
            self.send_response(200)
        if play.has_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if play.gate_after is not None:
            self.wfile.write(body[: play.gate_after])
            self.model_server.reached_gate.set()
            self.model_server.gate.wait(LONG_S)
            body = body[play.gate_after :]
        self.wfile.write(body if play.cut_after is None else body[: play.cut_after])
        self.close_connection = True

    def _index(self, project: str) -> None:
        """A page of the simple repository API (PEP 503)."""
        prefix = f"/wheels/{project.replace('-', '_')}-"
        links = [path for path in self.model_server.files if path.startswith(prefix)]
        if not links:
            self.send_error(404)
            return
        page = "".join(f'<a href="{path}">{path.rsplit("/", 1)[1]}</a>\n' for path in links)
        body = f"<!DOCTYPE html><html><body>{page}</body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
