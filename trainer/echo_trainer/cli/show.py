"""`echo-trainer settings`."""

from __future__ import annotations

import click

from echo_runtime.settings_forms import as_toml
from echo_trainer.cli.around import around
from echo_trainer.settings.table import trainer_settings, variable_of


@click.command
@click.pass_context
def settings(context: click.Context) -> None:
    """Show every setting and what holds.

    The variable beside each does the same in the environment, and wins over the file.
    """
    found = around(context)
    click.echo(f"# {found.home.config_file}")
    for each in trainer_settings():
        value = getattr(getattr(found.settings, each.table), each.name)
        click.echo(f"{each.full_name} = {as_toml(value)}  # {variable_of(each)}")
