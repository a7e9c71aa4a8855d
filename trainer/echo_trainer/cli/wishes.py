"""`echo-trainer wishes`: what a restored backup has to forget again (docs/operations.md)."""

from __future__ import annotations

from typing import IO

import click

from echo_trainer.cli.around import around, open_database
from echo_trainer.tables import mending


@click.command
# Not lazy: where nobody wished yet there is an empty file, which `mend` takes.
@click.argument("file", type=click.File("w", encoding="ascii", atomic=True, lazy=False))
@click.pass_context
def wishes(context: click.Context, file: IO[str]) -> None:
    """Write every wish to delete to FILE, for a backup that is older.

    A line is one wish as its pseudonym signed it, in hex; `echo-trainer mend --wishes FILE`
    does it again.
    """
    found = around(context)
    with open_database(found) as database, database.read() as rows:
        for content in mending.wishes(rows):
            file.write(f"{content.hex()}\n")
