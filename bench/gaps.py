"""What following gaps costs at an edit, with a request after every insert.

`python -m bench.gaps [--trace FILE]... [--edits N] [--seed N]`

Sessions (`bench.sessions`) are folded into samples by `echo_core.experience`, as live mining and a
rebuild do it: the text, all live gaps, the samples of those that end. Without a trace the made
session is the only one.

The peer is what one would write first: each gap remembers the text of its two anchors, and after
each edit they are searched for in the document (`str.find`, in C). It searches for the very gaps
that are alive in the fold at that moment, so nothing but the search is in its time.

Left out: decoding of messages, the event log on disk (`make bench-record`).

Rules
 - An edit is one replacement; a notification with three of them counts as three.
 - Events are made in batches, outside what is timed.
 - `edits_per_s` is that of the slowest session, all of it: text, gaps, samples.
 - `history_slope` compares medians of batches around edit 25,000 with those before the last, so
   that a machine that does something else for a moment does not make the slope.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench import report, sessions
from echo_core import limits
from echo_core.events import Edited, Event, Requested
from echo_core.experience import Experience, Mined
from echo_runtime.clock import SystemClock

EDITS: Final = 250_000
BATCH_EDITS: Final = 1000
EARLY_EDITS: Final = 25_000  # the slope's first place; its last is the end
WINDOW_BATCHES: Final = 20  # of each of the two
SEARCHED_EDITS: Final = 3000  # as many as the peer can be waited for
SEED: Final = 1


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
    live_max: int = 0
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


def fold(events: Iterable[Event], clock: SystemClock) -> Folded:
    """Fold a session and take the time."""
    experience = Experience()
    folded = Folded()
    for edits, batch in batches(events):
        begun_ms = clock.steady_ms()
        mined: list[Mined] = []
        for event in batch:
            mined += experience.feed(event)
        took_ms = clock.steady_ms() - begun_ms
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
    """The peer's costs, and ours, on the same events."""

    edits: int = 0
    peer_ms: float = 0.0
    ours_ms: float = 0.0
    found: int = 0  # gaps looked up while their place was checked
    misplaced: int = 0  # of them, those found elsewhere or not at all

    @property
    def ratio(self) -> float:
        """How much of the peer's time the whole fold takes."""
        return self.ours_ms / self.peer_ms

    def told(self) -> dict[str, object]:
        """For the detail."""
        return {
            "edits": self.edits,
            "peer_us_per_edit": self.peer_ms * 1000 / self.edits,
            "ours_us_per_edit": self.ours_ms * 1000 / self.edits,
            "ours_by_peer": self.ratio,
            "misplaced_by_peer": self.misplaced / self.found if self.found else None,
        }


def search(events: Iterable[Event], edits_max: int, clock: SystemClock) -> Searching:
    """Follow the same gaps by search; the fold says which ones are alive."""
    experience = Experience()
    costs = Searching()
    sought: dict[str, Sought] = {}
    for event in events:
        if costs.edits >= edits_max:
            break
        begun_ms = clock.steady_ms()
        mined = experience.feed(event)
        costs.ours_ms += clock.steady_ms() - begun_ms
        for one in mined:
            sought.pop(one.request, None)
        match event:
            case Requested():
                text = experience.documents[event.doc].text
                at = event.offset
                anchor = limits.GAP_ANCHOR_CHARS
                before, behind = text[max(0, at - anchor) : at], text[at : at + anchor]
                sought[event.request] = Sought(event.doc, before, behind)
            case Edited(edits=edits):
                text = experience.documents[event.doc].text
                for number, _ in enumerate(edits):
                    begun_ms = clock.steady_ms()
                    places = _places(event.doc, text, sought)
                    costs.peer_ms += clock.steady_ms() - begun_ms
                    if number == 0 and costs.edits % 50 == 0:
                        _check(experience, event.doc, places, costs)
                costs.edits += len(edits)
            case _:
                pass
    return costs


def _places(doc: str, text: str, sought: dict[str, Sought]) -> dict[str, tuple[int, int]]:
    """Where each gap of `doc` is found: from its first anchor on, up to the other one."""
    places = {}
    for request, gap in sought.items():
        if gap.doc == doc:
            start = text.find(gap.before) + len(gap.before)
            places[request] = (start, text.find(gap.behind, start))
    return places


def _check(
    experience: Experience, doc: str, places: dict[str, tuple[int, int]], costs: Searching
) -> None:
    for gap in experience.live(doc):
        costs.found += 1
        costs.misplaced += places[gap.request] != (gap.start, gap.end)


def main() -> None:
    """Measure, and print the report as the last line."""
    parser = argparse.ArgumentParser(prog="bench.gaps", description=__doc__)
    parser.add_argument("--trace", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--edits", type=int, default=EDITS, help="of the made session")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    clock = SystemClock()
    when = report.when(clock.wall_ms())
    folds: dict[str, Folded] = {}
    searches: dict[str, Searching] = {}
    made = f"made, seed {asked.seed}"
    for name, path in [*((path.name, path) for path in asked.trace), (made, None)]:
        print(f"{name} …", file=sys.stderr)
        for_fold, for_search = (
            sessions.of_trace(path) if path else sessions.made(asked.edits, asked.seed)
            for _ in range(2)
        )
        folds[name] = fold(for_fold, clock)
        searches[name] = search(for_search, SEARCHED_EDITS, clock)
    figures = {
        "edits_per_s": min(one.edits_per_s for one in folds.values()),
        "history_slope": folds[made].slope(),
    }
    detail = {name: {**folds[name].told(), "search": searches[name].told()} for name in folds}
    print(report.Report("gaps", when, report.machine(), "", figures, detail).as_line())


if __name__ == "__main__":
    main()
