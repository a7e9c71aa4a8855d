"""How many labelled secrets are found, and how much else: our rules, and with the scanner.

`python -m bench.secrets --corpus FOLDER` (`bench.corpora` says what a corpus is).

A file is read in windows, as samples are; a labelled stretch of lines is found when a hit touches
it. Precision is counted twice: over labelled lines, and with every other line that was hit.

Left out: verdicts on real samples (`bench.verify`).
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import corpora, report
from bench.corpora import LabelledFile
from echo_core.clock import Clock
from echo_core.judging.checks import secrets
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.scan import TooMuchError
from echo_daemon.scan.credsweeper import CredSweeperScan, installed
from echo_runtime.clock import SystemClock

WINDOW_CHARS: Final = 12_000  # as of a sample: 8,192 before the cursor, 4,096 behind
OVERLAP_LINES: Final = 40
LINE_CHARS_MAX: Final = 8_000  # of one line that are read

Finder = Callable[[Case], Iterable[tuple[int, int, str]]]  # spans, and by which rule


@dataclass(slots=True)
class Count:
    """What one way of looking found."""

    true_found: int = 0
    true_missed: int = 0
    false_found: int = 0  # stretches labelled as none
    other_lines: int = 0  # lines without a label
    rules: Counter[str] = field(default_factory=Counter)  # of true stretches
    ms: float = 0.0
    windows: int = 0

    def as_detail(self) -> dict[str, object]:
        """For the report."""
        found = self.true_found
        return {
            "recall": _share(found, found + self.true_missed),
            "precision": _share(found, found + self.false_found),
            "precision_all_lines": _share(found, found + self.false_found + self.other_lines),
            "true": found + self.true_missed,
            "false_found": self.false_found,
            "other_lines": self.other_lines,
            "ms_per_window": self.ms / self.windows if self.windows else None,
            "rules": dict(self.rules.most_common(12)),
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def ours(case: Case) -> Iterator[tuple[int, int, str]]:
    """What our rules find; everything where they cannot read to the end."""
    try:
        for hit in secrets.found_in(case):
            yield hit.start, hit.end, hit.rule
    except (TooMuchError, TimeoutError):
        yield 0, len(case.whole), "crashed"


def theirs(scan: CredSweeperScan) -> Finder:
    """What the scanner finds."""

    def find(case: Case) -> Iterator[tuple[int, int, str]]:
        for start, end in scan.judge(case).spans:
            yield start, end, "scan"

    return find


def windows(file: LabelledFile) -> Iterator[tuple[int, list[str]]]:
    """(number of lines before it, lines) of each window; they overlap."""
    at = 0
    lines = [line[:LINE_CHARS_MAX] for line in file.lines]
    while at < len(lines):
        size, end = 0, at
        while end < len(lines) and (end == at or size + len(lines[end]) < WINDOW_CHARS):
            size += len(lines[end]) + 1
            end += 1
        yield at, lines[at:end]
        if end == len(lines):
            return
        at = max(at + 1, end - OVERLAP_LINES)


def lines_found(file: LabelledFile, find: Finder, count: Count, clock: Clock) -> dict[int, str]:
    """The lines (from 1) that are hit, and by which rule."""
    found: dict[int, str] = {}
    for before, lines in windows(file):
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        case = Case(file.language, file.path, "", "\n".join(lines), "")
        began_ms = clock.steady_ms()
        hits = list(find(case))
        count.ms += clock.steady_ms() - began_ms
        count.windows += 1
        for start, end, rule in hits:
            first, last = bisect_right(starts, start), bisect_right(starts, max(start, end - 1))
            found.update((before + number, rule) for number in range(first, last + 1))
    return found


def add(file: LabelledFile, found: dict[int, str], count: Count) -> None:
    """Count what was found in one file."""
    labelled: set[int] = set()
    for first, last in sorted(file.true):
        stretch = range(first, last + 1)
        labelled.update(stretch)
        rule = next((found[number] for number in stretch if number in found), None)
        if rule is None:
            count.true_missed += 1
        else:
            count.true_found += 1
            count.rules[rule] += 1
    for first, last in sorted(file.false):
        stretch = range(first, last + 1)
        count.false_found += any(number in found for number in stretch)
        labelled.update(stretch)
    count.other_lines += len(found.keys() - labelled)


def measure(folder: Path, scan: CredSweeperScan | None, clock: Clock) -> dict[str, Count]:
    """Ours, and with a scanner theirs and both together.

    Raises:
        CorpusError: the folder has no labels.
    """
    counts = {"ours": Count()}
    if scan is not None:
        counts |= {"scan": Count(), "both": Count()}
    for file in corpora.read(folder):
        by_ours = lines_found(file, ours, counts["ours"], clock)
        add(file, by_ours, counts["ours"])
        if scan is not None:
            by_scan = lines_found(file, theirs(scan), counts["scan"], clock)
            add(file, by_scan, counts["scan"])
            add(file, by_scan | by_ours, counts["both"])
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the report's line."""
    parser = argparse.ArgumentParser(prog="bench.secrets", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="a folder with labels")
    parser.add_argument("--no-scan", action="store_true", help="our rules alone")
    options = parser.parse_args(arguments)
    clock = SystemClock()
    scan = CredSweeperScan() if installed() and not options.no_scan else None
    try:
        counts = measure(options.corpus, scan, clock)
    except corpora.CorpusError as error:
        print(error, file=sys.stderr)
        return 2
    detail = {name: count.as_detail() for name, count in counts.items()}
    when = report.when(clock.wall_ms())
    print(report.Report("secrets", when, report.machine(), "none", {}, detail).as_line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
