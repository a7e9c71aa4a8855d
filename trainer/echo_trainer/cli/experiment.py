"""`echo-trainer experiment`: begin an experiment, end it, and see what came of it.

Left out: what is done (`echo_trainer.release.arranging`), statistics (`echo_trainer.experiments`).

Rules
 - `start` and `stop` change the channel as the commands of `release` do: dry-run first, twice as
   once. `report` changes nothing but to count what waits.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import click

from echo_core.errors import InputError, TrainerError
from echo_core.release.channel import PARTS, Arm, Experiment
from echo_core.sharing.bundle.contents import day_of
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_runtime import files
from echo_trainer.cli.around import Around, open_database
from echo_trainer.cli.release_desk import ReleaseDesk, release_command
from echo_trainer.experiments import judging, page, saying
from echo_trainer.experiments.counting import Counting, Fate
from echo_trainer.keys.ring import KeyRing
from echo_trainer.objects.places import open_objects
from echo_trainer.release import arranging, publishing
from echo_trainer.tables import counters

_CHANNEL = click.option("--channel", default="stable", show_default=True, help="Which channel.")
_BASE = "base"


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@click.group()
def experiment() -> None:
    """Compare releases on those who send metrics: begin, end, report.

    \b
    Examples:
      echo-trainer experiment start depth --arm old=base:50 --arm new=2026-11-r2:50
      echo-trainer experiment report depth
      echo-trainer experiment stop depth

    docs/experiments.md says what the figures mean.
    """


@experiment.command("start")
@click.argument("name")
@click.option(
    "--arm",
    "arms",
    multiple=True,
    required=True,
    metavar="SIDE=RELEASE:PERCENT",
    help="A side, its release (`base`: the model as it was pulled) and its share; the first is"
    " what the others are compared with.",
)
@_CHANNEL
@release_command
def start(desk: ReleaseDesk, name: str, arms: tuple[str, ...], channel: str) -> None:
    """Begin the experiment NAME; a name is never given to another one.

    Needs the keys rollout and online.
    """
    sides = [_arm(each) for each in arms]
    desk.change(lambda it: arranging.start(it, channel, name, sides))


@experiment.command("stop")
@click.argument("name")
@_CHANNEL
@release_command
def stop(desk: ReleaseDesk, name: str, channel: str) -> None:
    """End the experiment NAME: everybody takes what the channel gives to all.

    Needs the keys rollout and online.
    """
    desk.change(lambda it: arranging.stop(it, channel, name))


@experiment.command("show")
@_CHANNEL
@release_command
def show(desk: ReleaseDesk, channel: str) -> None:
    """Every experiment that a channel has or had, the newest first."""
    repository = desk.repository()
    running = publishing.read_channel(repository, channel).experiments
    for name, each in arranging.all_of(repository, channel).items():
        sides = ", ".join(
            f"{arm.name} {arm.release or _BASE} {100 * arm.parts / PARTS:g}%" for arm in each.arms
        )
        click.echo(f"{'runs' if each in running else 'over'}  {name}: {sides}")


@experiment.command("report")
@click.argument("name")
@click.option(
    "--form",
    type=click.Choice([each.value for each in Form]),
    default="text",
    show_default=True,
    help="For a terminal, for programs, or as a page.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it into this file."
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=judging.ALPHA,
    show_default=True,
    help="How often a difference may be found where there is none.",
)
@_CHANNEL
@release_command
def report(
    desk: ReleaseDesk, name: str, *, form: str, out: Path | None, alpha: float, channel: str
) -> None:
    """Count what waits, and say what came of the experiment NAME so far.

    It may be asked as often as one likes: the decision holds under looking.
    """
    found = arranging.find(desk.repository(), channel, name)
    if found is None:
        raise TrainerError(f"{channel} never had an experiment {name}: see `experiment show`.")
    made = _report(desk.around, found, alpha, count=not desk.dry)
    content = {
        Form.TEXT: lambda: saying.as_text(made).encode(),
        Form.JSON: lambda: saying.as_json(made),
        Form.HTML: lambda: page.page(made),
    }[Form(form)]()
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        files.write_whole(out, content)
    except OSError as error:
        raise TrainerError(f"{out} cannot be written ({error.strerror}).") from error
    for sentence in saying.sentences(made):
        click.echo(sentence)


def _report(found: Around, what: Experiment, alpha: float, *, count: bool) -> judging.Report:
    storage = found.settings.storage
    with open_database(found) as database:
        if count:
            objects = open_objects(storage.objects, found.home.objects_folder, found.environ)
            consents = {text_digest(Switch.METRICS), *found.settings.curation.consents}
            openers = KeyRing(found.home).openers()
            day = day_of(found.clock.wall_ms())
            fates = Counting(database, objects, openers, consents, day).run()
            for fate in Fate:
                if fates[fate]:
                    click.echo(f"{fates[fate]} reports: {fate.value}", err=True)
        with database.read() as rows:
            clients = judging.client_weeks(what, counters.of_experiment(rows, what.name))
    return judging.judge(what, clients, alpha)


def _arm(text: str) -> Arm:
    name, equals, rest = text.partition("=")
    release, colon, percent = rest.rpartition(":")
    try:
        parts = round(float(percent) * PARTS / 100)
    except (ValueError, OverflowError):
        equals = ""
        parts = 0
    if not (equals and colon and name and release):
        raise InputError("A side is given as SIDE=RELEASE:PERCENT, such as new=2026-11-r2:50.")
    return Arm(name, "" if release == _BASE else release, parts)
