"""`echo-trainer release init | keys`: how a repository begins, and how its keys change."""

from __future__ import annotations

from pathlib import Path

import click

from echo_trainer.cli.release_desk import ReleaseDesk, release_command
from echo_trainer.release import ceremony
from echo_trainer.release.repository import ReleaseRepository
from echo_trainer.release.vault import PublicKey, read_public

_PUB = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("init")
@click.option("--root", "roots", type=_PUB, multiple=True, required=True, help="A root's .pub.")
@click.option("--threshold", type=int, required=True, help="How many of the roots must sign.")
@click.option("--release", "release_key", type=_PUB, required=True, help="Signs models.")
@click.option("--rollout", "rollout_key", type=_PUB, required=True, help="Signs channels.")
@click.option("--online", "online_key", type=_PUB, required=True, help="Signs the timestamp.")
@release_command
def init(
    desk: ReleaseDesk,
    *,
    roots: tuple[Path, ...],
    threshold: int,
    release_key: Path,
    rollout_key: Path,
    online_key: Path,
) -> None:
    """Draft a repository's first root and targets, for the root's keys to sign.

    \b
    Then: echo-trainer release keys sign     (wherever a root's key is)
          echo-trainer release keys finish   (with the key online)
    """
    holders = ceremony.Keyholders(
        [read_public(path) for path in roots],
        threshold,
        *(read_public(path) for path in (release_key, rollout_key, online_key)),
    )
    desk.change(lambda repository: ceremony.begin(repository, holders))


@click.group()
def keys() -> None:
    """Make, list and change the keys that sign.

    \b
    Examples:
      echo-trainer release keys new root-alice
      echo-trainer release keys rotate rollout --add rollout-2.pub --remove 1f0c
      echo-trainer release keys sign
      echo-trainer release keys finish
    """


@keys.command("new")
@click.argument("name")
@release_command
def new(desk: ReleaseDesk, name: str) -> None:
    """Make a key, sealed with a passphrase; NAME.pub beside it is for everybody."""
    if desk.dry and desk.vault.find(name) is None:
        click.echo(f"would: make the key {name} in {desk.keys_folder}")
        return
    made = desk.vault.new(name)
    click.echo(f"{made.name} {made.id} {desk.keys_folder / name}.pub")


@keys.command("list")
@release_command
def list_(desk: ReleaseDesk) -> None:
    """Which keys lie here, and what they may sign."""
    duties = ceremony.duties(desk.repository())
    here = desk.vault.keys()
    for key in here:
        click.echo(f"{key.name} {key.id[:12]} {', '.join(duties.pop(key.id, ['signs nothing']))}")
    for key_id, named in duties.items():
        click.echo(f"(elsewhere) {key_id[:12]} {', '.join(named)}")


@keys.command("rotate")
@click.argument("duty", type=click.Choice(list(ceremony.DUTIES)))
@click.option("--add", type=_PUB, multiple=True, help="A key's .pub that signs from now on.")
@click.option("--remove", multiple=True, help="The id of one that does no more, or its beginning.")
@click.option("--threshold", type=int, help="How many must sign from now on.")
@release_command
def rotate(
    desk: ReleaseDesk,
    duty: str,
    add: tuple[Path, ...],
    remove: tuple[str, ...],
    threshold: int | None,
) -> None:
    """Draft a change of the keys of a duty, for the root's keys to sign."""
    added: list[PublicKey] = [read_public(path) for path in add]

    def work(repository: ReleaseRepository) -> None:
        ceremony.rotate(repository, duty, add=added, remove=remove, threshold=threshold)

    desk.change(work)


@keys.command("renew")
@release_command
def renew(desk: ReleaseDesk) -> None:
    """Draft root and targets for another year, where half of the last is over."""
    desk.change(ceremony.renew)


@keys.command("sign")
@release_command
def sign(desk: ReleaseDesk) -> None:
    """Sign the drafts with the root's keys that lie here; then the drafts travel on."""
    desk.change(lambda repository: ceremony.sign(repository, desk.vault))
    for role, words in ceremony.missing(desk.repository()).items():
        click.echo(f"{role}: still {words}", err=True)


@keys.command("finish")
@release_command
def finish(desk: ReleaseDesk) -> None:
    """Publish the drafts when enough have signed; needs the keys of what hangs on them."""
    desk.change(ceremony.finish)
