"""`echoctl why | snooze`: why nothing is offered, and how to be left alone for a while."""

from __future__ import annotations

import click

from echo_core.records import wire
from echo_daemon.ctl.around import around

MINUTES_MAX = 60 * 24 * 7  # a week; whoever wants longer switches completion off


@click.command()
@click.pass_context
def why(context: click.Context) -> None:
    """Say how the last completion request ended, and what it cost; exit code 6 without a daemon."""
    found = around(context).ask(wire.COMPLETION_WHY, wire.Nothing(), wire.Why, start=False)
    click.echo(found.sentence)
    cost = found.figures
    if found.reason:
        click.echo(f"  reason   {found.reason}{f', {cost.hit}' if cost.hit else ''}")
        click.echo(f"  answer   {found.chars} characters after {cost.latency_ms:.0f} ms")
    if cost.tokens_prompt:
        click.echo(
            f"  engine   {cost.tokens_evaluated} of {cost.tokens_prompt} tokens read, "
            f"{cost.tokens_written} written at {found.logprob_mean:.2f} nats a token"
        )


@click.command()
@click.argument("minutes")
@click.pass_context
def snooze(context: click.Context, minutes: str) -> None:
    """Offer nothing for MINUTES unless asked by hand; `off` ends it. Forgotten by a restart."""
    if minutes != "off" and not (minutes.isdecimal() and 0 < int(minutes) <= MINUTES_MAX):
        raise click.UsageError(f"MINUTES is off, or a whole number from 1 to {MINUTES_MAX}.")
    asked = wire.Snooze(0 if minutes == "off" else int(minutes))
    found = around(context).ask(wire.COMPLETION_SNOOZE, asked, wire.Snooze)
    left = round(found.minutes)
    click.echo(f"Silent for {left} minutes." if left else "Awake.")
