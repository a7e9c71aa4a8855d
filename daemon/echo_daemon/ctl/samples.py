"""`echoctl samples`: what was mined from what you kept. Printed to your terminal only."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from echo_core.gaps.life import Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.judgement import State
from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_daemon.ctl.explain import explanation_lines
from echo_daemon.ctl.show import sample_lines


@click.group()
def samples() -> None:
    """The samples in the store: context, proposal, what was kept, and how it was judged.

    \b
    Examples:
      echoctl samples list --limit 20
      echoctl samples list --break prefix_edited --proposed
      echoctl samples list --state dropped --cause name_unknown
      echoctl samples show 17
      echoctl samples explain 17
      echoctl samples looks 17
    """


@samples.command("list")
@click.option("--limit", default=20, show_default=True, help="How many, the newest first.")
@click.option(
    "--break",
    "break_reason",
    type=click.Choice([reason.value for reason in Break]),
    help="Only those whose gap ended so.",
)
@click.option("--proposed", is_flag=True, help="Only those for which something was proposed.")
@click.option(
    "--state", type=click.Choice([state.value for state in State]), help="Only those judged so."
)
@click.option(
    "--cause",
    type=click.Choice([cause.value for cause in Cause]),
    metavar="CAUSE",
    help="Only those dropped for it (docs/causes.md).",
)
@click.pass_context
def list_samples(
    context: click.Context,
    limit: int,
    break_reason: str | None,
    *,
    proposed: bool,
    state: str | None,
    cause: str | None,
) -> None:
    """List samples, the newest first; no source text is shown."""
    query = wire.SamplesQuery(limit, break_reason or "", proposed, state or "", cause or "")
    found = around(context).ask(wire.SAMPLES_LIST, query, wire.SampleList)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title, justify in _COLUMNS:
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for row in found.rows:
        opened = datetime.fromtimestamp(row.opened_at_ms / 1000, UTC).astimezone()
        table.add_row(
            str(row.id),
            opened.strftime("%m-%d %H:%M:%S"),
            Text(row.doc.rsplit("/", 1)[-1]),
            f"{row.lived_ms / 1000:.1f} s",
            row.break_reason,
            str(row.target_chars),
            str(row.proposed_chars),
            str(row.accepted_chars),
            row.cause or row.state,
            f"{row.quality:.2f}" if row.state == State.KEPT else "",
        )
    Console().print(table)
    click.echo(f"{len(found.rows)} of {found.total} samples")


_COLUMNS = (
    ("id", "right"),
    ("opened", "left"),
    ("file", "left"),
    ("lived", "right"),
    ("break", "left"),
    ("kept chars", "right"),
    ("proposed", "right"),
    ("accepted", "right"),
    ("judged", "left"),
    ("quality", "right"),
)


@samples.command("show")
@click.argument("number", type=int, metavar="ID")
@click.pass_context
def show(context: click.Context, number: int) -> None:
    """Show one sample with its text: the lines around it, the proposal, and what was kept."""
    detail = around(context).ask(wire.SAMPLES_SHOW, wire.SampleQuery(number), wire.SampleDetail)
    console = Console(soft_wrap=True)
    for line in sample_lines(detail):
        console.print(line)


@samples.command("explain")
@click.argument("number", type=int, metavar="ID")
@click.pass_context
def explain(context: click.Context, number: int) -> None:
    """Say why one sample is kept or dropped: every check, where it was cut, what was asked.

    Shows the text of the sample; what is hidden in its context before anybody else sees it stands
    as a placeholder.
    """
    found = around(context).ask(wire.SAMPLES_EXPLAIN, wire.SampleQuery(number), wire.Explanation)
    console = Console(soft_wrap=True)
    for line in explanation_lines(found):
        console.print(line)


@samples.command("looks")
@click.argument("number", type=int, metavar="ID")
@click.pass_context
def looks(context: click.Context, number: int) -> None:
    """Say what became of one sample: how much of it stood later, and in a commit."""
    found = around(context).ask(wire.SAMPLES_LOOKS, wire.SampleQuery(number), wire.LookList)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("moment", "at", "place", "sure", "kept", "accepted kept", "edits", "in file"):
        table.add_column(title)
    for row in found.rows:
        at = datetime.fromtimestamp(row.at_ms / 1000, UTC).astimezone()
        table.add_row(
            row.moment,
            at.strftime("%m-%d %H:%M:%S"),
            row.place,
            f"{row.confidence:.2f}",
            f"{row.kept_chars} of {row.target_chars}",
            f"{row.accepted_kept_chars} of {row.accepted_chars}",
            str(row.distance),
            "yes" if row.in_file else "no",
        )
    Console().print(table)
    if any(row.text_chars for row in found.rows):
        click.echo("The commit holds another text than the sample: it is kept with the look.")
