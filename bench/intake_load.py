"""The load of `bench.intake`, in a process of its own: many machines that upload sealed bundles.

`python -m bench.intake_load`, with its orders as one JSON object on standard input; the result is
one JSON object on standard output.

Left out: the server, and whether what it confirmed is there (`bench.intake`).

Rules
 - Envelopes are real: samples cut from source files, packed, sealed and signed as a daemon does,
   each by a pseudonym of its own. They are made before the clock starts.
 - HTTP is written by hand over asyncio's streams: a client library would take more of the machine
   than the server does.
 - What is not confirmed is tried again, as a daemon does, until the time to come back is over.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

from bench.texts import sources
from echo_core.sharing.bundle.contents import (
    SCHEMA,
    Bundle,
    CheckNote,
    Contribution,
    day_of,
    week_of,
)
from echo_core.sharing.bundle.envelope import Kind, TrainerKeys, key_for, split_signed
from echo_core.sharing.bundle.fields import canonical, read
from echo_core.showing.metrics import percentile
from echo_daemon.sealing.identity import Pseudonym
from echo_daemon.sealing.sealer import BundleSealer
from echo_runtime.clock import SystemClock

_RETRY_MS: Final = 200
_CLOCK: Final = SystemClock()
_CONTEXT_CHARS: Final = (1500, 600)  # before and behind: what a sample of the traces has at p50
_CONTENTS: Final = 64  # different bundles; each is sealed anew for every pseudonym


@dataclass(frozen=True)
class Orders:
    """What to do."""

    port: int
    key_list: str
    envelopes: int
    samples: int  # of a bundle
    connections: int
    seconds: float
    rates: Sequence[tuple[float, float]] = ()  # (seconds, bundles/s), in turn; none: all at once
    back_s: float = 60.0  # after the end, for what was not confirmed
    seed: int = 1


@dataclass
class Result:
    """What came of it."""

    prepared_s: float = 0.0
    took_s: float = 0.0
    confirmed: list[str] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    bytes: int = 0
    late: int = 0  # bundles that were due and for which no connection was free


def envelopes(orders: Orders) -> list[tuple[str, bytes]]:
    """Sealed bundles by their digests."""
    random = Random(orders.seed)
    now_ms = _CLOCK.wall_ms()
    day, week = day_of(now_ms), week_of(now_ms)
    content, _ = split_signed(Path(orders.key_list).read_bytes(), 1 << 20)
    key = key_for(read(TrainerKeys, content), day)
    if key is None:
        raise SystemExit("no key to seal for")
    texts = [each.text for each in sources(orders.seed) if len(each.text) > 4000]
    contents = [
        tuple(_sample(random, texts, day) for _ in range(orders.samples)) for _ in range(_CONTENTS)
    ]
    made, sealer = [], BundleSealer()
    for number in range(orders.envelopes):
        secret = sha256(f"{orders.seed} {number}".encode()).digest()
        bundle = Bundle(
            schema=SCHEMA,
            week=week,
            contributor=Pseudonym(secret, Kind.SAMPLES, week).public,
            client="0.1.0",
            consent="0" * 64,
            samples=tuple(
                replace(each, id=f"{number:016x}{place:016x}")
                for place, each in enumerate(contents[number % _CONTENTS])
            ),
        )
        sealed = sealer.envelope(secret, canonical(bundle), Kind.SAMPLES, week, key)
        made.append((sha256(sealed).hexdigest(), sealed))
    return made


def _sample(random: Random, texts: Sequence[str], day: str) -> Contribution:
    text = random.choice(texts)
    at = random.randrange(_CONTEXT_CHARS[0], len(text) - _CONTEXT_CHARS[1] - 200)
    end = at + random.randrange(10, 160)
    return Contribution(
        id="0" * 32,
        day=day,
        language="python",
        prefix=text[at - _CONTEXT_CHARS[0] : at],
        target=text[at:end],
        suffix=text[end : end + _CONTEXT_CHARS[1]],
        model="qwen2.5-coder-0.5b",
        rejected="",
        proposed_chars=end - at,
        accepted_chars=0,
        kept_chars=0,
        ended="settled",
        quality=900,
        zone="",
        likeness=-1,
        survived=-1,
        checks=tuple(CheckNote(f"check{each}", 1, "passed", "") for each in range(12)),
    )


class Load:
    """Machines that upload."""

    def __init__(self, orders: Orders, waiting: Sequence[tuple[str, bytes]]) -> None:
        self._orders = orders
        self._waiting = deque(waiting)
        self._free = asyncio.Semaphore(orders.connections)
        self.result = Result()
        self._ends = 0.0

    async def run(self) -> Result:
        """All of it."""
        started = time.perf_counter()
        self._ends = started + self._orders.seconds
        if self._orders.rates:
            await self._paced(started)
        else:
            await asyncio.gather(*(self._greedy() for _ in range(self._orders.connections)))
        self.result.took_s = time.perf_counter() - started
        return self.result

    async def _greedy(self) -> None:
        line = Line(self._orders.port)
        while self._waiting and time.perf_counter() < self._ends:
            await self._deliver(line, *self._waiting.popleft())
        line.close()

    async def _paced(self, started: float) -> None:
        """Bundles come when they are due, whether or not those before were answered."""
        lines = [Line(self._orders.port) for _ in range(self._orders.connections)]
        idle: asyncio.Queue[Line] = asyncio.Queue()
        for line in lines:
            idle.put_nowait(line)
        under_way: set[asyncio.Task[None]] = set()
        due = started
        cycle = sum(seconds for seconds, _ in self._orders.rates)
        while self._waiting and due < self._ends:
            pause = due - time.perf_counter()
            if pause > 0:
                await _CLOCK.sleep_ms(pause * 1000)
            self.result.late += idle.empty()
            task = asyncio.create_task(self._one(idle, due, *self._waiting.popleft()))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            due += 1 / self._rate((due - started) % cycle)
        await asyncio.gather(*under_way)
        for line in lines:
            line.close()

    def _rate(self, at: float) -> float:
        for seconds, rate in self._orders.rates:
            if at < seconds:
                return rate
            at -= seconds
        return self._orders.rates[-1][1]

    async def _one(self, idle: asyncio.Queue[Line], due: float, name: str, content: bytes) -> None:
        line = await idle.get()
        try:
            await self._deliver(line, name, content, due)
        finally:
            idle.put_nowait(line)

    async def _deliver(self, line: Line, name: str, content: bytes, due: float = 0.0) -> None:
        """Until it is confirmed; its latency is that from when it was due."""
        begun = due or time.perf_counter()
        offset = 0
        while time.perf_counter() < self._ends + self._orders.back_s:
            status = await line.send(name, content, offset)
            self.result.statuses[str(status)] += 1
            if status in (200, 201):
                self.result.confirmed.append(name)
                self.result.bytes += len(content)
                self.result.latencies_ms.append((time.perf_counter() - begun) * 1000)
                return
            await _CLOCK.sleep_ms(_RETRY_MS)
            offset = await line.arrived(name) if status else 0
            offset = max(0, offset)
        self.result.unconfirmed.append(name)


class Line:
    """One connection, made again when it breaks. A status of 0: it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, name: str, content: bytes, offset: int) -> int:
        """One PATCH."""
        head = (
            f"PATCH /v1/bundles/{name} HTTP/1.1\r\nHost: bench\r\nUpload-Offset: {offset}\r\n"
            f"Upload-Length: {len(content)}\r\nContent-Length: {len(content) - offset}\r\n\r\n"
        )
        return (await self._ask(head.encode() + content[offset:], body=True))[0]

    async def arrived(self, name: str) -> int:
        """How much is there; -1: nothing."""
        head = f"HEAD /v1/bundles/{name} HTTP/1.1\r\nHost: bench\r\n\r\n"
        status, headers = await self._ask(head.encode(), body=False)
        return int(headers.get("upload-offset", "0")) if status == 200 else -1

    async def _ask(self, request: bytes, *, body: bool) -> tuple[int, dict[str, str]]:
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(request)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            if body:
                await reader.readexactly(int(headers.get("content-length", "0")))
            return int(head[0].split(" ")[1]), headers
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0, {}

    def close(self) -> None:
        """Let the connection go."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def main() -> None:
    """Do what standard input says."""
    orders = Orders(**json.loads(sys.stdin.readline()))
    started = time.perf_counter()
    made = envelopes(orders)
    prepared_s = time.perf_counter() - started
    print("ready", flush=True)
    sys.stdin.readline()
    result = asyncio.run(Load(orders, made).run())
    print(
        json.dumps(
            {
                "prepared_s": prepared_s,
                "took_s": result.took_s,
                "confirmed": result.confirmed,
                "unconfirmed": result.unconfirmed,
                "statuses": result.statuses,
                "bytes": result.bytes,
                "late": result.late,
                "p50_ms": percentile(result.latencies_ms, 50),
                "p99_ms": percentile(result.latencies_ms, 99),
                "max_ms": max(result.latencies_ms, default=None),
            }
        )
    )


if __name__ == "__main__":
    main()
