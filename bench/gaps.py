"""What following gaps costs at an edit, with a request after every insert.

`python -m bench.gaps [--trace FILE]... [--edits N] [--seed N]`

Sessions (`bench.sessions`) are folded into samples by `echo_core.experience.mining`, as live mining
and a rebuild do it: the text, all live gaps, the samples of those that end. Without a trace the
made session is the only one.

The peer is what one would write first: each gap remembers the text of its two anchors, and after
each edit they are searched for in the document (`str.find`, in C). It searches for the gaps that
our index says are alive, so nothing but the search is in its time; beside it stands what the index
alone takes to follow them, and to say when they end.

Left out: decoding of messages, the event log on disk (`make bench-record`).

Rules
 - An edit is one replacement; a notification with three of them counts as three.
 - Events are made in batches, outside what is timed. Time is the processor's, in one thread.
 - `edits_per_s` is that of the slowest session of some length, all of it: text, gaps, samples.
 - `history_slope` compares medians of batches around edit 25,000 with those before the last, so
   that a machine that does something else for a moment does not make the slope.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from bench import report, sessions
from echo_core import limits
from echo_core.experience.mining import Experience, Mined
from echo_core.gaps.index import Gaps
from echo_core.gaps.life import Ended
from echo_core.records.events import Closed, CursorMoved, Edited, Event, Opened, Requested
from echo_core.text.edits import Edit
from echo_core.text.mirror import Mirror
from echo_runtime.clock import SystemClock

EDITS: Final = 250_000
BATCH_EDITS: Final = 400
EARLY_EDITS: Final = 25_000  # the slope's first place; its last is the end
WINDOW_BATCHES: Final = 40  # of each of the two
SEARCHED_EDITS: Final = 2000  # as many as the peer can be waited for
CHECKED_EVERY: Final = 50  # edits: is what the peer found the place?
JUDGED_EDITS: Final = 1000  # a shorter session ends before it is warm
SEED: Final = 1


def cpu_ms() -> float:
    """What the processor has spent on this process: nothing here waits for anything else."""
    return time.process_time_ns() / 1_000_000


def batches(events: Iterable[Event]) -> Iterator[tuple[int, list[Event]]]:
    """Events in batches of `BATCH_EDITS` edits or a few more, and how many they have."""
    batch: list[Event] = []
    edits = 0
    for event in events:
        batch.append(event)
        if isinstance(event, Edited):
            edits += len(event.edits)
        if edits >= BATCH_EDITS:
            yield edits, batch
            batch, edits = [], 0
    yield edits, batch


@dataclass(slots=True)
class Folded:
    """A session's costs. A batch of no edit (the end) is in the sum alone."""

    edits: int = 0
    requests: int = 0
    samples: int = 0
    nested: int = 0
    live_max: int = 0  # between two batches
    total_ms: float = 0.0
    us_per_edit: list[float] = field(default_factory=list)  # of each batch

    @property
    def edits_per_s(self) -> float:
        """All edits by all time."""
        return self.edits / self.total_ms * 1000

    def slope(self) -> float | None:
        """What an edit costs at the end, by what it costs at `EARLY_EDITS`."""
        early = EARLY_EDITS // BATCH_EDITS
        if len(self.us_per_edit) < 2 * early:
            return None
        first = self.us_per_edit[early - WINDOW_BATCHES // 2 : early + WINDOW_BATCHES // 2]
        return median(self.us_per_edit[-WINDOW_BATCHES:]) / median(first)

    def told(self) -> dict[str, object]:
        """For the detail."""
        return {
            "edits": self.edits,
            "requests": self.requests,
            "samples": self.samples,
            "nested": self.nested,
            "live_max": self.live_max,
            "edits_per_s": self.edits_per_s,
            "us_per_edit_p50": median(self.us_per_edit),
            "us_per_edit_by_tenth": _tenths(self.us_per_edit),
        }


def _tenths(values: list[float]) -> list[float]:
    size = max(1, len(values) // 10)
    return [median(values[at : at + size]) for at in range(0, size * 10, size) if values[at:]]


def fold(events: Iterable[Event]) -> Folded:
    """Fold a session and take the time."""
    experience = Experience()
    folded = Folded()
    for edits, batch in batches(events):
        begun_ms = cpu_ms()
        mined: list[Mined] = []
        for event in batch:
            mined += experience.feed(event)
        took_ms = cpu_ms() - begun_ms
        folded.edits += edits
        folded.total_ms += took_ms
        folded.requests += sum(1 for event in batch if isinstance(event, Requested))
        folded.samples += sum(1 for one in mined if one.sample is not None)
        folded.nested += sum(1 for one in mined if one.nested)
        folded.live_max = max(folded.live_max, experience.gaps_live)
        if edits:
            folded.us_per_edit.append(took_ms * 1000 / edits)
    return folded


@dataclass(frozen=True, slots=True)
class Sought:
    """A gap as the peer knows it."""

    doc: str
    before: str
    behind: str


@dataclass(slots=True)
class Searching:
    """The peer's costs, and ours for the same, on the same events."""

    edits: int = 0
    peer_ms: float = 0.0
    ours_ms: float = 0.0
    found: int = 0  # gaps whose place was checked
    misplaced: int = 0  # of them, those that the peer found elsewhere or not at all

    def told(self) -> dict[str, object]:
        """For the detail."""
        return {
            "edits": self.edits,
            "peer_us_per_edit": self.peer_ms * 1000 / self.edits,
            "ours_us_per_edit": self.ours_ms * 1000 / self.edits,
            "ours_by_peer": report.ratio(self.ours_ms, self.peer_ms),
            "misplaced_by_peer": report.ratio(self.misplaced, self.found),
        }


class Sides:
    """Our index and the peer, following the same gaps. The texts are kept aside, untimed."""

    def __init__(self) -> None:
        self.costs = Searching()
        self._gaps = Gaps()
        self._sought: dict[str, Sought] = {}
        self._mirrors: dict[str, Mirror] = {}

    def feed(self, event: Event) -> None:
        """The next event, to both."""
        self._ours(partial(self._gaps.advance, event.at_ms))
        match event:
            case Opened():
                self._mirrors[event.doc] = Mirror(event.text)
            case Closed():
                self._ours(partial(self._gaps.closed, event.doc, event.at_ms))
            case CursorMoved():
                self._look(event.doc, event.head, event.at_ms)
            case Edited():
                for edit in event.edits:
                    self._edit(event, edit)
            case Requested():
                self._open(event)
            case _:
                pass

    def _ours(self, act: Callable[[], list[Ended]]) -> None:
        begun_ms = cpu_ms()
        ended = act()
        self.costs.ours_ms += cpu_ms() - begun_ms
        for one in ended:
            del self._sought[one.gap.request]

    def _edit(self, event: Edited, edit: Edit) -> None:
        self._ours(partial(self._gaps.edited, event.doc, edit, event.origin, event.at_ms))
        mirror = self._mirrors[event.doc]
        mirror.edit(edit)
        text = mirror.text
        begun_ms = cpu_ms()
        places = _places(event.doc, text, self._sought)
        self.costs.peer_ms += cpu_ms() - begun_ms
        if self.costs.edits % CHECKED_EVERY == 0:
            for gap in self._gaps.live(event.doc):
                self.costs.found += 1
                self.costs.misplaced += places[gap.request] != (gap.start, gap.end)
        self.costs.edits += 1

    def _look(self, doc: str, offset: int, at_ms: int) -> None:
        start, end = self._mirrors[doc].line(offset)
        begun_ms = cpu_ms()
        self._gaps.cursor(doc, start, end, at_ms)
        self.costs.ours_ms += cpu_ms() - begun_ms

    def _open(self, event: Requested) -> None:
        self._look(event.doc, event.offset, event.at_ms)
        text, at = self._mirrors[event.doc].text, event.offset
        before = text[max(0, at - limits.GAP_ANCHOR_CHARS) : at]
        behind = text[at : at + limits.GAP_ANCHOR_CHARS]
        self._sought[event.request] = Sought(event.doc, before, behind)
        opening = partial(self._gaps.open, event.request, event.doc, at, len(text), event.at_ms)
        self._ours(lambda: opening().ended)


def search(events: Iterable[Event]) -> Searching:
    """Let both follow the first `SEARCHED_EDITS` edits of a session."""
    sides = Sides()
    for event in events:
        if sides.costs.edits >= SEARCHED_EDITS:
            break
        sides.feed(event)
    return sides.costs


def _places(doc: str, text: str, sought: dict[str, Sought]) -> dict[str, tuple[int, int]]:
    """Where each gap of `doc` is found: from its first anchor on, up to the other one."""
    places = {}
    for request, gap in sought.items():
        if gap.doc == doc:
            start = text.find(gap.before) + len(gap.before)
            places[request] = (start, text.find(gap.behind, start))
    return places


def main() -> None:
    """Measure, and print the report as the last line."""
    parser = argparse.ArgumentParser(prog="bench.gaps", description=__doc__)
    parser.add_argument("--trace", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--edits", type=int, default=EDITS, help="of the made day")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    when = report.when(SystemClock().wall_ms())
    folds: dict[str, Folded] = {}
    searches: dict[str, Searching] = {}
    day = f"a day, seed {asked.seed}"
    plays: dict[str, Callable[[], Iterator[Event]]] = {
        path.name: partial(sessions.of_trace, path) for path in asked.trace
    }
    plays[day] = partial(sessions.made, asked.edits, asked.seed)
    plays["one burst"] = partial(sessions.one_burst, limits.GAPS_LIVE_MAX)
    for name, play in plays.items():
        print(f"{name} …", file=sys.stderr)
        folds[name] = fold(play())
        searches[name] = search(play())
    figures = {
        "edits_per_s": min(one.edits_per_s for one in folds.values() if one.edits >= JUDGED_EDITS),
        "history_slope": folds[day].slope(),
    }
    detail = {name: {**folds[name].told(), "search": searches[name].told()} for name in folds}
    print(report.Report("gaps", when, report.machine(), "", figures, detail).as_line())


if __name__ == "__main__":
    main()
