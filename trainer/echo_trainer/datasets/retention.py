"""Sealed envelopes are let go some days after curation was done with them.

What was opened is in the lake, closed with its pseudonym's key. The envelope is a second copy, and
only the private key protects it: whoever steals that opens all that is still kept.

Left out: what intake erases itself (`echo_trainer.intake.desk`), backups.

Rules
 - Their rows stay: a wish finds by them what curation made, and a bundle that comes again is known.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from echo_trainer.objects.api import ObjectStore
from echo_trainer.tables import queue
from echo_trainer.tables.database import Database

_AT_ONCE: Final = 200  # of one transaction, which holds SQLite's one place to write


def let_go(database: Database, objects: ObjectStore, day: str, keep_days: int) -> int:
    """Erase the envelopes that have been kept for `keep_days` after they were opened; how many.

    Raises:
        TrainerError: a store fails; what was not said to be gone is erased by the next call.
    """
    before = (date.fromisoformat(day) - timedelta(days=keep_days)).isoformat()
    total = 0
    while True:
        with database.begin() as rows:
            gone = queue.let_go(rows, before, objects.delete, _AT_ONCE)
        total += gone
        if gone < _AT_ONCE:
            return total
