"""Wishes to delete are fulfilled in the lake; envelopes and rows of the intake are gone by then.

Left out: receiving and confirming wishes (`echo_trainer.intake`), showing that it worked
(`audit`).

Rules
 - First the key, so that whatever is left when this is cut off is noise; then rows and files of
   the samples and of every version, and what was counted; then the wish is said to be done, and
   intake confirms it.
 - Doing it again does no harm: a wish that was cut off is fulfilled by the next run.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_trainer.lake.places import SCRATCH, Lake
from echo_trainer.lake.samples import SampleTable
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Versions
from echo_trainer.tables import counters, queue
from echo_trainer.tables.database import Database


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one wish took away."""

    wish: str
    key: bool  # whether there was one to destroy
    samples: int
    rows_of_versions: int


def fulfil_wishes(database: Database, lake: Lake, keys: RowKeys, day: str) -> list[Forgotten]:
    """Delete everything that was made of what somebody wants to be deleted.

    Raises:
        TrainerError: a store fails; what was not said to be done is done by the next call.
    """
    with database.begin() as rows:
        wishes = queue.open_deletions(rows)
    found = []
    if wishes:
        lake.remove(SCRATCH)
        Versions(lake).sweep()
    for wish in wishes:
        had_key = keys.destroy(wish.contributor)
        samples = SampleTable(lake).forget(wish.contributor)
        rows_gone = Versions(lake).forget(wish.contributor, day)
        with database.begin() as rows:
            counters.forget(rows, wish.contributor)
            queue.deleted(rows, wish.id)
        found.append(Forgotten(wish.id, had_key, samples, rows_gone))
    return found
