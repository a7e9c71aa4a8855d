"""`echoctl metrics`: how well Echo does, in the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_daemon.ctl.show import visible

ASK_MS_MAX: Final = 120_000  # the most events that are counted at once take some seconds
FEW: Final = 100  # below so many opportunities an interval is worth its place
_COLUMNS: Final = (
    "answers", "proposed", "shown", "AR", "accepted chars", "stayed", "typed chars", "GR",
    "p50", "p95",
)  # fmt: skip


@click.command()
@click.option("--days", default=28, show_default=True, help="How far back.")
@click.option(
    "--by",
    type=click.Choice(["day", "week", "language", "model"]),
    default="week",
    show_default=True,
    help="What a line is of.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def metrics(context: click.Context, days: int, by: str, *, as_json: bool) -> None:
    """Say how well Echo does: how often proposals are taken, how much of them stays, how fast.

    AR is the part of the proposals shown of which something was accepted; where they were few,
    the interval of 95 % stands beside it. GR is the part of all written characters that came from
    accepting and still stood when their place was left. Nothing of this leaves the machine
    (`echoctl consent metrics` is about that).

    \b
    Examples:
      echoctl metrics
      echoctl metrics --by day --days 7
      echoctl metrics --json
    """
    ask = wire.ProgressAsk(days)
    found = around(context).ask(wire.PROGRESS, ask, wire.ProgressReport, timeout_ms=ASK_MS_MAX)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    if not found.since_ms:
        click.echo("Nothing was recorded in that time: see `echoctl consent record on`.")
        return
    rows = {
        "day": found.days,
        "week": found.weeks,
        "language": found.languages,
        "model": found.models,
    }[by]
    Console().print(figures_table(by, [*rows, found.total]))
    _say_silences(found)
    since = datetime.fromtimestamp(found.since_ms / 1000, UTC).astimezone()
    cut = " (what is older is too much to count at once)" if found.is_cut else ""
    click.echo(f"since {since:%Y-%m-%d %H:%M}{cut}")


def figures_table(by: str, rows: Sequence[wire.FiguresRow]) -> Table:
    """A line a row; the last one, without a name, is of everything."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(by)
    for title in _COLUMNS:
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(Text(_name(row, last=row is rows[-1])), *_cells(row))
    return table


def _name(row: wire.FiguresRow, *, last: bool) -> str:
    name = "all" if last else visible(row.name) or "unknown"
    return name if row.whole else f"{name} …"


def _cells(row: wire.FiguresRow) -> list[str]:
    return [
        f"{row.answers:,}",
        rate_words(row.proposed),
        f"{row.acceptance.of:,}",
        rate_words(row.acceptance),
        f"{row.retention.of:,}",
        rate_words(row.retention),
        f"{row.typed_chars:,}",
        rate_words(row.generation),
        _milliseconds(row.latency_p50_ms),
        _milliseconds(row.latency_p95_ms),
    ]


def rate_words(rate: wire.RateRow) -> str:
    """A rate, with its interval where it rests on little."""
    if rate.value is None:
        return "–"
    words = f"{100 * rate.value:.1f} %"
    if rate.of < FEW and rate.low is not None and rate.high is not None:
        words += f" ({100 * rate.low:.0f}–{100 * rate.high:.0f})"
    return words


def _milliseconds(value: int | None) -> str:
    return "–" if value is None else f"{value:,} ms"


def _say_silences(found: wire.ProgressReport) -> None:
    if found.silences:
        click.echo(f"Silence, in {found.total.answers:,} answers:")
    for row in found.silences:
        click.echo(f"  {row.count:8,}  {row.sentence}")
