"""`echoctl consent`: what Echo may record on this machine, and what may leave it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from echo_core.records import wire
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_forms import agreed_to, every_field
from echo_daemon.ctl.around import Around, around
from echo_daemon.ctl.data import folder_path

_ON_OFF = click.Choice(["on", "off"])
_FOLDER = click.Path(path_type=Path)
_FOLDER_HELP = "For this folder and all in it, rather than for this machine."
_NOUNS = {
    Switch.RECORD: "recording",
    Switch.CONTRIBUTE: "contributing",
    Switch.HISTORY: "contributing history",
    Switch.METRICS: "metrics",
    Switch.TEACHER_ENDPOINT: "teacher's endpoint",
}


@click.group()
def consent() -> None:
    """See and decide what Echo records and sends. Completion works with everything off.

    \b
    Examples:
      echoctl consent show
      echoctl consent record on
      echoctl consent record off --workspace ~/secret-project
      echoctl consent contribute on
      echoctl consent contribute on --i-have-the-right --workspace ~/own-project
      echoctl consent contribute-history on
      echoctl consent metrics off
      echoctl consent why src/settings.py
    """


@consent.command("show")
@click.option("--history", is_flag=True, help="Every choice that was made, oldest first.")
@click.pass_context
def show(context: click.Context, *, history: bool) -> None:
    """Say what is on, and which rule decided."""
    where = around(context)
    if history:
        _print_history(where.ask(wire.CONSENT_HISTORY, wire.Nothing(), wire.ConsentHistory))
        return
    found = where.ask(wire.CONSENT_SHOW, wire.Nothing(), wire.Consents)
    for state in found.switches:
        _print(state)
    for editor in found.editors_off:
        click.echo(f"telemetry is off in: {editor}")


@consent.command("text")
@click.option("--fields", is_flag=True, help="Every field that is recorded or sent, instead.")
def text(*, fields: bool) -> None:
    """Print what you agree to when you switch something on, as Markdown."""
    printed = every_field(()) if fields else agreed_to()
    click.echo("\n".join(printed))


@consent.command("record")
@click.argument("choice", type=_ON_OFF)
@click.option("--workspace", type=_FOLDER, help=_FOLDER_HELP)
@click.pass_context
def record(context: click.Context, choice: str, workspace: Path | None) -> None:
    """Switch recording on or off, from this moment.

    What is recorded (requests, edits, proposals, and the text around them) goes into an
    encrypted store on this machine and nowhere else. A folder that is switched off is forgotten,
    too; "on" for a folder takes that back, and records nothing while recording is off for the
    machine or for a folder around it.
    """
    _switch(context, Switch.RECORD, choice, workspace)


@consent.command("contribute")
@click.argument("choice", type=_ON_OFF)
@click.option("--workspace", type=_FOLDER, help=_FOLDER_HELP)
@click.option(
    "--i-have-the-right",
    "right",
    is_flag=True,
    help="Say that you have the right to share the code of this folder, whatever its licence.",
)
@click.pass_context
def contribute(context: click.Context, choice: str, workspace: Path | None, *, right: bool) -> None:
    """Switch contributing samples on or off.

    `echoctl consent text` says what is sent. Samples wait before they are sent, and
    `echoctl outbox` shows them; switching off empties the outbox and asks the trainer to delete
    what it has. Only folders under a permissive licence are contributed from, and those of which
    you say that you have the right to share them.
    """
    _switch(context, Switch.CONTRIBUTE, choice, workspace, right=right)


@consent.command("contribute-history")
@click.argument("choice", type=_ON_OFF)
@click.option("--workspace", type=_FOLDER, help=_FOLDER_HELP)
@click.pass_context
def contribute_history(context: click.Context, choice: str, workspace: Path | None) -> None:
    """Switch contributing what `echoctl import git` took in on or off.

    It holds where contributing is on, too. Switching it off empties what waits of history, and
    asks the trainer to delete that, and nothing else.
    """
    _switch(context, Switch.HISTORY, choice, workspace)


@consent.command("metrics")
@click.argument("choice", type=_ON_OFF)
@click.option("--workspace", type=_FOLDER, help=_FOLDER_HELP)
@click.pass_context
def metrics(context: click.Context, choice: str, workspace: Path | None) -> None:
    """Switch sending counters on or off; they hold no text."""
    _switch(context, Switch.METRICS, choice, workspace)


@consent.command("teacher-endpoint")
@click.argument("choice", type=_ON_OFF)
@click.pass_context
def teacher_endpoint(context: click.Context, choice: str) -> None:
    """Switch asking the endpoint in `teacher.endpoint` on or off; the local model is asked else.

    `echoctl consent text` says what is sent to it.
    """
    _switch(context, Switch.TEACHER_ENDPOINT, choice, None)


def _switch(
    context: click.Context,
    switch: Switch,
    choice: str,
    workspace: Path | None,
    *,
    right: bool = False,
) -> None:
    where: Around = around(context)
    folder = folder_path(workspace) if workspace else ""
    chosen = wire.SwitchChoice(switch, choice == "on", "echoctl", folder, right)
    found = where.ask(wire.CONSENT_SWITCH, chosen, wire.Consents)
    _print(next(state for state in found.switches if state.switch == switch))
    if chosen.on and switch in (Switch.CONTRIBUTE, Switch.HISTORY):
        click.echo("  What you agreed to, and every field that is sent: `echoctl consent text`.")


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


def _print(state: wire.SwitchState) -> None:
    click.echo(f"{_NOUNS[Switch(state.switch)]}: {'on' if state.on else 'off'}")
    click.echo(f"  {state.reason}")
    for folder in state.folders_off:
        click.echo(f"  off in: {folder}")
    for folder in state.folders_right:
        click.echo(f"  you have the right to share: {folder}")


def _print_history(found: wire.ConsentHistory) -> None:
    for row in found.rows:
        when = datetime.fromtimestamp(row.at_ms / 1000, UTC).astimezone()
        where = f" in {row.workspace}" if row.workspace else ""
        right = ", with the right to share" if row.right else ""
        said = "on" if row.on else "off"
        click.echo(
            f"{when:%Y-%m-%d %H:%M}  {_NOUNS[Switch(row.switch)]} {said}{where}{right}"
            f"  (by {row.by}, text {row.text_hash[:12]})"
        )
