"""`echoctl consent`: what Echo may record on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from echo_core import wire
from echo_daemon.ctl.around import around
from echo_daemon.ctl.data import folder_path


@click.group()
def consent() -> None:
    """See and decide what Echo records. Completion works with everything off.

    \b
    Examples:
      echoctl consent show
      echoctl consent record on
      echoctl consent record off
      echoctl consent record off --workspace ~/secret-project
      echoctl consent why src/settings.py
    """


@consent.command("show")
@click.pass_context
def show(context: click.Context) -> None:
    """Say whether editing is recorded on this machine, and why."""
    _print(around(context).ask(wire.CONSENT_GET, wire.Nothing(), wire.ConsentState))


@consent.command("record")
@click.argument("choice", type=click.Choice(["on", "off"]))
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    help="For this folder and all in it, rather than for this machine.",
)
@click.pass_context
def record(context: click.Context, choice: str, workspace: Path | None) -> None:
    """Switch recording on or off, from this moment.

    What is recorded (requests, edits, proposals, and the text around them) goes into an
    encrypted store on this machine and nowhere else. A folder that is switched off is forgotten,
    too; "on" for a folder takes that back, and records nothing while recording is off for the
    machine or for a folder around it.
    """
    folder = folder_path(workspace) if workspace else ""
    chosen = wire.ConsentChoice(record=choice == "on", by="echoctl", workspace=folder)
    _print(around(context).ask(wire.CONSENT_SET, chosen, wire.ConsentState))


@consent.command("why")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def why(context: click.Context, file: Path) -> None:
    """Say whether what happens in FILE is recorded, and by which rule it is not.

    Choices are one rule; `.echoignore` (written like .gitignore) in any folder of the workspace,
    and built-in patterns for keys, certificates and credentials are others.
    """
    document = wire.DocumentRef(file.expanduser().absolute().as_uri())
    found = around(context).ask(wire.CONSENT_WHY, document, wire.RecordVerdict)
    click.echo("recorded" if found.recorded else "not recorded")
    click.echo(found.reason)


def _print(state: wire.ConsentState) -> None:
    click.echo(f"recording: {'on' if state.record else 'off'}")
    click.echo(state.reason)
    for folder in state.workspaces_off:
        click.echo(f"off in: {folder}")
    click.echo(f"consent text: {state.text_version}")
