"""Which samples of a dataset version are asked.

Left out: asking.

Rules
 - Which they are depends on their names alone, which say nothing of what they hold: the same for
   every run on a version, and for both models.
 - Texts are held in memory and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest
from typing import Final

from echo_trainer.curation.split import Part
from echo_trainer.gate.codebleu import tokens
from echo_trainer.gate.written import Sample
from echo_trainer.lake.cells import Texts
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Row, Versions

HELD_OUT: Final = (Part.LATER, Part.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Question:
    """A sample to ask."""

    sample: Sample
    texts: Texts


def held_out(versions: Versions, name: str, keys: RowKeys, count: int) -> list[Question]:
    """So many held-out samples of a version (0: all), of both parts alike."""
    rows = (row for part in HELD_OUT for row in versions.rows(name, part, keys))
    return _chosen(rows, count)


def contributed_alone(
    versions: Versions, name: str, keys: RowKeys, count: int, tokens_min: int
) -> list[Question]:
    """Training samples whose target one pseudonym alone contributed, long enough to be known."""
    if not count:
        return []
    alone: dict[bytes, str] = {}  # digest of a target: who contributed it; empty: several did
    for row in versions.rows(name, Part.TRAIN, keys):
        digest = _digest(row.texts.target)
        alone[digest] = (
            row.contributor if alone.get(digest, row.contributor) == row.contributor else ""
        )

    def fitting() -> Iterator[Row]:
        for row in versions.rows(name, Part.TRAIN, keys):
            if alone[_digest(row.texts.target)] and len(tokens(row.texts.target)) >= tokens_min:
                yield row

    return _chosen(fitting(), count)


def long_enough(questions: Iterable[Question], count: int, tokens_min: int) -> list[Question]:
    """So many of the questions whose target is as long."""
    fitting = [one for one in questions if len(tokens(one.texts.target)) >= tokens_min]
    return fitting[:count]


def _chosen(rows: Iterable[Row], count: int) -> list[Question]:
    taken = (
        nsmallest(count, rows, key=lambda row: row.key)
        if count
        else sorted(rows, key=lambda row: row.key)
    )
    return [
        Question(Sample(row.key, row.part, row.language, not row.texts.target.strip()), row.texts)
        for row in taken
    ]


def _digest(text: str) -> bytes:
    said = " ".join(tokens(text)).encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=12).digest()
