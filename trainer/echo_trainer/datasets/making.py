"""One dataset version, from the lake to its manifest.

Left out: opening (`opening`), pages about it (`echo_trainer.reports`).

Rules
 - The same samples, parameters, problems and code make the same version, whoever computes and
   however rows are divided; made again, it is found.
 - A run that was cut off leaves scratch and rows that the next run removes.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import pyarrow as pa

from echo_core.clock import Clock
from echo_core.errors import InputError
from echo_runtime.code_version import code_version
from echo_trainer.curation.contamination import Problems
from echo_trainer.curation.manifest import Manifest, as_said, digest_of
from echo_trainer.curation.mixture import mixture_of
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.split import Part
from echo_trainer.datasets.deciding import Decided, decided
from echo_trainer.datasets.problems import digest_of_problems
from echo_trainer.lake.engine import Engine
from echo_trainer.lake.places import SCRATCH, Lake
from echo_trainer.lake.plan import Passes
from echo_trainer.lake.samples import SampleTable
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Versions

R = TypeVar("R")
# What decides about a row, besides all of `echo_trainer.curation`.
_DECIDING: Final = (
    ("echo_trainer.datasets", "deciding.py"),
    ("echo_trainer.lake", "work.py"),
    ("echo_trainer.lake", "plan.py"),
)


@dataclass(slots=True)
class Made:
    """A version, and how long each step took."""

    manifest: Manifest
    is_new: bool
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Making:
    """What is needed to make a version. `told`: hears of each step as it begins."""

    lake: Lake
    engine: Engine
    keys: RowKeys
    clock: Clock
    told: Callable[[str], None] = lambda _step: None

    def run(self, parameters: Parameters, problems: Sequence[str], day: str) -> Made:
        """Make a version of all that is in the lake.

        Raises:
            InputError: there is nothing in the lake.
            TrainerError: the lake or the engine fails.
        """
        versions = Versions(self.lake)
        self.lake.remove(SCRATCH)
        versions.sweep()
        if not SampleTable(self.lake).count():
            raise InputError("There are no samples in the lake: wait for bundles to arrive.")
        run = secrets.token_hex(8)
        steps = _Steps(self.clock, self.told)
        try:
            return self._made(Passes(self.lake, self.engine, parameters, run), problems, day, steps)
        finally:
            self.lake.remove(f"{SCRATCH}/{run}")

    def _made(self, passes: Passes, problems: Sequence[str], day: str, steps: _Steps) -> Made:
        parameters = passes.parameters
        keys = self.keys.of(self.keys.everyone())
        known = Problems(problems, parameters.contamination_words)
        facts = steps.done("read", passes.facts(keys, known))
        alike = steps.done("compare", passes.alike())
        common, rare = None, frozenset[int]()
        if parameters.contributors_min > 1:
            common = passes.common()
            rare = steps.done("count rare content", passes.rare(common))
        found = steps.done("choose", decided(facts, alike, rare, parameters))
        if not any(found.taken.values()):
            raise InputError("No sample is left for a version: look at the drops with `--dry-run`.")
        rows = steps.done("write", passes.written(_chosen(found), common, keys, passes.run))
        manifest = Manifest(
            parameters=as_said(parameters),
            code=code_version(("echo_trainer.curation",), _DECIDING),
            problems=digest_of_problems(problems),
            inputs=digest_of(_pairs(facts, "key", "digest")),
            rows=digest_of(_pairs(rows, "part", "place", "key", "digest")),
            arrived=len(found.every),
            parts={part.value: len(those) for part, those in found.taken.items()},
            dropped={why.value: count for why, count in sorted(found.dropped.items())},
            hidden=sum(rows["hidden"].to_pylist()),
            preferences=_preferences(rows),
            before=mixture_of(found.every, parameters),
            after=mixture_of(found.taken[Part.TRAIN], parameters),
            made=day,
        )
        is_new = Versions(self.lake).adopt(passes.run, manifest)
        steps.done("adopt", None)
        return Made(manifest, is_new, steps.seconds)


class _Steps:
    """Times steps, and tells of them."""

    def __init__(self, clock: Clock, told: Callable[[str], None]) -> None:
        self._clock, self._told = clock, told
        self._since = clock.steady_ms()
        self.seconds: dict[str, float] = {}

    def done(self, name: str, result: R) -> R:
        """A step that has just ended, with its result."""
        now = self._clock.steady_ms()
        self.seconds[name] = (now - self._since) / 1000
        self._since = now
        self._told(f"{name}: {self.seconds[name]:.1f} s")
        return result


def _chosen(found: Decided) -> pa.Table:
    rows = [
        (one.key, part.value, place)
        for part, those in found.taken.items()
        for place, one in enumerate(those)
    ]
    keys, parts, places = zip(*rows, strict=True)
    return pa.table({"key": keys, "part": parts, "place": places})


def _preferences(rows: pa.Table) -> dict[str, int]:
    parts, refused = rows["part"].to_pylist(), rows["rejected"].to_pylist()
    return dict(Counter(part for part, is_one in zip(parts, refused, strict=True) if is_one))


def _pairs(table: pa.Table, *names: str) -> Iterator[tuple[str, str]]:
    """Of each row the last of the columns, under all before it."""
    columns = [table[name].to_pylist() for name in names]
    return ((" ".join(map(str, row[:-1])), row[-1]) for row in zip(*columns, strict=True))
