"""A lake of its own for a test, samples of made-up code, and versions of them.

Left out: how samples come there from clients (`trainer_house`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from echo_core.sharing.bundle.contents import Contribution
from echo_runtime.clock import SystemClock
from echo_testing.contributions import sample
from echo_trainer.cli.stores import ROW_KEYS_NAME
from echo_trainer.curation.manifest import Manifest
from echo_trainer.curation.parameters import Parameters
from echo_trainer.datasets.making import Making
from echo_trainer.home import Home, make_private
from echo_trainer.lake.cells import Cells
from echo_trainer.lake.engine import engine
from echo_trainer.lake.places import Lake
from echo_trainer.lake.samples import Opened, SampleTable, rows_of
from echo_trainer.lake.shredding import RowKeys

_WORDS: Final = (
    "alpha", "beta", "gamma", "delta", "order", "user", "count", "total", "value", "list",
)  # fmt: skip
PEOPLE: Final = tuple(f"{number:064x}" for number in range(8))
OPEN: Final = Parameters(contributors_min=1, heldout_persons=0, heldout_newest=0)


def line(chance: random.Random) -> str:
    """A line of made-up code in common words."""
    one, two, three = (chance.choice(_WORDS) for _ in range(3))
    return f"    {one}_{two} = {three}({chance.choice(_WORDS)}, {chance.randrange(9999)})\n"


def contribution(number: int, **changes: str) -> Contribution:
    """A sample unlike every other number's."""
    chance = random.Random(number)
    made = sample(
        number,
        day=f"2026-11-{chance.randrange(1, 29):02}",
        prefix="".join(line(chance) for _ in range(16)),
        target=line(chance).strip(),
        suffix="\n" + "".join(line(chance) for _ in range(8)),
        quality=chance.randrange(300, 1000),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass
class Room:
    """A trainer's home with a lake and its keys, and nothing else."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder)

    @property
    def lake(self) -> Lake:
        return Lake.at("", self.home.data / "lake", {})

    @property
    def keys(self) -> RowKeys:
        make_private(self.home.private_keys)
        return RowKeys(self.home.private_keys / ROW_KEYS_NAME)

    def add(self, opened: Sequence[Opened]) -> None:
        people = {one.contributor for one in opened}
        SampleTable(self.lake).add(rows_of(opened, self.keys.made_for(people), Cells()))

    def make(self, parameters: Parameters = OPEN, problems: Sequence[str] = ()) -> Manifest:
        making = Making(self.lake, engine(1, "", {}), self.keys, SystemClock())
        return making.run(parameters, problems, "2026-11-22").manifest
