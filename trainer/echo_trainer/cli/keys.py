"""`echo-trainer keys`: made, shown, changed for new ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import click

from echo_core.sharing.bundle.envelope import TrainerKeys
from echo_trainer.cli.around import Around, around
from echo_trainer.keys.ring import KeyRing

_DAYS: Final = click.IntRange(1, 3650)


@click.group
def keys() -> None:
    """Make the trainer's keys, show what clients pin, renew what seals."""


@keys.command
@click.option("--days", type=_DAYS, default=365, show_default=True, help="How long they hold.")
@click.pass_context
def create(context: click.Context, days: int) -> None:
    """Make a root key, keys that open bundles, and a key for receipts.

    Keep a copy of the folder `keys/private` where this machine's failure does not reach: without
    it nothing that arrives can be opened, and no client believes another list.
    """
    found = around(context)
    ring = KeyRing(found.home)
    _tell(ring, ring.create(today(found), days))


@keys.command
@click.pass_context
def show(context: click.Context) -> None:
    """Show what clients pin, and which keys are listed."""
    ring = KeyRing(around(context).home)
    _tell(ring, ring.listed())


@keys.command
@click.option("--days", type=_DAYS, default=365, show_default=True, help="How long they hold.")
@click.pass_context
def rotate(context: click.Context, days: int) -> None:
    """Add new keys and sign the list anew; the old ones end in 30 days and still open.

    A running `echo-trainer serve` hands out the new list within a minute.
    """
    found = around(context)
    ring = KeyRing(found.home)
    _tell(ring, ring.rotate(today(found), days))


def today(found: Around) -> date:
    """The day in UTC."""
    return datetime.fromtimestamp(found.clock.wall_ms() / 1000, UTC).date()


def _tell(ring: KeyRing, listed: TrainerKeys) -> None:
    click.echo(f"root key, which clients pin (sharing.root_key): {ring.root}")
    click.echo(f"list: version {listed.version}, expires {listed.expires}, {ring.home.key_list}")
    for key in listed.keys:
        click.echo(f"{key.id}: {key.not_before} to {key.not_after}, {key.suite}")
