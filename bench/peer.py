"""The peer: llama.cpp's own server, from the package xllamacpp, in a child process.

`python -m bench.peer MODEL THREADS CONTEXT PLAIN` is the child. It says its address on one line
of standard output and ends when its standard input does. Left out: what is asked of it
(`bench.llama_vscode`).

Rules
 - Real HTTP on the loopback interface, on a port that the system chooses.
 - A request that is given up closes its connection. The server looks for that once a second and
   finishes the batch that it evaluates, then it is free.
 - The server's log, which quotes prompts, leads nowhere.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import httpx

# README of llama.vscode and llama.cpp's own presets for it: batches of 1,024 tokens. A quarter of
# a batch is what /infill takes of the suffix.
BATCH_TOKENS: Final = 1024
CACHE_REUSE_TOKENS: Final = 256
UP_S_MAX: Final = 180
ANSWER_S_MAX: Final = 120


class PeerError(Exception):
    """The peer cannot be used; the message says what to do."""


def serve(model: str, threads: int, context_tokens: int, *, plain: bool) -> None:
    """Be the server until standard input ends."""
    said = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # As Echo's worker does (echo_engine.worker says why).
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    library: Any = importlib.import_module("xllamacpp")
    parameters = library.CommonParams()
    parameters.model.path = model
    parameters.n_ctx = context_tokens
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.n_cache_reuse = CACHE_REUSE_TOKENS
    parameters.n_parallel = 1  # one editor window
    parameters.no_extra_bufts = plain
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = library.Server(parameters)
    version = f"xllamacpp {library.__version__}"
    told = {"address": server.listening_address, "version": version}
    said.write(json.dumps(told | {"system": library.get_system_info()}) + "\n")
    said.flush()
    sys.stdin.read()
    os._exit(0)  # nobody waits for a completion that is under way


class Peer:
    """A running server. `async with await Peer.start(...)`."""

    def __init__(self, process: asyncio.subprocess.Process, told: Mapping[str, str]) -> None:
        """Use `start`."""
        self._process = process
        self.address = told["address"]
        self.version = told["version"]
        self.system = told["system"]
        self._client = httpx.AsyncClient(
            base_url=told["address"], timeout=ANSWER_S_MAX, trust_env=False
        )

    @classmethod
    async def start(cls, model: Path, *, threads: int, context_tokens: int, plain: bool) -> Self:
        """Start it and load `model`.

        Raises:
            PeerError: the package is missing, or the server died or did not come up.
        """
        if importlib.util.find_spec("xllamacpp") is None:
            raise PeerError("the peer is not installed: pip install -e '.[bench]'")
        arguments = [str(model), str(threads), str(context_tokens), str(int(plain))]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.peer",
            *arguments,
            cwd=Path(__file__).parents[1],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if process.stdout is None:
            raise AssertionError("started with a pipe")
        try:
            async with asyncio.timeout(UP_S_MAX):
                line = await process.stdout.readline()
        except TimeoutError as error:
            process.kill()
            raise PeerError(f"the peer did not come up in {UP_S_MAX} s") from error
        if not line:
            status = await process.wait()
            raise PeerError(f"the peer ended with status {status} while it loaded the model")
        return cls(process, json.loads(line))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    async def infill(self, body: Mapping[str, object]) -> dict[str, Any]:
        """POST /infill. Cancelling the task closes the connection.

        Raises:
            PeerError: the server died or refused.
        """
        try:
            answer = await self._client.post("/infill", json=body)
        except httpx.HTTPError as error:
            raise PeerError("the peer broke off: it has crashed, or was asked too much") from error
        if answer.status_code != httpx.codes.OK:
            raise PeerError(f"the peer answered with status {answer.status_code}")
        found: dict[str, Any] = answer.json()
        return found

    async def stop(self) -> None:
        """End it."""
        await self._client.aclose()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), plain=sys.argv[4] == "1")
