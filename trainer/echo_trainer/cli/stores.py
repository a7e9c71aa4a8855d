"""Opens the stores that a home's settings name, for the commands of curation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from echo_trainer.cli.around import Around, open_database
from echo_trainer.lake.places import Lake
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.objects.api import ObjectStore
from echo_trainer.objects.places import local_folder, open_objects
from echo_trainer.tables.database import Database

ROW_KEYS_NAME = "rows.db"


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that a trainer keeps."""

    database: Database
    objects: ObjectStore
    lake: Lake
    keys: RowKeys
    folders: tuple[tuple[str, Path], ...]  # those on this machine, by name


@contextmanager
def stores(found: Around) -> Iterator[Stores]:
    """The stores, open until the block ends."""
    home, storage = found.home, found.settings.storage
    lake = lake_of(found)
    places = (
        ("home, as files", home.folder),
        ("envelopes, as files", local_folder(storage.objects, home.objects_folder)),
        ("lake, as files", None if lake.is_remote else Path(lake.root)),
    )
    with open_database(found) as database:
        yield Stores(
            database,
            open_objects(storage.objects, home.objects_folder, found.environ),
            lake,
            row_keys(found),
            tuple((name, place) for name, place in places if place and place.is_dir()),
        )


def lake_of(found: Around) -> Lake:
    """The lake that the settings name."""
    return Lake.at(found.settings.storage.lake, found.home.data / "lake", found.environ)


def row_keys(found: Around) -> RowKeys:
    """The keys of the lake's rows."""
    found.home.prepare(found.home.private_keys)
    return RowKeys(found.home.private_keys / ROW_KEYS_NAME)
