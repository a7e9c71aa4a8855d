"""`echoctl models releases | pin | unpin | rollback`: new weights for the model in use."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from echo_core.records import wire
from echo_daemon.ctl.around import around
from echo_daemon.models.progress import size_text

_STATES = {"in_use": "in use", "before": "kept", "failed": "failed", "refused": "refused"}
FETCH_MS_MAX = 3_600_000  # a whole model over a slow line, and its trial: ctrl-C leaves it to go on
BASE_WORD = "base"  # in place of a release's name: the model as it was pulled


@click.command("releases")
@click.option("--check", is_flag=True, help="Ask the repository now.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def releases(context: click.Context, *, check: bool, as_json: bool) -> None:
    """Say which release is in use, which was before, and what was refused, with the reason.

    \b
    Examples:
      echoctl models releases
      echoctl models releases --check
      echoctl models releases --json

    Releases come from the repository that `updates.repository` in config.toml names.
    """
    found = _ask(context, wire.RELEASES_CHECK if check else wire.RELEASES_STATE, wire.Nothing())
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        _print(found)


@click.command("pin")
@click.argument("release")
@click.pass_context
def pin(context: click.Context, release: str) -> None:
    """Stay with RELEASE whatever the channel says; `base` is the model as it was pulled.

    A release that its publisher blocks is left all the same.

    \b
    Examples:
      echoctl models pin 2026-11-r2
      echoctl models pin base
    """
    wanted = "" if release == BASE_WORD else release
    _print(_ask(context, wire.RELEASES_PIN, wire.ReleasePin(wanted)))


@click.command("unpin")
@click.pass_context
def unpin(context: click.Context) -> None:
    """Follow the channel again, and forget what failed on this machine."""
    _print(_ask(context, wire.RELEASES_PIN, wire.ReleasePin(pinned=False)))


@click.command("rollback")
@click.pass_context
def rollback(context: click.Context) -> None:
    """Go back to what was in use before; the release is not taken again until `unpin`."""
    _print(_ask(context, wire.RELEASES_ROLLBACK, wire.Nothing()))


def _ask(context: click.Context, method: str, params: object) -> wire.ReleasesState:
    return around(context).ask(method, params, wire.ReleasesState, timeout_ms=FETCH_MS_MAX)


def _print(found: wire.ReleasesState) -> None:
    for line in lines(found):
        click.echo(line)
    width = max((len(row.release) for row in found.rows), default=0)
    for row in found.rows:
        about = row.why or f"{row.kind}, {size_text(row.bytes)}"
        click.echo(f"  {row.release:{width}}  {_STATES[row.state]:7}  {about}")


def lines(found: wire.ReleasesState) -> list[str]:
    """What is in use and from where, in a few lines; also for `echoctl status`."""
    name = found.release or "none: the model is in use as it was pulled"
    arm = f", side {found.arm}" if found.arm else ""
    pinned = f", pinned to {found.pin or BASE_WORD}" if found.pinned else ""
    said = [f"release    {name}{arm}{pinned}"]
    if found.repository:
        at = "not asked yet"
        if found.checked_ms:
            when = datetime.fromtimestamp(found.checked_ms / 1000, UTC).astimezone()
            at = f"answered {when:%Y-%m-%d %H:%M}" + (
                ", nothing released yet" if found.empty else ""
            )
        said.append(f"           channel {found.channel} of {found.repository}, {at}")
    if found.problem:
        said.append(f"           {found.problem}")
    return said


def refusals(found: wire.ReleasesState) -> list[str]:
    """Why the repository's word is not followed, for `echoctl status`."""
    return [
        f"           {row.release} is not taken: {row.why}."
        for row in found.rows
        if row.state in ("failed", "refused")
    ]


COMMANDS = (releases, pin, unpin, rollback)
