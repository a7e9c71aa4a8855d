"""`echoctl dashboard`: a link to the pages where a person sees, stops and undoes what Echo does."""

from __future__ import annotations

import click

from echo_core.records import wire
from echo_daemon.ctl.around import around


@click.command()
@click.option("--open", "opens", is_flag=True, help="Open it in the browser, too.")
@click.pass_context
def dashboard(context: click.Context, *, opens: bool) -> None:
    """Print a link to Echo's pages: what is recorded, what would be sent, and how to undo it.

    The link works once, within two minutes, and on this machine only. The pages are closed after
    half an hour in which nobody looks at them.
    """
    link = around(context).ask(wire.DASHBOARD_OPEN, wire.Nothing(), wire.DashboardLink)
    click.echo(link.url)
    if opens and click.launch(link.url):
        click.echo("No browser could be started: open the link by hand.", err=True)
