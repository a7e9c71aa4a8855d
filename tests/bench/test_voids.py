"""Places for void conflicts are what their kinds say, and what is said of them is counted right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bench import corpus, voids
from bench.corpus import Source
from echo_core.judging.checks.case import Case
from echo_daemon.distilling.asking import Asking
from echo_daemon.teaching.api import Choice, Difficulty, Silence
from tidy.tree import ROOT

LANGUAGES = ("python", "typescript", "rust")


class Oracle:
    """A teacher that knows what stood at some places, and asks for code at the others."""

    def __init__(self, silent: Sequence[Case], unsure: bool = False) -> None:
        self._silent = {(case.prefix, case.suffix) for case in silent}
        self._unsure = unsure

    async def choose(self, case: Case, cuts: Sequence[int]) -> Choice:
        raise AssertionError("not asked here")

    async def wants_silence(self, case: Case) -> Silence:
        told = (case.prefix, case.suffix) in self._silent
        return Silence(0.7 if self._unsure else float(told), "void/1", "oracle")

    async def difficulty(self, case: Case) -> Difficulty:
        raise AssertionError("not asked here")


@pytest.fixture(scope="module")
def found() -> list[voids.Spot]:
    sources = corpus.from_folder(ROOT / "echo_core" / "judging" / "checks")
    sources += corpus.from_folder(ROOT / "bench" / "data")
    return voids.spots(sources, LANGUAGES, 12, seed=1)


def test_a_place_holds_what_its_file_does_and_its_twin_does_not(found: list[voids.Spot]) -> None:
    assert {spot.kind for spot in found} == {kind for pair in voids.KINDS for kind in pair}
    assert sum(spot.silent for spot in found) >= 12
    for spot in found:
        assert (spot.right.prefix, spot.right.suffix) == (spot.wrong.prefix, spot.wrong.suffix)
        assert bool(spot.right.target) is not spot.silent
        assert bool(spot.wrong.target) is spot.silent


def test_the_same_seed_makes_the_same_places() -> None:
    source = Source("python", "p", "a.py", "def f(one, two):\n    return g(one, two)\n" * 40)
    assert voids.spots([source], ["python"], 6, 1) == voids.spots([source], ["python"], 6, 1)
    assert voids.spots([source], ["cobol"], 6, 1) == []


def told(found: list[voids.Spot], *, unsure: bool) -> dict[str, list[float]]:
    silent = [spot.right for spot in found if spot.silent]
    judged = voids.Voids(Asking(Oracle(silent, unsure)))

    async def look() -> None:
        for spot in found:
            await judged.look(spot)

    asyncio.run(look())
    assert len(judged.wrong) == len(judged.right) > len(voids.KINDS)
    return {name: counts["all"] for name, counts in judged.told().items()}


def test_who_knows_all_finds_all_and_refuses_nothing(found: list[voids.Spot]) -> None:
    cases = len(found)
    assert told(found, unsure=False) == {"recall": [cases, 1.0, 1.0], "refused": [cases, 0.0, 0.0]}


def test_where_it_cannot_be_told_silence_is_dropped_and_code_is_not(
    found: list[voids.Spot],
) -> None:
    silent = sum(spot.silent for spot in found) / len(found)
    said = told(found, unsure=True)
    assert said["recall"] == [len(found), round(1 - silent, 4), 0.0]
    assert said["refused"] == [len(found), round(silent, 4), 0.0]
