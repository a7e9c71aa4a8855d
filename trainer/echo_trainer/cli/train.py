"""`echo-trainer train`: a LoRA for a base, learned from a dataset version.

Rules
 - Steps are told on standard error; the run's name is the last line of standard output.
 - It is the same command in one process and in several: `torchrun` and `accelerate launch` start it
   with `-m echo_trainer.cli.main train ...`, and `--ray` has a cluster start it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from echo_runtime.profile import Profile
from echo_trainer.cli.around import Around, around, settings_with
from echo_trainer.cli.stores import lake_of, row_keys
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.bases import find_base
from echo_trainer.runs.folders import Runs
from echo_trainer.training.clusters import train_on_ray
from echo_trainer.training.course import Course
from echo_trainer.training.course import train as train_here

_NAME_CHARS: Final = 8  # of a version's name in a run's


@click.command
@click.option("--dataset", required=True, metavar="VERSION", help="What `datasets list` names.")
@click.option("--base", required=True, metavar="NAME", help="A model of the catalogue.")
@click.option(
    "--base-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where its GGUF file lies; else on the shelf of models.",
)
@click.option(
    "--run",
    "--name",
    "name",
    default="",
    help="The run's name; else base and version. Under torchrun, --name: --run is its own.",
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="NAME=VALUE",
    help="One setting of [training] for this run; may be given often.",
)
@click.option(
    "--preferences",
    is_flag=True,
    help="Learn from proposals that were not kept, too; see the docs.",
)
@click.option("--ray", default="", help="Train on the Ray cluster at this address.")
@click.option("--workers", type=click.IntRange(min=1), help="Of that cluster; each has one device.")
@click.pass_context
def train(
    context: click.Context,
    *,
    dataset: str,
    base: str,
    base_file: Path | None,
    name: str,
    sets: tuple[str, ...],
    preferences: bool,
    ray: str,
    workers: int | None,
) -> None:
    """Learn a LoRA for a base from a dataset version; go on where it was cut off."""
    found = around(context)
    named = {"ray": ray, "ray_workers": "" if workers is None else str(workers)}
    wanted = ("preferences=true",) if preferences else ()
    chosen = (*sets, *wanted, *(f"{name}={value}" for name, value in named.items() if value))
    settings = settings_with(found, "training", chosen).training
    is_first = _is_first(found)
    course = Course(
        versions=Versions(lake_of(found)),
        keys=row_keys(found),
        dataset=dataset,
        base=find_base(base, base_file, Profile.locate(found.environ).models_dir),
        folder=Runs.of(found.home).named(name or f"{base}-{dataset[:_NAME_CHARS]}"),
        settings=settings,
        data=found.home.data,
        clock=found.clock,
        say=lambda line: click.echo(line, err=True) if is_first else None,
    )
    run = train_on_ray(course) if settings.ray else train_here(course)
    for figure, value in sorted(run.figures.items()):
        course.say(f"{figure}: {value:.4f}")
    if is_first:
        click.echo(run.name)


def _is_first(found: Around) -> bool:
    """Whether this process speaks: the first, where a launcher started several."""
    return found.environ.get("RANK", "0") == "0"
