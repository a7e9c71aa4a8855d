"""What a dataset version costs: time by step, memory, and how both grow; here and on Ray.

`python -m bench.curate [--sizes 10000,100000] [--ray-size N] [--where FOLDER] [--seed N]`

A lake of made-up samples (`bench.contributed`) becomes a version, in a process of its own for each
size; then one size again on a Ray cluster of one and of two nodes with one processor each, on this
machine.

Left out: what intake costs, and opening, which happens once for each sample, not each version.

Rules
 - A size that was not measured in this run has no figure.
 - Memory is the largest that the deciding process had, and the largest that it and all workers had
   together, looked at each second; what two share counts once.
 - Efficiency on Ray is the time on one node over twice the time on two, reading to writing.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from deltalake import write_deltalake

from bench import report, stage
from bench.contributed import PER_PERSON, Team
from echo_runtime.clock import SystemClock
from echo_trainer.curation.parameters import Parameters
from echo_trainer.datasets.making import Making
from echo_trainer.datasets.problems import problem_texts
from echo_trainer.lake.cells import Cells
from echo_trainer.lake.engine import engine
from echo_trainer.lake.places import Lake
from echo_trainer.lake.samples import TABLE_CONFIGURATION, SampleTable
from echo_trainer.lake.shredding import RowKeys

MILLION: Final = 1_000_000
MEGABYTE: Final = 1_000_000
WORKERS: Final = 2
_KEYS: Final = "rows.db"
_PROBLEMS: Final = "human-eval-infilling-single-line.jsonl.gz"


def fill(folder: Path, samples: int, seed: int) -> None:
    """Make a lake of so many samples."""
    lake, keys = Lake.at("", folder / "lake", {}), RowKeys(folder / _KEYS)
    team = Team(seed, max(10, samples // PER_PERSON))
    made = keys.made_for({team.pseudonym(number) for number in range(team.people)})
    for chunk in team.chunks(samples, made, Cells()):
        write_deltalake(
            SampleTable(lake).address,
            chunk,
            mode="append",
            configuration=dict(TABLE_CONFIGURATION),
        )


def once(folder: Path, ray: str, workers: int) -> dict[str, Any]:
    """One version of a lake, in this process."""
    lake, keys = Lake.at("", folder / "lake", {}), RowKeys(folder / _KEYS)
    machine = engine(workers, ray, {})
    before = time.process_time() + _children_s()
    began = time.perf_counter()
    made = Making(lake, machine, keys, SystemClock(), stage.say).run(
        Parameters(), problem_texts(_problems()), "2026-11-22"
    )
    took = time.perf_counter() - began
    return {
        "seconds": took,
        "steps": made.seconds,
        "cpu_s": time.process_time() + _children_s() - before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE,
        "version": made.manifest.name,
        "rows": made.manifest.rows,
        "arrived": made.manifest.arrived,
        "parts": dict(made.manifest.parts),
        "dropped": dict(made.manifest.dropped),
    }


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _problems() -> list[Path]:
    path = Path(os.environ.get("ECHO_DATA", "")) / _PROBLEMS
    return [path] if path.is_file() else []


@contextmanager
def cluster(nodes: int) -> Any:
    """A Ray cluster of so many nodes with one processor each; its address."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - large, and only where it is asked for

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        for _ in range(nodes - 1):
            made.add_node(num_cpus=1)
        yield made.address
    finally:
        made.shutdown()


def apart(folder: Path, ray: str = "", workers: int = WORKERS) -> dict[str, Any]:
    """`once` in a process of its own."""
    command = [sys.executable, "-m", "bench.curate", "--once", str(folder), "--ray", ray]
    with Together() as memory:
        done = subprocess.run(
            [*command, "--workers", str(workers)], stdout=subprocess.PIPE, check=True, text=True
        )
    found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return {**found, "peak_together_mb": memory.peak / MEGABYTE}


class Together:
    """The memory of all processes below this one."""

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Together:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(1):
            below = psutil.Process().children(recursive=True)
            self.peak = max(self.peak, sum(map(_held, below)))


def _held(process: psutil.Process) -> int:
    """Bytes, each page divided by those who share it where the system says so."""
    try:
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.rss))
    except psutil.Error:  # gone in between
        return 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured."""

    sizes: Sequence[int]
    ray_size: int
    seed: int
    where: Path | None


async def measure(wanted: Wanted) -> report.Report:
    """The whole benchmark."""
    await asyncio.sleep(0)
    sizes: dict[str, dict[str, Any]] = {}
    on_ray: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="echo-bench-", dir=wanted.where) as name:
        for size in sorted({*wanted.sizes, wanted.ray_size} - {0}):
            folder = Path(name) / str(size)
            folder.mkdir()
            stage.say(f"making {size:,} samples")
            fill(folder, size, wanted.seed)
            if size in wanted.sizes:
                sizes[str(size)] = apart(folder)
            if size == wanted.ray_size:
                for nodes in (1, 2):
                    stage.say(f"{size:,} samples on Ray, {nodes} nodes")
                    _forget_versions(folder)
                    with cluster(nodes) as address:
                        on_ray[str(nodes)] = apart(folder, address, nodes)
    one, two = (on_ray.get(nodes, {}).get("seconds") for nodes in ("1", "2"))
    largest = max(wanted.sizes, default=0)
    seconds = sizes[str(largest)]["seconds"] if largest else None
    return report.Report(
        bench="curate",
        when=report.when(SystemClock().wall_ms()),
        machine=report.machine(),
        model="none",
        values={
            "minutes_per_million": seconds / 60 * MILLION / largest if seconds else None,
            "ray_efficiency": report.ratio(one, two * 2 if two else None),
        },
        detail={
            "seed": wanted.seed,
            "workers": WORKERS,
            "sizes": sizes,
            "ray": on_ray,
            "growth": _growth(sizes),
        },
    )


def _forget_versions(folder: Path) -> None:
    lake = Lake.at("", folder / "lake", {})
    for place in ("versions", "documents"):
        lake.remove(place)


def _growth(sizes: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Seconds for each million at each size: flat is linear."""
    return {
        size: found["seconds"] * MILLION / int(size) / 60 for size, found in sorted(sizes.items())
    }


def main() -> None:
    """The command line."""
    options = stage.plain_parser(__doc__.split("\n")[0])
    options.add_argument("--sizes", default="10000,100000,1000000", help="samples of each lake")
    options.add_argument("--ray-size", type=int, default=100_000, help="0: not on Ray")
    options.add_argument("--where", type=Path, help="a folder with room: 3 GB for a million")
    options.add_argument("--once", type=Path, help="one version of the lake in this folder")
    options.add_argument("--ray", default="", help="with --once: the cluster")
    options.add_argument("--workers", type=int, default=WORKERS, help="with --once")
    chosen = options.parse_args()
    if chosen.once:
        print(json.dumps(once(chosen.once, chosen.ray, chosen.workers)))
        return
    sizes = [int(size) for size in chosen.sizes.split(",") if size]
    stage.run(measure(Wanted(sizes, chosen.ray_size, chosen.seed, chosen.where)))


if __name__ == "__main__":
    main()
