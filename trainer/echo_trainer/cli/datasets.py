"""`echo-trainer datasets`: the versions that there are."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from echo_core.errors import InputError
from echo_trainer.cli.around import around
from echo_trainer.cli.stores import lake_of
from echo_trainer.curation.manifest import encode
from echo_trainer.lake.versions import REPORT_HTML, REPORT_JSON, Versions


@click.group
def datasets() -> None:
    """List, show and remove dataset versions."""


@datasets.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List every version, the newest last."""
    versions = Versions(lake_of(around(context)))
    manifests = [versions.manifest(name) for name in versions.names()]
    table = Table("version", "made", "samples", "train", "held out", "deleted since")
    for one in sorted(manifests, key=lambda one: (one.made, one.name)):
        train = one.parts["train"]
        held_out = sum(one.parts.values()) - train
        gone = sum(each.rows for each in one.shortened)
        table.add_row(one.name, one.made, *map(str, (one.arrived, train, held_out, gone)))
    Console().print(table)


@datasets.command
@click.argument("name")
@click.option("--report", is_flag=True, help="The report of the run that made it, in JSON.")
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report of the run that made it as an HTML page.",
)
@click.pass_context
def show(context: click.Context, name: str, report: bool, page: Path | None) -> None:
    """Show a version's manifest."""
    versions = Versions(lake_of(around(context)))
    manifest = versions.manifest(name)
    if page is not None:
        page.write_bytes(_report(versions, name, REPORT_HTML))
    elif report:
        click.echo(_report(versions, name, REPORT_JSON))
    else:
        click.echo(encode(manifest), nl=False)


@datasets.command
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """Remove a version; it can be made again while its samples are there."""
    versions = Versions(lake_of(around(context)))
    versions.manifest(name)
    versions.remove(name)


def _report(versions: Versions, name: str, ending: str) -> bytes:
    found = versions.read_report(name, ending)
    if found is None:
        raise InputError("There is no report: the run was cut off; `echo-trainer curate` makes it.")
    return found
