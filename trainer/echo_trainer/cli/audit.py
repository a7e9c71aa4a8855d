"""`echo-trainer audit`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from echo_trainer.cli.around import around
from echo_trainer.cli.stores import stores
from echo_trainer.datasets.audit import Audit

_FOUND = 1


@click.command
@click.option(
    "--text-file",
    "text_files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Search also for the text in this file, without blanks at its ends.",
)
@click.pass_context
def audit(context: click.Context, text_files: tuple[Path, ...]) -> None:
    """Search every file of every store for what was to be deleted.

    Ends with 1 where something is found. A text to search for is read from a file outside of the
    trainer's home, so that neither the shell's history nor the search itself holds it.
    """
    found = around(context)
    texts = [path.read_text(encoding="utf-8").strip() for path in text_files]
    with stores(found) as opened:
        audited = Audit(
            opened.database,
            opened.objects,
            opened.lake,
            opened.keys,
            opened.folders,
            [text for text in texts if text],
        ).run()
    table = Table("store", "places", "findings")
    for one in audited:
        table.add_row(one.store, str(one.places), str(len(one.findings)))
    Console().print(table)
    for finding in (each for one in audited for each in one.findings):
        click.echo(f"{finding.store}: {finding.place}: {finding.what}")
    if any(one.findings for one in audited):
        context.exit(_FOUND)
