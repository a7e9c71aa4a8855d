"""What came in: by day, by week, what became of it, and what was asked to be deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from echo_core.sharing.bundle.contents import week_of
from echo_trainer.console.parts import PAGE_ROWS, Page, Parts
from echo_trainer.curation.drops import SENTENCES, Drop
from echo_trainer.tables import figures
from echo_trainer.tables.figures import Arrivals, Week, Wish
from echo_trainer.tables.schema import BundleState, DeletionState

DAYS: Final = {28: "Four weeks", 91: "A quarter", 365: "A year"}
DAYS_USUAL: Final = 28
STATES: Final = {
    BundleState.RECEIVED: "waiting for curation",
    BundleState.TAKEN: "being opened",
    BundleState.CURATED: "opened, its samples are in the lake",
    BundleState.REFUSED: "refused by curation",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Envelopes that curation did not take, for one reason."""

    sentence: str
    bundles: int


@dataclass(frozen=True, slots=True)
class Contributions:
    """The page."""

    days: int
    since: str
    arrivals: Sequence[Arrivals]
    weeks: Sequence[Week]
    states: Sequence[tuple[str, int]]  # in words
    refused: Sequence[Refused]
    wishes: Page[Wish]
    open_wishes: int

    @property
    def bundles(self) -> int:
        """All that are kept."""
        return sum(count for _, count in self.states)

    @property
    def bytes(self) -> int:
        """Of what came in the time that is shown."""
        return sum(each.bytes for each in self.arrivals)


def contributions(parts: Parts, days: int, after: int) -> Contributions:
    """What the tables say. Raises TrainerError where they cannot be read."""
    since = (parts.today - timedelta(days=days - 1)).isoformat()
    week = week_of(parts.clock.wall_ms() - days * 86_400_000)
    arrivals = parts.read(lambda rows: figures.arrivals(rows, since)) or []
    weeks = parts.read(lambda rows: figures.weeks(rows, week)) or []
    fates = parts.read(figures.fates) or []
    wishes = parts.read(lambda rows: figures.wishes(rows, after, PAGE_ROWS)) or []
    by_state = parts.read(figures.wishes_by_state) or {}
    states = [
        (words, sum(one.bundles for one in fates if one.state is state))
        for state, words in STATES.items()
    ]
    refused: dict[str, int] = {}
    for one in fates:
        if one.state is BundleState.REFUSED:
            refused[one.cause] = refused.get(one.cause, 0) + one.bundles
    return Contributions(
        days=days,
        since=since,
        arrivals=arrivals,
        weeks=weeks,
        states=states,
        refused=[Refused(_sentence(cause), count) for cause, count in sorted(refused.items())],
        wishes=Page(tuple(wishes), sum(by_state.values()), after),
        open_wishes=by_state.get(DeletionState.OPEN, 0),
    )


def _sentence(cause: str) -> str:
    return SENTENCES[Drop(cause)] if cause in set(Drop) else cause or "No reason was kept."
