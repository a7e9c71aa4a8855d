"""What the commands work with: the trainer's home and settings.

Rules
 - Results go to standard output, asides to standard error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

from echo_core.errors import InputError
from echo_runtime.clock import SystemClock
from echo_trainer.home import Home
from echo_trainer.settings.table import TrainerSettings, load_settings

if TYPE_CHECKING:
    from echo_trainer.tables.database import Database


@dataclass
class Around:
    """What `cli.main` puts into `ctx.obj`."""

    home: Home
    environ: Mapping[str, str]
    clock: SystemClock = field(default_factory=SystemClock)

    @cached_property
    def settings(self) -> TrainerSettings:
        """Read when a command asks for them, so that help works beside a broken file."""
        return load_settings(self.home, self.environ)


def around(context: click.Context) -> Around:
    """The surroundings of a command."""
    found = context.find_object(Around)
    return found or Around(Home.locate(os.environ), os.environ)


@contextmanager
def open_database(found: Around) -> Iterator[Database]:
    """The trainer's database, its schema up to date."""
    # Help and `settings` load no database.
    from echo_trainer.tables.database import Database  # noqa: PLC0415

    found.home.prepare()
    made = Database(found.settings.storage.tables, found.home.tables_file)
    try:
        made.upgrade()
        yield made
    finally:
        made.close()


def settings_with(found: Around, table: str, sets: Iterable[str]) -> TrainerSettings:
    """The settings with some of a table for this once, each as NAME=VALUE.

    Raises:
        InputError: one of them is no such setting, or does not fit.
    """
    made = {}
    for each in sets:
        name, is_there, value = each.partition("=")
        if not is_there:
            raise InputError("A setting is set as NAME=VALUE.")
        made[f"{table}.{name}"] = value
    return load_settings(found.home, found.environ, made)
