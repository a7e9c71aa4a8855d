"""`echoctl consent`: what Echo may record on this machine."""

from __future__ import annotations

import click

from echo_core import wire
from echo_daemon.ctl.around import around


@click.group()
def consent() -> None:
    """See and decide what Echo records. Completion works with everything off.

    \b
    Examples:
      echoctl consent show
      echoctl consent record on
      echoctl consent record off
    """


@consent.command("show")
@click.pass_context
def show(context: click.Context) -> None:
    """Say whether editing is recorded on this machine, and why."""
    _print(around(context).ask(wire.CONSENT_GET, wire.Nothing(), wire.ConsentState))


@consent.command("record")
@click.argument("choice", type=click.Choice(["on", "off"]))
@click.pass_context
def record(context: click.Context, choice: str) -> None:
    """Switch recording on or off, from this moment.

    What is recorded (requests, edits, proposals, and the text around them) goes into an
    encrypted store on this machine and nowhere else.
    """
    chosen = wire.ConsentChoice(record=choice == "on", by="echoctl")
    _print(around(context).ask(wire.CONSENT_SET, chosen, wire.ConsentState))


def _print(state: wire.ConsentState) -> None:
    click.echo(f"recording: {'on' if state.record else 'off'}")
    click.echo(state.reason)
    click.echo(f"consent text: {state.text_version}")
