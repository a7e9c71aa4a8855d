"""Every file of every store is searched for what must not be there.

    pseudonyms  of everybody who asked for deletion: they stand in the wish, the receipt and the
                list of those of whom nothing is taken any more, and nowhere else
    a text      that somebody wants to be sure of: it stands nowhere

What is searched: every file of the trainer's home and of a local store as it lies on the disk;
every Parquet file of the lake, whether a table knows it or not, column by column, cells opened
where their key is there; every envelope's header; every row of every table; the keys' names.

Left out: backups, and what a file system keeps of removed files: the rows' keys are for those.

Rules
 - What cannot be read is a finding: a search that could not look has found nothing out.
 - A finding names a store and a place, and never what stood there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import LargeBinary, select

from echo_core.errors import EchoError, InputError, TrainerError
from echo_core.sharing.bundle.envelope import opened
from echo_trainer.lake.cells import Cells, Texts
from echo_trainer.lake.places import Lake
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.objects.api import ObjectStore
from echo_trainer.tables.database import Database
from echo_trainer.tables.schema import METADATA, deletions, receipts, tombstones

# These hold pseudonyms so that what was deleted stays so.
_MAY_NAME: Final = frozenset({deletions.name, receipts.name, tombstones.name})
_CELLS: Final = frozenset({"cell", "text"})
_BATCH_ROWS: Final = 4096


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be there."""

    store: str
    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Searched:
    """How much of one store was looked at."""

    store: str
    places: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What is searched, and for what."""

    database: Database
    objects: ObjectStore
    lake: Lake
    keys: RowKeys
    folders: Sequence[tuple[str, Path]]  # local stores: name, and where they lie
    texts: Sequence[str]

    def run(self) -> list[Searched]:
        """Search everything."""
        with self.database.begin() as rows:
            gone = frozenset(rows.execute(select(tombstones.c.contributor)).scalars())
        needles = _Needles(gone, tuple(self.texts))
        stores: list[tuple[str, Callable[[_Needles], Iterator[_Look]]]] = [
            ("tables", self._tables),
            ("envelopes", self._envelopes),
            ("lake", self._lake),
            ("row keys", self._keys),
            *(
                (name, lambda needles, folder=folder: _files(folder, needles))
                for name, folder in self.folders
            ),
        ]
        found = []
        for name, look in stores:
            looks = list(look(needles))
            findings = tuple(Finding(name, one.place, what) for one in looks for what in one.found)
            found.append(Searched(name, len(looks), findings))
        return found

    def _tables(self, needles: _Needles) -> Iterator[_Look]:
        for table in METADATA.sorted_tables:
            found: set[str] = set()
            with self.database.begin() as rows:
                for row in rows.execute(select(table)):
                    for column, value in zip(table.columns, row, strict=True):
                        is_bytes = isinstance(column.type, LargeBinary)
                        said = bytes(value).decode("latin-1") if is_bytes else str(value)
                        found |= needles.within(said, people=table.name not in _MAY_NAME)
            yield _Look(table.name, found)

    def _envelopes(self, needles: _Needles) -> Iterator[_Look]:
        for name in self.objects.names():
            try:
                content = self.objects.get(name)
                header = None if content is None else opened(content).header
            except (InputError, TrainerError):  # it is no envelope, or not the one that was stored
                yield _Look(name, {"unreadable"})
            else:
                yield _Look(name, needles.within(header.contributor) if header else set())

    def _keys(self, needles: _Needles) -> Iterator[_Look]:
        for name in sorted(self.keys.everyone()):
            yield _Look("a key", needles.within(name))

    def _lake(self, needles: _Needles) -> Iterator[_Look]:
        keys = self.keys.of(self.keys.everyone()) if needles.texts else {}
        for place in self.lake.names():
            content = self.lake.read(place) or b""
            found = needles.within(content.decode("latin-1"))
            if place.endswith(".parquet"):
                found |= _in_parquet(content, needles, keys)
            yield _Look(place, found)


@dataclass(frozen=True, slots=True)
class _Look:
    place: str
    found: Iterable[str]


@dataclass(frozen=True, slots=True)
class _Needles:
    people: frozenset[str]
    texts: tuple[str, ...]

    def within(self, said: str, *, people: bool = True) -> set[str]:
        """What of it stands in a text, whose bytes may be written as latin-1."""
        found = set()
        if people and any(person in said for person in self.people):
            found.add("pseudonym")
        for text in self.texts:
            if text in said or text.encode().decode("latin-1") in said:
                found.add("text")
        return found


def _files(folder: Path, needles: _Needles) -> Iterator[_Look]:
    """Files as they lie on the disk: texts are looked for; pseudonyms stand in some rightly."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        try:
            content = path.read_bytes()
        except OSError:
            yield _Look(str(path.relative_to(folder)), {"unreadable"})
            continue
        said = content.decode("latin-1")
        yield _Look(str(path.relative_to(folder)), needles.within(said, people=False))


def _in_parquet(content: bytes, needles: _Needles, keys: dict[str, bytes]) -> set[str]:
    found: set[str] = set()
    cells = Cells()
    try:
        file = pq.ParquetFile(BytesIO(content))
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                found |= _in_column(column, needles)
                if name in _CELLS and needles.texts:
                    found |= _in_cells(batch, name, needles, keys, cells)
    except (pa.ArrowException, EchoError, KeyError, ValueError):
        found.add("unreadable")
    return found


def _in_column(column: Any, needles: _Needles) -> set[str]:
    if pa.types.is_primitive(column.type) or pa.types.is_binary(column.type):
        return set()
    if pa.types.is_large_binary(column.type):
        return set()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        values = column.unique().to_pylist()
        return (
            {"pseudonym"}
            if needles.people.intersection(values)
            else needles.within("\n".join(value or "" for value in values), people=False)
        )
    return needles.within(str(column.to_pylist()))


def _in_cells(
    batch: Any, name: str, needles: _Needles, keys: dict[str, bytes], cells: Cells
) -> set[str]:
    found: set[str] = set()
    for row in batch.select(["key", "contributor", name]).to_pylist():
        if row["contributor"] not in keys:
            found.add("row without a key")
            continue
        one: Texts = cells.open(row[name], row["key"], keys[row["contributor"]])
        for said in (one.prefix, one.target, one.suffix, one.rejected):
            found |= needles.within(said)
    return found
