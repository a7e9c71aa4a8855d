"""What recording costs: time and processor for an event, bytes on disk for a key.

`python -m bench.record [--trace FILE]... [--keys N] [--seed N]`

Traces and a made-up day of typing go through the daemon's own path: the miner, which keeps texts
and gaps, and the log, which writes to a real file in batches. The peer is the same path over
Python's own sqlite3, with the same rows in the same run: the difference is encryption.

Left out: decoding messages (`bench.overhead` has it), the model, reading.

Rules
 - Each workload runs twice on each side: *typing*, the events of the trace alone, and *asking*,
   with a request after every insertion, as when a completion is wanted at each key.
 - A key is an edit event. Its bytes are those of the closed file, less those of an empty store; the
   texts of opened documents are among them.
 - Events a second are of *typing*, processor time a key of *asking*: there gaps live. Bytes are
   told of both.
 - Processor time is that of the whole process: the thread that writes is in it.
"""

from __future__ import annotations

import gc
import gzip
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from bench import report, stage
from bench.texts import sources
from echo_core.experience.fold import Fold
from echo_core.experience.looks import Look
from echo_core.experience.mining import Mined
from echo_core.gaps.origins import Origins
from echo_core.records import trace
from echo_core.records.events import (
    Closed,
    CursorMoved,
    Edited,
    Event,
    Focused,
    HeadMoved,
    Opened,
    Origin,
    Requested,
    Saved,
    Trigger,
)
from echo_core.text.edits import Edit
from echo_daemon.mining.matching import RapidMatcher
from echo_daemon.mining.miner import Miner, Who
from echo_daemon.mining.names import Names
from echo_daemon.store import database
from echo_daemon.store.gaps import broken
from echo_daemon.store.log import EventLog
from echo_daemon.store.migrations import migrate
from echo_runtime.clock import SystemClock
from echo_runtime.collector import keep_what_is_there

DATA_VARIABLE: Final = "ECHO_DATA"
TRACES: Final = ("svelte.trace.jsonl.gz", "vscode.trace.jsonl.gz")
DAY_KEYS: Final = 30_000  # of a day on which much is written
BURST_KEYS: Final = 40  # typed at one place
FLUSH_EVENTS: Final = 2_000
BEGAN_MS: Final = 1_700_000_000_000
KEY: Final = bytes(range(32))
SIDES: Final = ("store", "plain")


@dataclass(frozen=True, slots=True)
class Workload:
    """Events as a front would hand them over."""

    name: str
    events: Sequence[Event]

    @property
    def keys(self) -> int:
        """How many edits."""
        return sum(isinstance(event, Edited) for event in self.events)

    def asking(self) -> Workload:
        """The same with a request after every insertion."""
        return Workload(f"{self.name}, asking", list(_with_requests(self.events)))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    events: int
    keys: int
    wall_s: float
    cpu_s: float
    bytes: int

    @property
    def detail(self) -> dict[str, float]:
        """For the report."""
        return {
            "events": self.events,
            "keys": self.keys,
            "events_per_s": self.events / self.wall_s,
            "us_per_key": 1e6 * self.cpu_s / self.keys,
            "bytes_per_key": self.bytes / self.keys,
        }


def pooled(costs: Sequence[Cost]) -> Cost:
    """All workloads as one: the short ones would show what a start costs."""
    return Cost(
        sum(cost.events for cost in costs),
        sum(cost.keys for cost in costs),
        sum(cost.wall_s for cost in costs),
        sum(cost.cpu_s for cost in costs),
        sum(cost.bytes for cost in costs),
    )


class LogRecorder:
    """`echo_daemon.mining.miner.Recorder` straight onto a log, the same for both sides."""

    recording = True

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def admits(self, doc: str, who: Who) -> bool:
        """Everything is recorded here."""
        del doc, who
        return True

    def begin(self, session: str, who: Who, at_ms: int) -> None:
        """A session starts."""
        self._log.start_session(session, at_ms, who.client, who.roots)

    def together(self) -> AbstractContextManager[object]:
        """One transaction."""
        return self._log.together()

    def append(self, session: str, event: Event) -> bool:
        """Into the log."""
        return self._log.append(event, session)

    def checkpoint(self, session: str, standing: Sequence[Opened], *, quiet: bool) -> bool:
        """Texts inside a session."""
        return self._log.write_checkpoint(session, tuple(standing), quiet=quiet)

    def gaps_ended(self, mined: Sequence[Mined]) -> None:
        """Gaps broke."""
        for one in broken(mined):
            self._log.write_gaps_broken(one)
        for gap in mined:
            if gap.sample is not None:
                self._log.write_sample(gap.sample)

    def looked(self, look: Look) -> None:
        """Something became of a gap that broke earlier."""
        self._log.write_look(look)


def from_trace(path: Path) -> Workload:
    """The events that a recorded session would be.

    Raises:
        TraceError: it is not a trace.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return Workload(path.name, list(_events(trace.parse(file))))


def _events(lines: Iterator[trace.TraceLine]) -> Iterator[Event]:
    versions: dict[str, int] = {}
    rules: dict[str, Origins] = {}
    player = trace.Player()
    for line in lines:
        at_ms = BEGAN_MS + line.t_ms
        match line:
            case trace.TraceOpen():
                versions[line.doc], rules[line.doc] = 1, Origins()
                yield Opened(at_ms, line.doc, line.language, 1, line.text)
            case trace.TraceEdit():
                versions[line.doc] += 1
                edits = tuple(line.edits)
                origin = rules[line.doc].take(player.texts[line.doc].content, edits)
                yield Edited(at_ms, line.doc, versions[line.doc], edits, origin)
            case trace.TraceCursor():
                yield CursorMoved(at_ms, line.doc, line.anchor, line.head)
            case trace.TraceFocus():
                yield Focused(at_ms, line.doc)
            case trace.TraceSave():
                yield Saved(at_ms, line.doc)
            case trace.TraceHead():
                yield HeadMoved(at_ms, line.ref)
            case trace.TraceClose():
                yield Closed(at_ms, line.doc)
        player.play(line)


def synthetic_day(keys: int, seed: int) -> Workload:
    """Bursts of typing at the ends of lines in six files, a key every 200 ms; pauses between."""
    random_ = random.Random(seed)
    texts = {source.name: source.text for source in sources(seed)}
    versions = dict.fromkeys(texts, 1)
    at_ms = BEGAN_MS
    events: list[Event] = [Opened(at_ms, doc, "python", 1, text) for doc, text in texts.items()]
    for _ in range(keys // BURST_KEYS):
        doc = random_.choice(sorted(texts))
        text = texts[doc]
        at = text.find("\n", random_.randrange(len(text)))
        at = len(text) if at < 0 else at
        at_ms += round(random_.expovariate(1 / 10_000))
        events += [Focused(at_ms, doc), CursorMoved(at_ms, doc, at, at)]
        for _ in range(BURST_KEYS):
            at_ms += round(random_.lognormvariate(5.2, 0.5))
            versions[doc] += 1
            if random_.random() < 0.08:
                edit = Edit(at - 1, at, "")
            else:
                edit = Edit(at, at, random_.choice("etaoinsrhl \n_()=."))
            text = text[: edit.start] + edit.inserted + text[edit.end :]
            at = edit.start + len(edit.inserted)
            events.append(Edited(at_ms, doc, versions[doc], (edit,), Origin.TYPED))
        texts[doc] = text
        events.append(Saved(at_ms, doc))
    events += [Closed(at_ms, doc) for doc in texts]
    return Workload("a synthetic day", events)


def _with_requests(events: Sequence[Event]) -> Iterator[Event]:
    names = Names()
    for event in events:
        yield event
        if isinstance(event, Edited) and event.edits[-1].inserted:
            last = event.edits[-1]
            offset = last.start + len(last.inserted)
            yield Requested(
                event.at_ms,
                names(),
                event.doc,
                event.version,
                offset,
                Trigger.AUTOMATIC,
            )


def opened(side: str, path: Path) -> database.Connection:
    """A new store at `path`: ours, or the same tables in the clear."""
    if side == "store":
        connection = database.open_for_writing(path, KEY)
    else:
        plain = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        plain.text_factory = lambda content: content.decode("utf-8", "surrogatepass")
        for pragma in (
            "auto_vacuum = INCREMENTAL",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
            "foreign_keys = ON",
            "mmap_size = 0",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "secure_delete = FAST",
            f"journal_size_limit = {database.WAL_BYTES_MAX}",
        ):
            plain.execute(f"PRAGMA {pragma}").fetchall()
        connection = cast(database.Connection, plain)
    migrate(connection, 0)
    return connection


async def run(side: str, workload: Workload, folder: Path) -> Cost:
    """Record `workload` once, as fast as it goes, until it is durable."""
    path = folder / f"{side}.db"
    opened(side, path).close()
    empty = database.size_bytes(path)
    log = EventLog(opened(side, path))
    miner = Miner("s", Who("bench"), LogRecorder(log), SystemClock(), Fold(RapidMatcher()))
    gc.collect()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for number, event in enumerate(workload.events):
        miner.observe(event)
        if number % FLUSH_EVENTS == 0:  # nobody types so fast that the queue would fill
            await log.flush()
    events = await log.flush()
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    refused = log.statistics().refused
    log.close()
    if refused or events != len(workload.events):
        raise AssertionError(f"{refused} events were refused, {events} recorded")
    cost = Cost(events, workload.keys, wall_s, cpu_s, database.size_bytes(path) - empty)
    database.destroy(path)
    return cost


async def measure(paths: Sequence[Path], keys: int, seed: int) -> report.Report:
    """All workloads, on both sides."""
    clock = SystemClock()
    workloads = [*map(from_trace, paths), synthetic_day(keys, seed)]
    typing: dict[str, list[Cost]] = {side: [] for side in SIDES}
    asking: dict[str, list[Cost]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as name:
        for workload in workloads:
            for side in SIDES:  # once for nothing: caches, imports, the first growth of the heap
                await run(side, Workload(workload.name, workload.events[:500]), Path(name))
                typing[side].append(await run(side, workload, Path(name)))
                asking[side].append(await run(side, workload.asking(), Path(name)))
    detail: dict[str, object] = {"seed": seed}
    for number, workload in enumerate(workloads):
        detail[workload.name] = {
            f"{side}, {mode}": costs[side][number].detail
            for mode, costs in (("typing", typing), ("asking", asking))
            for side in SIDES
        }
    store, plain = asking["store"], asking["plain"]
    detail["encryption"] = {
        mode: {
            "cpu_ratio": report.ratio(pooled(ours).cpu_s, pooled(theirs).cpu_s),
            "wall_ratio": report.ratio(pooled(ours).wall_s, pooled(theirs).wall_s),
            "bytes_ratio": report.ratio(pooled(ours).bytes, pooled(theirs).bytes),
        }
        for mode, ours, theirs in (
            ("typing", typing["store"], typing["plain"]),
            ("asking", store, plain),
        )
    }
    return report.Report(
        bench="record",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model="none",
        values={
            "events_per_s": pooled(typing["store"]).events / pooled(typing["store"]).wall_s,
            "us_per_key": 1e6 * pooled(store).cpu_s / pooled(store).keys,
            "bytes_per_key": pooled(typing["store"]).bytes / pooled(typing["store"]).keys,
            "bytes_per_key_asking": pooled(store).bytes / pooled(store).keys,
        },
        detail=detail,
    )


def shared_traces() -> list[Path]:
    """The traces of the folder that `ECHO_DATA` names; none without it."""
    folder = os.environ.get(DATA_VARIABLE, "")
    return [Path(folder) / name for name in TRACES if folder and (Path(folder) / name).is_file()]


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--trace", type=Path, action="append", help="a trace; may be repeated")
    options.add_argument("--keys", type=int, default=DAY_KEYS, help="keys of the synthetic day")
    chosen = options.parse_args()
    keep_what_is_there()  # as the daemon does when it has started
    stage.run(measure(chosen.trace or shared_traces(), chosen.keys, chosen.seed))


if __name__ == "__main__":
    main()
