"""The table of all samples that were opened and passed what is looked at again.

Left out: which samples come (`echo_trainer.datasets`), what is computed of them (`plan`).

Rules
 - A preference whose two texts are no different is none: the sample is there without it.
 - A row is named by its pseudonym and its sample; the same name is never there twice.
 - What leaves the table leaves its files: `delete` and then `vacuum` of everything older.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from echo_core.errors import TrainerError
from echo_core.judging.checks.rejected import differs
from echo_core.sharing.bundle.contents import Contribution
from echo_core.sharing.bundle.fields import canonical
from echo_trainer.lake.cells import Cells, Texts
from echo_trainer.lake.places import SAMPLES, Lake

SCHEMA: Final = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("contributor", pa.string(), nullable=False),
        pa.field("week", pa.string(), nullable=False),
        pa.field("day", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("quality", pa.int32(), nullable=False),
        pa.field("zone", pa.string(), nullable=False),
        pa.field("survived", pa.int32(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),  # of the sample as it was sent
        pa.field("cell", pa.binary(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A sample, and who sent it in which week."""

    contributor: str
    week: str
    sample: Contribution


def key_of(contributor: str, sample: str) -> str:
    """The name of a row: of no use to find the sample or its sender elsewhere."""
    return sha256(f"{contributor} {sample}".encode()).hexdigest()[:32]


def rows_of(opened: Sequence[Opened], keys: dict[str, bytes], cells: Cells) -> pa.Table:
    """Samples as rows, each name once."""
    rows = {}
    for one in opened:
        sample, name = one.sample, key_of(one.contributor, one.sample.id)
        refused = sample.rejected if differs(sample.target, sample.rejected) else ""
        texts = Texts(sample.prefix, sample.target, sample.suffix, refused)
        rows[name] = {
            "key": name,
            "contributor": one.contributor,
            "week": one.week,
            "day": sample.day,
            "language": sample.language,
            "quality": sample.quality,
            "zone": sample.zone,
            "survived": sample.survived,
            "digest": sha256(canonical(sample)).hexdigest(),
            "cell": cells.close(texts, name, keys[one.contributor]),
        }
    return pa.Table.from_pylist(list(rows.values()), schema=SCHEMA)


class SampleTable:
    """The table in a lake. Every method raises `TrainerError` where the lake fails."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self.address = lake.within(SAMPLES)

    def add(self, rows: pa.Table) -> int:
        """Add rows whose names are not there; how many were added."""
        try:
            table = self._table()
            if table is None:
                table = DeltaTable.create(
                    self.address,
                    SCHEMA,
                    storage_options=dict(self._lake.options) or None,
                    configuration=TABLE_CONFIGURATION,
                )
            weeks = ", ".join(f"'{week}'" for week in sorted(set(rows["week"].to_pylist())))
            merged = table.merge(rows, f"old.week IN ({weeks}) AND old.key = new.key", "new", "old")
            return int(merged.when_not_matched_insert_all().execute()["num_target_rows_inserted"])
        except DeltaError as error:
            raise _failed() from error

    def count(self) -> int:
        """How many rows there are."""
        table = self._table()
        return 0 if table is None else int(table.count())

    def exists(self) -> bool:
        """Whether anything was ever added."""
        return self._table() is not None

    def forget(self, contributor: str) -> int:
        """Delete all of a pseudonym, from the files too; how many rows that were."""
        return forget_in(self._table(), contributor)

    def _table(self) -> DeltaTable | None:
        return table_at(self._lake, self.address)


# Logs name files, and statistics hold the least and the greatest value of a column: none of ours.
TABLE_CONFIGURATION: Final = {
    "delta.dataSkippingStatsColumns": "week,day",
    "delta.logRetentionDuration": "interval 0 days",
    "delta.deletedFileRetentionDuration": "interval 0 days",
}


def table_at(lake: Lake, address: str) -> DeltaTable | None:
    """A Delta table; None: there is none."""
    try:
        return DeltaTable(address, storage_options=dict(lake.options) or None)
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise _failed() from error


def forget_in(table: DeltaTable | None, contributor: str) -> int:
    """Delete a pseudonym's rows from a table and its files; how many there were.

    Also where no row is left: an attempt that was cut off may have left files.
    """
    if table is None:
        return 0
    if not contributor.isalnum():
        raise TrainerError("A pseudonym is a public key in hex.")
    try:
        done = table.delete(f"contributor = '{contributor}'")
        table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True)
        table.create_checkpoint()
        table.cleanup_metadata()
    except DeltaError as error:
        raise _failed() from error
    return int(done["num_deleted_rows"] or 0)


def _failed() -> TrainerError:
    return TrainerError(
        "The lake cannot be read or written: check `storage.lake`, its credentials and its disk."
    )
