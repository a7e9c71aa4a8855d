"""`echoctl`: everything that a person asks of Echo at a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import click

from echo_daemon.ctl.around import Around
from echo_daemon.ctl.consent import consent
from echo_daemon.ctl.dashboard import dashboard
from echo_daemon.ctl.data import data
from echo_daemon.ctl.demo import demo
from echo_daemon.ctl.distill import distill
from echo_daemon.ctl.inspect import doctor, logs, paths, status, stop
from echo_daemon.ctl.metrics import metrics
from echo_daemon.ctl.mine import mine
from echo_daemon.ctl.models import models
from echo_daemon.ctl.outbox import outbox
from echo_daemon.ctl.past import import_
from echo_daemon.ctl.releases import COMMANDS as RELEASES
from echo_daemon.ctl.samples import samples
from echo_daemon.ctl.trace import trace
from echo_daemon.ctl.why import snooze, why
from echo_runtime.command_line import EchoGroup
from echo_runtime.profile import HOME_VARIABLE, Profile


@click.group(cls=EchoGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--profile",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything beneath this folder instead of the user's own places.",
)
@click.version_option(package_name="echo-completion", prog_name="echoctl")
@click.pass_context
def main(context: click.Context, profile: Path | None) -> None:
    """Look into Echo, choose its model, and decide what it records.

    Completions come from `echo-lsp`, which an editor starts; nothing here is needed for them
    but a model: `echoctl models pull qwen2.5-coder-0.5b`.
    """
    environ = dict(os.environ)
    if profile is not None:
        environ[HOME_VARIABLE] = str(profile)
    context.obj = Around(Profile.locate(environ))


for command in (
    status,
    why,
    snooze,
    doctor,
    logs,
    stop,
    paths,
    models,
    consent,
    outbox,
    dashboard,
    data,
    samples,
    metrics,
    mine,
    distill,
    trace,
    import_,
    demo,
):
    main.add_command(command)


for command in RELEASES:
    models.add_command(command)


if __name__ == "__main__":
    main()
