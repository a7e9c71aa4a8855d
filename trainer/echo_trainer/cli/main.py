"""`echo-trainer`: everything that an administrator asks of the trainer at a terminal.

Rules
 - No command is imported before it is used: `echo-trainer --help` loads no database, no server and
   no Daft. A test compares the lines here with the commands' own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from echo_runtime.command_line import LazyGroup
from echo_trainer.cli.around import Around
from echo_trainer.home import Home

# name: (where it is, its line in the help)
COMMANDS: Final = {
    "console": (
        "echo_trainer.cli.console:console",
        "Show pages of what this trainer holds and gives out, on this machine alone.",
    ),
    "curate": (
        "echo_trainer.cli.curate:curate",
        "Open what arrived, and make a dataset version of all samples.",
    ),
    "datasets": ("echo_trainer.cli.datasets:datasets", "List, show and remove dataset versions."),
    "audit": (
        "echo_trainer.cli.audit:audit",
        "Search every file of every store for what was to be deleted.",
    ),
    "export": (
        "echo_trainer.cli.export:export",
        "Make the files of RUN that clients would get, and check that they say what it learned.",
    ),
    "gate": (
        "echo_trainer.cli.gate:gate",
        "Judge what RUN would ship against its base, through the engine that serves.",
    ),
    "keys": (
        "echo_trainer.cli.keys:keys",
        "Make the trainer's keys, show what clients pin, renew what seals.",
    ),
    "mend": (
        "echo_trainer.cli.mend:mend",
        "Make whole what came back from a backup: wishes, envelopes, rows.",
    ),
    "serve": ("echo_trainer.cli.serve:serve", "Take in what is contributed, until told to stop."),
    "release": ("echo_trainer.cli.release:release", "Publish models, and decide who gets them."),
    "experiment": (
        "echo_trainer.cli.experiment:experiment",
        "Compare releases on those who send metrics: begin, end, report.",
    ),
    "settings": ("echo_trainer.cli.show:settings", "Show every setting and what holds."),
    "train": (
        "echo_trainer.cli.train:train",
        "Learn a LoRA for a base from a dataset version; go on where it was cut off.",
    ),
    "tokens": (
        "echo_trainer.cli.tokens:tokens",
        "Make, list and revoke the tokens that admit to this intake.",
    ),
    "wishes": (
        "echo_trainer.cli.wishes:wishes",
        "Write every wish to delete to FILE, for a backup that is older.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything beneath this folder; else `ECHO_TRAINER_HOME`, else the platform's own.",
)
@click.version_option(package_name="echo-completion", prog_name="echo-trainer")
@click.pass_context
def main(context: click.Context, home: Path | None) -> None:
    """Run a trainer: take in what is contributed, curate it, and look after keys and data.

    It needs the extra `trainer`: `pip install 'echo-completion[trainer]'`.
    """
    context.obj = Around(Home.locate(os.environ, home), os.environ)


if __name__ == "__main__":
    main()
