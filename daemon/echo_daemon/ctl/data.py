"""`echoctl data`: how much was recorded, and taking it back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from echo_core.errors import InputError
from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_daemon.models.progress import size_text

_UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LAST = re.compile(r"(\d{1,6})([smhd])")


@click.group()
def data() -> None:
    """What was recorded on this machine: how much it is, and how to take it back.

    \b
    Examples:
      echoctl data size
      echoctl data forget --last 10m
      echoctl data forget --workspace ~/secret-project
      echoctl data erase --all
    """


@data.command("size")
@click.pass_context
def size(context: click.Context) -> None:
    """Say what takes how much of the store."""
    found = around(context).ask(wire.DATA_SIZE, wire.Nothing(), wire.DataSize)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("kind", "rows", "size"):
        table.add_column(title, justify="left" if title == "kind" else "right")
    for row in found.rows:
        table.add_row(row.kind, str(row.rows), size_text(row.bytes))
    Console().print(table)
    click.echo(f"on disk: {size_text(found.file_bytes)}")
    if found.oldest_ms:
        oldest = datetime.fromtimestamp(found.oldest_ms / 1000, UTC).astimezone()
        click.echo(f"oldest event: {oldest:%Y-%m-%d %H:%M}")


@data.command("forget")
@click.option("--last", "last", help="What was recorded in the last while: 30s, 10m, 2h, 1d.")
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="Everything in this folder, whenever it was recorded.",
)
@click.pass_context
def forget(context: click.Context, last: str | None, workspace: Path | None) -> None:
    """Remove what was recorded: events, and the samples made from them.

    It is looked for again afterwards. Files that are open and were concerned are recorded again
    only after they were closed and opened.
    """
    if (last is None) is (workspace is None):
        raise click.UsageError("say either --last or --workspace")
    what = (
        wire.Forget(workspace=folder_path(workspace))
        if workspace
        else wire.Forget(last_ms=span_ms(str(last)))
    )
    gone = around(context).ask(wire.DATA_FORGET, what, wire.Forgotten)
    if gone.waits:
        click.echo(f"not yet forgotten: {gone.waits}")
        return
    click.echo(
        f"forgotten: {gone.events} events, {gone.samples} samples, {gone.documents} documents"
    )


def folder_path(folder: Path) -> str:
    """A folder as the daemon is told of it. It need not exist any more."""
    return str(folder.expanduser().absolute())


def span_ms(text: str) -> int:
    """How long `10m` is.

    Raises:
        InputError: it is no such thing.
    """
    found = _LAST.fullmatch(text.strip())
    if found is None:
        raise InputError("--last takes a number and s, m, h or d, such as 10m")
    return int(found[1]) * _UNITS_MS[found[2]]


@data.command("erase")
@click.option("--all", "everything", is_flag=True, help="Needed, so that nobody erases by mistake.")
@click.pass_context
def erase(context: click.Context, *, everything: bool) -> None:
    """Remove the store and its key, and switch everything off. There is no way back.

    Where something was contributed, its deletion is asked for; until that is confirmed, a new
    store holds these wishes and nothing else.
    """
    if not everything:
        raise click.UsageError("this removes everything that was recorded: say --all")
    around(context).ask(wire.DATA_ERASE, wire.Nothing(), wire.Nothing)
    click.echo("erased: the store and its key are gone, and recording is off")
