"""Training runs, and what the gate said of their files.

Left out: the reports themselves, which the gate wrote (`RunFolder.gate`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from echo_core.errors import EchoError, InputError
from echo_core.release.metadata import Kind
from echo_trainer.console.parts import Page, Parts, page_of
from echo_trainer.runs import curve
from echo_trainer.runs.folders import RunFolder
from echo_trainer.runs.records import Run, Shipped, Verdict, digest

REPORT: Final = "report.html"
CARD: Final = "card.md"
_FILES: Final = {REPORT: "the report", CARD: "the model card"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One file of a run: what would be shipped, and what the gate said of it."""

    kind: Kind
    shipped: Shipped | None
    verdict: Verdict | None
    verdict_sha256: str  # what a release names
    files: tuple[tuple[str, str], ...]  # of the gate: name and words
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; `problem`: why its document cannot be read; `curve`: figures by step."""

    name: str
    run: Run | None
    files: tuple[Judged, ...]
    problem: str = ""
    curve: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def runs(parts: Parts, after: int) -> Page[RunRow]:
    """Those that are done, the newest first."""
    page = page_of(parts.runs.newest(), after)
    return Page(tuple(map(_row, page.rows)), page.total, page.after)


def run(parts: Parts, name: str) -> RunRow:
    """One run.

    Raises:
        InputError: there is none of that name.
    """
    folder = parts.runs.named(name)
    if not folder.document.is_file():
        raise InputError(f"There is no run {name}: `echo-trainer train` makes one.")
    return replace(_row(folder), curve=curve.read(folder))


def gate_file(parts: Parts, name: str, kind: str, file: str) -> bytes:
    """What the gate wrote beside its verdict.

    Raises:
        InputError: it is not there.
    """
    if kind not in set(Kind) or file not in _FILES:
        raise InputError("There is no such page.")
    try:
        return (parts.runs.named(name).gate(Kind(kind)) / file).read_bytes()
    except OSError as error:
        raise InputError(f"It is not there: `echo-trainer gate {name}` writes it.") from error


def with_verdict(parts: Parts, sha256: str) -> str:
    """The run of which a verdict has this digest; empty where it is not here."""
    for folder in parts.runs.newest():
        for kind in Kind:
            try:
                content = folder.verdict(kind).read_bytes()
            except OSError:
                continue
            if digest(content) == sha256:
                return folder.name
    return ""


def _row(folder: RunFolder) -> RunRow:
    files = tuple(_files(folder))
    try:
        return RunRow(folder.name, folder.read_run(), files)
    except InputError as error:
        return RunRow(folder.name, None, files, str(error))


def _files(folder: RunFolder) -> Iterator[Judged]:
    for kind in Kind:
        problems: list[str] = []
        shipped, verdict, sha256 = None, None, ""
        if folder.shipped_document(kind).is_file():
            try:
                shipped = folder.read_shipped(kind)
            except EchoError as error:
                problems.append(str(error))
        if folder.verdict(kind).is_file():
            try:
                verdict = folder.read_verdict(kind)
                sha256 = digest(folder.verdict(kind).read_bytes())
            except EchoError as error:
                problems.append(str(error))
        if shipped or verdict or problems:
            there = (each for each in _FILES.items() if (folder.gate(kind) / each[0]).is_file())
            yield Judged(kind, shipped, verdict, sha256, tuple(there), tuple(problems))
