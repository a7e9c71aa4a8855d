"""`echo-trainer tokens`: who may contribute to a private team."""

from __future__ import annotations

from datetime import timedelta

import click

from echo_core.errors import InputError
from echo_trainer.cli.around import around, open_database
from echo_trainer.cli.keys import today
from echo_trainer.tables import tokens as rows


@click.group
def tokens() -> None:
    """Make, list and revoke the tokens that admit to this intake."""


@tokens.command
@click.option("--label", default="", help="What `list` calls it; 64 characters at most.")
@click.option(
    "--days", type=click.IntRange(0, 3650), default=0, help="How long it holds; 0: always."
)
@click.pass_context
def create(context: click.Context, label: str, days: int) -> None:
    """Make a token and print it, this once.

    Give one token to a whole team (`sharing.token`): one for each person would tell intake who
    sends what.
    """
    if len(label) > 64:
        raise InputError("A label has 64 characters at most.")
    found = around(context)
    day = today(found)
    expires = (day + timedelta(days=days)).isoformat() if days else ""
    with open_database(found) as database, database.begin() as connection:
        identity, token = rows.create(connection, label, day.isoformat(), expires)
    click.echo(f"id {identity}; it is kept by its digest and cannot be shown again", err=True)
    click.echo(token)


@tokens.command(name="list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List every token, without itself."""
    found = around(context)
    day = today(found).isoformat()
    with open_database(found) as database, database.begin() as connection:
        for each in rows.listed(connection):
            holds = "holds" if each.holds(day) else "ended"
            until = f", until {each.expires}" if each.expires else ""
            revoked = f", revoked {each.revoked}" if each.revoked else ""
            click.echo(
                f"{each.id}: {holds}, made {each.made}{until}{revoked} {each.label}".rstrip()
            )


@tokens.command
@click.argument("identity", metavar="ID")
@click.pass_context
def revoke(context: click.Context, identity: str) -> None:
    """Let a token admit nobody any more; a running intake notices within seconds."""
    found = around(context)
    with open_database(found) as database, database.begin() as connection:
        if not rows.revoke(connection, identity, today(found).isoformat()):
            raise InputError("No token of that id holds: `echo-trainer tokens list` names them.")
    click.echo(f"revoked: {identity}")
