"""An OpenAI-compatible endpoint on this machine, for tests: it answers as it is told, over HTTP.

Left out: a model; `tests/daemon/remote` asks llama.cpp's own server too, where it is installed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


def completion(likeliest: Mapping[str, float], *, tokens: int = 7) -> dict[str, object]:
    """A response with these tokens and their log-probabilities."""
    top = [{"token": token, "logprob": logprob} for token, logprob in likeliest.items()]
    content = {"token": next(iter(likeliest), ""), "logprob": -0.1, "top_logprobs": top}
    choice = {
        "message": {"role": "assistant", "content": content["token"]},
        "logprobs": {"content": [content]},
    }
    return {"choices": [choice], "usage": {"prompt_tokens": tokens}}


@dataclass
class ChatServer:
    """What it was sent and what it answers."""

    status: int = 200
    body: bytes = b""
    head: str = ""  # further header lines, each with its line end
    hold: bool = False  # until it is closed
    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of its interface."""
        return f"http://127.0.0.1:{self.port}/v1"

    def says(self, said: object) -> None:
        """Answer this from now on."""
        self.status, self.body = 200, json.dumps(said).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (x.split(": ", 1) for x in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append((first, headers, body))
            while self.hold and not reader.at_eof():
                await reader.read(1)
            writer.write(
                f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\n{self.head}"
                f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(self.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who asked has gone
        finally:
            writer.close()


@asynccontextmanager
async def chat_server() -> AsyncIterator[ChatServer]:
    """Listens on a port that the system chooses."""
    server = ChatServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
