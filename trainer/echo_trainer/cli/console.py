"""`echo-trainer console`: chooses the parts of the pages, puts them together, and shows them."""

from __future__ import annotations

import asyncio
import signal
import webbrowser

import click

from echo_core.errors import TrainerError
from echo_pages.house import House
from echo_runtime.logs import Log, silence_foreign
from echo_trainer.cli.around import Around, around
from echo_trainer.cli.release_desk import ReleaseDesk, release_command
from echo_trainer.cli.stores import lake_of
from echo_trainer.console.pages import ConsolePages
from echo_trainer.console.parts import Parts, Signing
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.release.vault import Vault
from echo_trainer.runs.folders import Runs
from echo_trainer.tables.database import Database


@click.command
@click.option("--open", "opens", is_flag=True, help="Open the link in this machine's browser.")
@release_command
def console(desk: ReleaseDesk, opens: bool) -> None:
    """Show pages of what this trainer holds and gives out, on this machine alone.

    Prints a link that works once, within two minutes. It ends when nobody looks any more: half an
    hour after the last page, or with Ctrl-C. What needs keys can be done on the pages where
    --keyring or --passphrase-fd says where their passphrases come from; else the pages name the
    command.
    """
    found = around(click.get_current_context())
    silence_foreign()
    found.home.prepare(found.home.logs)
    parts = _parts(found, desk)
    try:
        asyncio.run(_shown(found, parts, opens=opens))
    finally:
        parts.close()


async def _shown(found: Around, parts: Parts, *, opens: bool) -> None:
    log = Log(found.home.logs, "console", found.clock)
    house = House("console", lambda: ConsolePages(parts), found.clock, log, TrainerError)
    link = await house.link()
    click.echo(link.url)
    click.echo("It works once, within two minutes; Ctrl-C ends the console.", err=True)
    if opens:
        webbrowser.open(link.url)
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    ends = [asyncio.ensure_future(told.wait()), asyncio.ensure_future(house.closed())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for each in ends:
        each.cancel()
    await house.close()


def _parts(found: Around, desk: ReleaseDesk) -> Parts:
    def repository() -> ReleaseRepository:
        # A vault for each: private keys are in memory while one change is made.
        vault = Vault(desk.keys_folder, desk.passphrase)
        return ReleaseRepository(desk.folder, found.clock, vault)

    return Parts(
        home=found.home,
        lake=lambda: lake_of(found),
        open_database=lambda: _database(found),
        runs=Runs.of(found.home),
        signing=Signing(
            look=lambda: repository().dry(),
            change=repository if desk.asks_nobody and not desk.dry else None,
            holds=desk.vault.holds,
            options=desk.places(),
        ),
        clock=found.clock,
        is_open=found.settings.intake.open,
    )


def _database(found: Around) -> Database | None:
    """The tables where there are some, their schema up to date."""
    named = found.settings.storage.tables
    if not named and not found.home.tables_file.exists():
        return None
    made = Database(named, found.home.tables_file)
    if not made.is_current():
        made.upgrade()
    return made
