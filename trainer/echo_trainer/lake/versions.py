"""Dataset versions in a lake: their rows as Delta tables, their manifests and reports as files.

Left out: making them (`plan`, `echo_trainer.datasets`).

Rules
 - A version is there when its manifest is: it is written last. Rows without one are removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import pyarrow.dataset as ds
from deltalake import DeltaTable, convert_to_deltalake
from deltalake.exceptions import DeltaError

from echo_core.errors import InputError, TrainerError
from echo_trainer.curation.manifest import Manifest, Shortening, decode, encode
from echo_trainer.curation.split import Part
from echo_trainer.lake.cells import Cells, Texts
from echo_trainer.lake.places import DOCUMENTS, VERSIONS, Lake
from echo_trainer.lake.samples import TABLE_CONFIGURATION, forget_in, table_at
from echo_trainer.lake.shredding import RowKeys

_MANIFEST: Final = ".manifest.json"
_ROWS: Final = ".rows"
REPORT_JSON: Final = ".report.json"
REPORT_HTML: Final = ".report.html"
_BATCH_ROWS: Final = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One sample of a version, as a trainer of models reads it."""

    key: str
    part: Part
    place: int  # in its part: the order of entering
    language: str
    contributor: str  # a pseudonym: it goes no further than this process
    texts: Texts


class Versions:
    """The versions of a lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def names(self) -> list[str]:
        """Every version there is."""
        return sorted(_named(self._lake.names(DOCUMENTS)))

    def newest(self) -> list[str]:
        """Every version, the one that was made last first; no manifest is read for it."""
        written = self._lake.written(DOCUMENTS)
        # A manifest is written again when rows are deleted, what names its rows is not.
        made = {name: written.get(self._document(name, _ROWS)) for name in _named(written)}
        never = datetime.fromtimestamp(0, UTC)
        return sorted(made, key=lambda name: (made[name] or never, name), reverse=True)

    def manifest(self, name: str) -> Manifest:
        """What is known of a version.

        Raises:
            InputError: there is no such version.
            TrainerError: the lake cannot be read.
        """
        content = self._lake.read(self._document(name, _MANIFEST))
        if content is None:
            raise InputError(f"There is no dataset version {name}: `echo-trainer datasets list`.")
        return decode(content)

    def adopt(self, temporary: str, manifest: Manifest) -> bool:
        """Make rows that were written a version; False: it was there already."""
        name = manifest.name
        if name in self.names():
            self._lake.remove(f"{VERSIONS}/{temporary}")
            return False
        address = self._lake.within(VERSIONS, temporary)
        try:
            options = dict(self._lake.options) or None
            if sum(manifest.parts.values()):
                convert_to_deltalake(
                    address, storage_options=options, configuration=dict(TABLE_CONFIGURATION)
                )
        except DeltaError as error:
            raise TrainerError("The rows of a version cannot be made a table.") from error
        self._lake.write(self._document(name, _ROWS), temporary.encode())
        self._lake.write(self._document(name, _MANIFEST), encode(manifest))
        return True

    def report(self, name: str, ending: str, content: bytes) -> None:
        """Keep a report beside the manifest."""
        self._lake.write(self._document(name, ending), content)

    def read_report(self, name: str, ending: str) -> bytes | None:
        """A report that was kept."""
        return self._lake.read(self._document(name, ending))

    def remove(self, name: str) -> None:
        """Remove a version: first what says that it is there."""
        rows = self._rows_of(name)
        for ending in (_MANIFEST, _ROWS, REPORT_JSON, REPORT_HTML):
            self._lake.discard(self._document(name, ending))
        self._lake.remove(f"{VERSIONS}/{rows}")

    def sweep(self) -> int:
        """Remove rows that no version holds: what a run left that was cut off; how many files."""
        held = {self._rows_of(name) for name in self.names()}
        left = [place for place in self._lake.names(VERSIONS) if place.split("/")[1] not in held]
        for folder in {place.split("/")[1] for place in left}:
            self._lake.remove(f"{VERSIONS}/{folder}")
        return len(left)

    def forget(self, contributor: str, day: str) -> int:
        """Delete all of a pseudonym from every version; how many rows that were."""
        total = 0
        for name in self.names():
            count = forget_in(self.table(name), contributor)
            if count:
                manifest = self.manifest(name)
                shortened = (*manifest.shortened, Shortening(day, count))
                self._lake.write(
                    self._document(name, _MANIFEST), encode(replace(manifest, shortened=shortened))
                )
            total += count
        return total

    def table(self, name: str) -> DeltaTable | None:
        """The rows of a version; None where it has none."""
        return table_at(self._lake, self._lake.within(VERSIONS, self._rows_of(name)))

    def standing(self, name: str, keys: RowKeys) -> str:
        """A digest of which samples are left: another one when any of them was deleted.

        Raises:
            TrainerError: the lake or its keys cannot be read.
        """
        table, found = self.table(name), sha256()
        if table is not None:
            data = table.to_pyarrow_dataset().to_table(columns=["key", "contributor"])
            people = keys.of(data["contributor"].unique().to_pylist())
            pairs = zip(data["key"].to_pylist(), data["contributor"].to_pylist(), strict=True)
            for key in sorted(key for key, contributor in pairs if contributor in people):
                found.update(key.encode() + b"\n")
        return found.hexdigest()

    def rows(self, name: str, part: Part, keys: RowKeys) -> Iterator[Row]:
        """The samples of one part, in the order of their files.

        A row whose key is gone is deleted, also where a wish was cut off before it left the table.
        """
        table, cells = self.table(name), Cells()
        if table is None:
            return
        wanted = ["key", "contributor", "language", "place", "text"]
        data = table.to_pyarrow_dataset()
        for batch in data.to_batches(
            columns=wanted, filter=ds.field("part") == part.value, batch_size=_BATCH_ROWS
        ):
            found = batch.to_pylist()
            opening = keys.of({row["contributor"] for row in found})
            for row in found:
                if row["contributor"] not in opening:
                    continue
                texts = cells.open(row["text"], row["key"], opening[row["contributor"]])
                yield Row(
                    row["key"], part, row["place"], row["language"], row["contributor"], texts
                )

    def _rows_of(self, name: str) -> str:
        content = self._lake.read(self._document(name, _ROWS))
        return content.decode() if content else name

    @staticmethod
    def _document(name: str, ending: str) -> str:
        return f"{DOCUMENTS}/{name}{ending}"


def _named(places: Iterable[str]) -> list[str]:
    """The versions that have a manifest among files."""
    ends = (place.rpartition("/")[2] for place in places if place.endswith(_MANIFEST))
    return [name.removesuffix(_MANIFEST) for name in ends]
