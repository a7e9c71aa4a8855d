"""`echoctl outbox`: what waits to leave this machine, and what was sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from echo_core.places import path_of
from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_daemon.ctl.data import folder_path, span_ms
from echo_daemon.models.progress import size_text

_FOLDER = click.Path(path_type=Path)
_ID_CHARS = 12  # of a digest, for people


@click.group()
def outbox() -> None:
    """What waits to be sent, what was sent, and taking it back.

    Nothing waits and nothing is sent unless contributing is on: `echoctl consent show`.

    \b
    Examples:
      echoctl outbox list
      echoctl outbox show
      echoctl outbox drop --file src/settings.py
      echoctl outbox drop --last 2h
      echoctl outbox pause --workspace ~/project
      echoctl outbox send --now
    """


@outbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was sent or dropped.")
@click.pass_context
def list_(context: click.Context, *, everything: bool) -> None:
    """Say what waits, since when and until when; what was sent, and what is to be deleted."""
    _print(_ask(context, wire.OUTBOX_LIST, wire.Nothing()), everything=everything)


@outbox.command("show")
@click.argument("sample", default="")
@click.pass_context
def show(context: click.Context, sample: str) -> None:
    """Print exactly what would be sealed, and its digest.

    Without SAMPLE, an id of `echoctl outbox list`: the first bundle that what waits would make.
    """
    asked = wire.OutboxItem(sample)
    found = around(context).ask(wire.OUTBOX_PREVIEW, asked, wire.OutboxPreview)
    click.echo(found.content)
    click.echo(f"digest: {found.digest}", err=True)


@outbox.command("drop")
@click.argument("sample", default="")
@click.option("--file", "file", type=_FOLDER, help="What comes from this file or folder.")
@click.option("--last", help="What came in during the last while: 30s, 10m, 2h, 1d.")
@click.option("--all", "everything", is_flag=True, help="All of it.")
@click.pass_context
def drop(
    context: click.Context, sample: str, file: Path | None, last: str | None, *, everything: bool
) -> None:
    """Take samples out that were not sent; they never come back."""
    if sum((bool(sample), file is not None, last is not None, everything)) != 1:
        raise click.UsageError("say one of SAMPLE, --file, --last and --all")
    what = wire.OutboxDrop(
        request=sample,
        path=folder_path(file) if file is not None else "",
        last_ms=span_ms(last) if last is not None else 0,
        everything=everything,
    )
    found = around(context).ask(wire.OUTBOX_DROP, what, wire.OutboxDropped)
    click.echo(f"dropped: {found.count}")


@outbox.command("pause")
@click.option("--workspace", type=_FOLDER, help="Of this folder only.")
@click.pass_context
def pause(context: click.Context, workspace: Path | None) -> None:
    """Send nothing until `echoctl outbox resume`; samples go on waiting."""
    _pause(context, workspace, paused=True)


@outbox.command("resume")
@click.option("--workspace", type=_FOLDER, help="Of this folder only.")
@click.pass_context
def resume(context: click.Context, workspace: Path | None) -> None:
    """Go on sending."""
    _pause(context, workspace, paused=False)


@outbox.command("send")
@click.option("--now", is_flag=True, help="Needed, so that nobody sends by mistake.")
@click.pass_context
def send(context: click.Context, *, now: bool) -> None:
    """Send what waits without its delay, also over a metered network."""
    if not now:
        raise click.UsageError("samples are sent by themselves when they have waited: say --now")
    _print(_ask(context, wire.OUTBOX_SEND, wire.Nothing()), everything=False)


def _pause(context: click.Context, workspace: Path | None, *, paused: bool) -> None:
    folder = folder_path(workspace) if workspace is not None else ""
    state = _ask(context, wire.OUTBOX_PAUSE, wire.OutboxPause(paused, folder))
    _print_paused(state)


def _ask(context: click.Context, method: str, params: object) -> wire.OutboxState:
    return around(context).ask(method, params, wire.OutboxState)


def _print(state: wire.OutboxState, *, everything: bool) -> None:
    rows = [row for row in state.rows if everything or row.state in ("waiting", "sealed")]
    table = _table("sample", "state", "language", "size", "not before", "file")
    for row in rows:
        until = _time(row.due_ms) if row.state == "waiting" else ""
        said = row.cause or row.state
        size = size_text(row.bytes) if row.bytes else ""
        table.add_row(row.request, said, row.language, size, until, path_of(row.doc) or row.doc)
    if rows:
        Console().print(table)
    parcels = [each for each in state.parcels if everything or each.state == "sealed"]
    sealed = _table("parcel", "state", "holds", "week", "size", "digest of what is inside")
    for each in parcels:
        holds = f"{each.samples} samples" if each.kind == "samples" else "counters"
        size = size_text(each.size)
        sealed.add_row(
            each.id[:_ID_CHARS], each.cause or each.state, holds, each.week, size, each.digest
        )
    if parcels:
        Console().print(sealed)
    sent = sum(each.samples for each in state.parcels if each.state == "sent")
    waiting = sum(row.state in ("waiting", "sealed") for row in state.rows)
    click.echo(f"waiting: {waiting}, sent: {sent}")
    for wish in state.wishes:
        done = f"confirmed: {wish.receipt}" if wish.done_ms else f"asked {wish.attempts} times"
        cause = f" ({wish.cause})" if wish.cause else ""
        click.echo(f"deletion of {wish.kind} of {wish.week}: {done}{cause}")
    _print_paused(state)
    if state.problem:
        click.echo(state.problem)


def _print_paused(state: wire.OutboxState) -> None:
    for folder in state.paused:
        click.echo(f"paused: {folder or 'everything'}")
    if not state.paused:
        click.echo("paused: nothing")


def _table(*titles: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title)
    return table


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"
