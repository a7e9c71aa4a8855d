"""`echo-trainer release`: publish models, and decide who gets them.

Left out: what is done (`echo_trainer.release`), keys (`release_keys`).

Rules
 - Each command says what it changes; with --dry-run it changes nothing and needs no key.
 - A passphrase comes from a descriptor, the keyring or a prompt.
"""

from __future__ import annotations

import click

from echo_core.errors import TrainerError
from echo_core.release.channel import PARTS
from echo_core.release.metadata import Kind
from echo_trainer.cli.release_desk import ReleaseDesk, release_command
from echo_trainer.cli.release_keys import init, keys
from echo_trainer.release import checking, publishing
from echo_trainer.release.judged import releasable
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.runs.folders import Runs

_CHANNEL = click.option("--channel", default="stable", show_default=True, help="Which channel.")


@click.group()
def release() -> None:
    """Publish models, and decide who gets them.

    \b
    Examples:
      echo-trainer release publish --run autumn --form adapter --name 2026-11-r2
      echo-trainer release promote 2026-11-r2 --percent 10
      echo-trainer release rollout 50
      echo-trainer release rollback 2026-11-r2 --reason "slower on laptops"

    docs/releases.md says which key each command needs, and how a repository begins.
    """


@release.command("publish")
@click.option("--run", "run_name", required=True, help="The training run that it comes from.")
@click.option(
    "--form",
    type=click.Choice([each.value for each in Kind]),
    required=True,
    help="A LoRA over the base, or a whole model.",
)
@click.option("--name", required=True, help="What the release is called; it never changes.")
@click.option("--engine-min", default="0.3.36", show_default=True, help="Of llama-cpp-python.")
@release_command
def publish(desk: ReleaseDesk, *, run_name: str, form: str, name: str, engine_min: str) -> None:
    """Put what the gate let pass of a run into the repository; nobody gets it yet.

    Refused, with exit code 1, where the gate has not let these very bytes pass. Needs the keys
    release and online. A name that was published is never another file.
    """
    run = Runs.of(desk.around.home).named(run_name)
    file, manifest = releasable(run, Kind(form), name, engine_min=engine_min)
    desk.change(lambda repository: publishing.publish(repository, file, manifest))


@release.command("promote")
@click.argument("name")
@click.option(
    "--percent",
    type=click.FloatRange(0, 100),
    default=100.0,
    show_default=True,
    help="Of those who follow the channel.",
)
@_CHANNEL
@release_command
def promote(desk: ReleaseDesk, name: str, percent: float, channel: str) -> None:
    """Make the release NAME the newest of a channel; those below it stay for the others.

    Needs the keys rollout and online, as do all below.
    """
    desk.change(lambda it: publishing.promote(it, name, channel, _parts(percent)))


@release.command("rollout")
@click.argument("percent", type=click.FloatRange(0, 100))
@click.option("--release", "name", help="Another than the newest of the channel.")
@_CHANNEL
@release_command
def rollout(desk: ReleaseDesk, percent: float, name: str | None, channel: str) -> None:
    """Give the newest release of a channel to PERCENT of those who follow it."""
    desk.change(lambda it: publishing.rollout(it, channel, _parts(percent), name))


@release.command("rollback")
@click.argument("name")
@click.option("--reason", required=True, help="People are shown it.")
@_CHANNEL
@release_command
def rollback(desk: ReleaseDesk, name: str, reason: str, channel: str) -> None:
    """Take the release NAME back from everybody, and block it; the one below is for all."""
    desk.change(lambda it: publishing.rollback(it, channel, name, reason))


@release.command("block")
@click.argument("name")
@click.option("--reason", required=True, help="People are shown it.")
@release_command
def block(desk: ReleaseDesk, name: str, reason: str) -> None:
    """Block the release NAME in every channel: whoever has it goes back."""
    desk.change(lambda it: publishing.block(it, name, reason))


@release.command("refresh")
@release_command
def refresh(desk: ReleaseDesk) -> None:
    """Sign snapshot and timestamp anew where half of their time is over; run it daily.

    Needs the key online.
    """
    desk.change(publishing.refresh)


@release.command("verify")
@release_command
def verify(desk: ReleaseDesk) -> None:
    """Look at every signature and file as a client would; exit code 8 where something is wrong."""
    found = checking.findings(desk.repository())
    if found:
        raise TrainerError("\n".join(found))
    click.echo("Every signature, version and file is as it should be.")


@release.command("show")
@release_command
def show(desk: ReleaseDesk) -> None:
    """What is published, what each channel says, and what waits for signatures."""
    _show(desk.repository())


def _show(repository: ReleaseRepository) -> None:
    for each in checking.read_drafts(repository):
        click.echo(f"draft    {each}")
    if not repository.is_begun:
        return
    for manifest in publishing.released(repository):
        click.echo(
            f"release  {manifest.release}: {manifest.kind} over {manifest.base},"
            f" {manifest.bytes} bytes, dataset {manifest.dataset_sha256[:12]}…,"
            f" gate {manifest.gate_sha256[:12]}…"
        )
    for name in publishing.names(repository):
        channel = publishing.read_channel(repository, name)
        for given in channel.rollouts:
            click.echo(f"channel  {name}: {given.release} for {100 * given.parts / PARTS:g}%")
        for experiment in channel.experiments:
            sides = ", ".join(f"{arm.name} {arm.release or 'base'}" for arm in experiment.arms)
            click.echo(f"channel  {name}: experiment {experiment.name}: {sides}")
        for blocked in channel.blocked:
            click.echo(f"channel  {name}: {blocked.release} is blocked: {blocked.reason}")


def _parts(percent: float) -> int:
    return round(percent * PARTS / 100)


release.add_command(init)
release.add_command(keys)
