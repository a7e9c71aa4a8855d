"""What a trainer's intake takes in: as much as it can, then a fleet's day with `kill -9` in it.

`python -m bench.intake [--minutes M] [--seconds S] [--samples N] [--database sqlite|postgresql]`

A real `echo-trainer serve`, a load of really sealed bundles in a process of its own
(`bench.intake_load`), on SQLite and on a PostgreSQL of its own (`bench.postgres`).

Left out: TLS, object stores over a network, curation.

Rules
 - *capacity*: `--connections` machines upload without a pause; samples/s are of the slower of the
   two databases.
 - *fleet*: twice the paper's rate, 10,000 people with 273 requests a day, as if every request
   became a sample; in bursts of 20 times that for a twelfth of the time. A bundle's latency counts
   from when it was due. The server is killed with SIGKILL twice, within bursts, and started again;
   machines come back for what was not confirmed.
 - Lost is what a receipt came for and what is then not there, as a row and as an unharmed object,
   or what was never confirmed though the server ran.
 - Memory is the server's largest resident set, looked at five times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from bench import postgres, report
from bench.intake_load import Orders
from bench.stage import plain_parser, say, search_path
from echo_core.sharing.bundle.contents import SAMPLES_MAX
from echo_runtime.clock import SystemClock
from echo_trainer.home import Home
from echo_trainer.keys.ring import KeyRing
from echo_trainer.objects.folder import FolderObjects
from echo_trainer.tables import intake
from echo_trainer.tables.database import Database

USERS: Final = 10_000  # the paper's, section 5
REQUESTS_A_DAY: Final = 273
TIMES: Final = 2
BURST: Final = 20
BURST_S, CALM_S = 2.5, 27.5
KILLS: Final = 2
SETTINGS: Final = {
    "INTAKE_OPEN": "true",
    "INTAKE_REQUESTS_A_MINUTE": "10000000",  # all machines of the load have one address
    "INTAKE_UPLOADS_PER_ADDRESS": "10000",
    "INTAKE_UPLOADS_MAX": "256",
}


@dataclass
class Server:
    """`echo-trainer serve` in a home of its own."""

    home: Home
    port: int
    tables: str
    largest_rss: int = 0
    process: subprocess.Popen[str] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Returns when it listens."""
        named = {f"ECHO_TRAINER_{name}": value for name, value in SETTINGS.items()}
        environ = os.environ | named | search_path()
        environ |= {
            "ECHO_TRAINER_HOME": str(self.home.folder),
            "ECHO_TRAINER_INTAKE_PORT": str(self.port),
            "ECHO_TRAINER_STORAGE_TABLES": self.tables,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "echo_trainer.cli.main", "serve"],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        if not self.process.stdout.readline().startswith("listening"):
            raise SystemExit("the intake did not start")

    def kill(self) -> None:
        """As a machine dies."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As a system stops a service."""
        self._stop.set()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def watch(self) -> None:
        """Note its memory until it is stopped."""
        while not self._stop.wait(0.2):
            try:
                assert self.process is not None
                rss = psutil.Process(self.process.pid).memory_info().rss
                self.largest_rss = max(self.largest_rss, rss)
            except psutil.Error:
                continue  # between a kill and the next start


@contextmanager
def serving(tables: str) -> Iterator[Server]:
    """A server in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="echo-bench-intake-") as folder:
        home = Home(Path(folder))
        KeyRing(home).create(datetime.fromtimestamp(_now_ms() / 1000, UTC).date(), 30)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        made = Server(home, port, tables)
        made.start()
        watching = threading.Thread(target=made.watch, daemon=True)
        watching.start()
        try:
            yield made
        finally:
            made.stop()
            watching.join()


def load(orders: Orders, meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Run a load; `meanwhile` runs while it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.intake_load"],
        env=os.environ | search_path(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(asdict(orders)) + "\n")
    process.stdin.flush()
    if process.stdout.readline() != "ready\n":
        raise SystemExit("the load could not be made")
    process.stdin.write("go\n")
    process.stdin.flush()
    meanwhile()
    said, _ = process.communicate()
    found: dict[str, Any] = json.loads(said)
    return found


def missing(server: Server, confirmed: Sequence[str]) -> int:
    """How many of those confirmed are not there, as a row and as an unharmed object."""
    rows = Database(server.tables, server.home.tables_file)
    objects = FolderObjects(server.home.objects_folder)
    with rows.read() as connection:
        receipts = intake.receipts_of(connection, confirmed)
        sized = {name for name in confirmed if intake.size_of(connection, name) is not None}
    rows.close()
    return sum(
        name not in receipts or name not in sized or objects.get(name) is None for name in confirmed
    )


def capacity(server: Server, args: argparse.Namespace) -> dict[str, Any]:
    """As much as it takes."""
    orders = Orders(
        port=server.port,
        key_list=str(server.home.key_list),
        envelopes=int(args.bundles_max * args.seconds),
        samples=args.samples,
        connections=args.connections,
        seconds=args.seconds,
        seed=args.seed,
    )
    said = load(orders)
    return _told(server, said, args.samples)


def fleet(server: Server, args: argparse.Namespace) -> dict[str, Any]:
    """Twice the paper's day, compressed to its hours of work by bursts, with kills."""
    calm = TIMES * USERS * REQUESTS_A_DAY / 86_400 / args.samples
    seconds = args.minutes * 60
    rates = ((CALM_S / 2, calm), (BURST_S, calm * BURST), (CALM_S / 2, calm))
    mean = (CALM_S + BURST_S * BURST) / (CALM_S + BURST_S)
    orders = Orders(
        port=server.port,
        key_list=str(server.home.key_list),
        envelopes=int(seconds * calm * mean * 1.2) + 100,
        samples=args.samples,
        connections=args.connections,
        seconds=seconds,
        rates=rates,
        seed=args.seed + 1,
    )
    pauses: list[float] = []

    def killing() -> None:
        started = time.perf_counter()
        cycle = CALM_S + BURST_S
        bursts = max(1, int(seconds // cycle))
        for number in range(KILLS):
            burst = bursts * (number + 1) // (KILLS + 1)
            at = min(burst * cycle + CALM_S / 2 + BURST_S / 2, seconds * (number + 1) / 3)
            _wait_until(started + at)
            server.kill()
            down = time.perf_counter()
            server.start()
            pauses.append(time.perf_counter() - down)

    said = load(orders, killing)
    told = _told(server, said, args.samples)
    told["rate_bundles_per_s"] = {"calm": calm, "burst": calm * BURST}
    told["kills"] = KILLS
    told["down_s"] = pauses
    return told


def _wait_until(moment: float) -> None:
    pause = moment - time.perf_counter()
    if pause > 0:
        threading.Event().wait(pause)


def _told(server: Server, said: dict[str, Any], samples: int) -> dict[str, Any]:
    confirmed = said.pop("confirmed")
    unconfirmed = said.pop("unconfirmed")
    took = said["took_s"]
    return {
        "accepted": len(confirmed),
        "unconfirmed": len(unconfirmed),
        "lost": missing(server, confirmed) + len(unconfirmed),
        "bundles_per_s": len(confirmed) / took,
        "samples_per_s": len(confirmed) * samples / took,
        "mb_per_s": said["bytes"] / took / 1e6,
        "bytes_per_bundle": said["bytes"] / len(confirmed) if confirmed else None,
        "rss_mb": server.largest_rss / 1e6,
        "disk_bytes_per_bundle": _disk(server.home.data) / len(confirmed) if confirmed else None,
        **said,
    }


def _disk(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _now_ms() -> int:
    return SystemClock().wall_ms()


def measure(args: argparse.Namespace) -> report.Report:
    """Every database in turn."""
    detail: dict[str, Any] = {}
    with ExitStack() as stack:
        for kind in args.database or ("sqlite", "postgresql"):
            url = ""
            if kind == "postgresql":
                where = postgres.programs(install=True)
                if where is None:
                    raise SystemExit("no PostgreSQL: apt-get install postgresql")
                url = stack.enter_context(postgres.running(where))
            with serving(url) as server:
                say(f"{kind}: capacity, {args.seconds} s")
                full = capacity(server, args)
                server.largest_rss = 0
                say(f"{kind}: fleet, {args.minutes} minutes")
                detail[kind] = {"capacity": full, "fleet": fleet(server, args)}
    runs = [run for each in detail.values() for run in each.values()]
    return report.Report(
        bench="intake",
        when=report.when(_now_ms()),
        machine=report.machine(),
        model="",
        values={
            "samples_per_s": min(each["capacity"]["samples_per_s"] for each in detail.values()),
            "lost": float(sum(run["lost"] for run in runs)),
        },
        detail={"samples_per_bundle": args.samples, "connections": args.connections, **detail},
    )


def main() -> None:
    """Measure and say so."""
    parser = plain_parser(__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="of the fleet's day")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the load without a pause")
    parser.add_argument("--samples", type=int, default=16, choices=range(1, SAMPLES_MAX + 1))
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--bundles-max", type=int, default=400, help="made for each second")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"))
    print(measure(parser.parse_args()).as_line())


if __name__ == "__main__":
    main()
