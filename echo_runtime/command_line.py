"""What the command line programs have in common: how an error ends one, and loading on demand.

Left out: what the commands do (`echo_daemon.ctl`, `echo_trainer.cli`).

Rules
 - An error of ours is one sentence on standard error and its own exit code; nothing else is
   caught, because a traceback of a bug is worth more than a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from echo_core.errors import EchoError


class EchoGroup(click.Group):
    """A group whose commands end an `EchoError` in one sentence and its exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except EchoError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)


class LazyGroup(EchoGroup):
    """A group that imports a command when it is used; its help imports none of them."""

    def __init__(
        self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **more: Any
    ) -> None:
        """`lazy`: by name, where a command is (`module:attribute`) and its line in the help."""
        super().__init__(*args, **more)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        try:
            found = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("echo_"):
                raise
            raise click.ClickException(
                f"`{cmd_name}` needs {error.name}, which is not installed here: install"
                " 'echo-completion[trainer,training]', or run it where that is."
            ) from error
        if not isinstance(found, click.Command):
            raise TypeError(f"{module}:{attribute} is no command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help."""
        rows = [
            (name, self.lazy[name][1] if name in self.lazy else _line(self.commands[name]))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _line(command: click.Command) -> str:
    return command.get_short_help_str(limit=100)
