"""Experiments: their sides, who was on which, and what follows from what was counted so far.

Left out: counting what waits, which opens reports (`echo-trainer experiment report`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from echo_core.errors import InputError
from echo_core.release.channel import Experiment
from echo_core.sharing.bundle.envelope import Kind
from echo_trainer.console.parts import Page, Parts, page_of
from echo_trainer.experiments import judging
from echo_trainer.experiments.page import intervals
from echo_trainer.experiments.saying import COMPARED, HEADINGS, compared_of, notes, row_of
from echo_trainer.release import arranging, publishing
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.tables import counters, figures
from echo_trainer.tables.schema import BundleState


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """One that a channel has or had."""

    channel: str
    experiment: Experiment
    runs: bool


@dataclass(frozen=True, slots=True)
class Against:
    """A side against the first: intervals as a plot, and the same as a table."""

    arm: str
    sentence: str
    svg: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One experiment's page."""

    row: ExperimentRow
    notes: Sequence[str]
    headings: Sequence[str]
    sides: Sequence[Sequence[str]]
    compared: Sequence[str]
    against: Sequence[Against]
    waiting: int  # reports that were not counted


def experiments(parts: Parts, after: int) -> Page[ExperimentRow]:
    """Those of all channels, running ones first. Raises TrainerError as the repository does."""
    repository = parts.signing.look()
    names = publishing.names(repository) if repository.is_begun else []
    found = [row for name in names for row in _of(repository, name)]
    return page_of(sorted(found, key=lambda one: not one.runs), after)


def experiment(parts: Parts, channel: str, name: str) -> Shown:
    """What came of one, of the reports that were counted.

    Raises:
        InputError: there never was one.
        TrainerError: the repository or the database cannot be read.
    """
    repository = parts.signing.look()
    rows = _of(repository, channel) if repository.is_begun else []
    row = next((one for one in rows if one.experiment.name == name), None)
    if row is None:
        raise InputError(f"{channel} never had an experiment {name}: see `experiment show`.")
    counted = parts.read(lambda it: list(counters.of_experiment(it, name))) or []
    report = judging.judge(row.experiment, judging.client_weeks(row.experiment, counted))
    fates = parts.read(figures.fates) or []
    return Shown(
        row=row,
        notes=notes(report),
        headings=HEADINGS,
        sides=[row_of(side) for side in report.sides],
        compared=COMPARED,
        against=[
            Against(
                each.arm,
                each.sentence,
                intervals(each.comparisons),
                [compared_of(one) for one in each.comparisons],
            )
            for each in report.judged
        ],
        waiting=sum(
            one.bundles
            for one in fates
            if one.kind == Kind.METRICS and one.state is BundleState.RECEIVED
        ),
    )


def _of(repository: ReleaseRepository, channel: str) -> list[ExperimentRow]:
    running = publishing.read_channel(repository, channel).experiments
    return [
        ExperimentRow(channel, each, each in running)
        for each in arranging.all_of(repository, channel).values()
    ]
