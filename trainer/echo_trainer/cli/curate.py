"""`echo-trainer curate`: wishes, then what waits, then a dataset version.

Rules
 - Steps are told on standard error; the version's name is the last line of standard output.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import day_of
from echo_core.sharing.consent import LEAVES
from echo_core.sharing.consent_text import text_digest
from echo_trainer.cli.around import Around, around
from echo_trainer.cli.stores import Stores, stores
from echo_trainer.curation.drops import SENTENCES, Drop
from echo_trainer.curation.parameters import Parameters, changed
from echo_trainer.datasets.deletion import fulfil_wishes
from echo_trainer.datasets.making import Made, Making
from echo_trainer.datasets.opening import Opening, OpeningReport
from echo_trainer.datasets.problems import problem_texts
from echo_trainer.datasets.retention import let_go
from echo_trainer.keys.ring import KeyRing
from echo_trainer.lake.engine import Engine, engine
from echo_trainer.lake.samples import SampleTable
from echo_trainer.lake.versions import REPORT_HTML, REPORT_JSON, Versions
from echo_trainer.reports.facts import RunFacts, as_json
from echo_trainer.reports.page import page

_PARAMETERS_NAME = "curation.toml"


@click.command
@click.option("--ray", default="", help="Compute on the Ray cluster at this address.")
@click.option("--workers", type=click.IntRange(min=0), help="Batches at once; 0: all processors.")
@click.option(
    "--parameters",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file of parameters; else `curation.parameters`, else curation.toml of the home.",
)
@click.option(
    "--set", "sets", multiple=True, metavar="NAME=NUMBER", help="One parameter; may be given often."
)
@click.option(
    "--problems",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    help="A file of evaluation problems to keep out, besides `curation.problems`.",
)
@click.option("--open-only", is_flag=True, help="Fulfil wishes and open what waits; no version.")
@click.pass_context
def curate(
    context: click.Context,
    *,
    ray: str,
    workers: int | None,
    parameters: Path | None,
    sets: tuple[str, ...],
    problems: tuple[Path, ...],
    open_only: bool,
) -> None:
    """Open what arrived, and make a dataset version of all samples."""
    found = around(context)
    settings = found.settings.curation
    deciding = _parameters(found, parameters, sets)
    texts = problem_texts([*map(Path, settings.problems), *problems])
    with stores(found) as opened:
        machine = engine(
            settings.workers if workers is None else workers,
            ray or settings.ray,
            opened.lake.options,
        )
        run = RunFacts(workers=machine.workers)
        report, wishes = _opened(found, opened, machine)
        if open_only:
            return
        made = _made(found, opened, machine, deciding, texts)
        run = RunFacts(
            bundles=report.bundles,
            added=report.added,
            dropped={why.value: count for why, count in sorted(report.dropped.items())},
            wishes=wishes,
            seconds=made.seconds,
            workers=machine.workers,
        )
        versions = Versions(opened.lake)
        versions.report(made.manifest.name, REPORT_JSON, as_json(made.manifest, run))
        versions.report(made.manifest.name, REPORT_HTML, page(made.manifest, run))
    _say(made)


def _opened(found: Around, opened: Stores, machine: Engine) -> tuple[OpeningReport, int]:
    day = day_of(found.clock.wall_ms())
    gone = fulfil_wishes(opened.database, opened.lake, opened.keys, day)
    for one in gone:
        rows = one.samples + one.rows_of_versions
        click.echo(f"wish {one.wish[:12]}: {rows} rows deleted", err=True)
    older = found.settings.curation.consents
    consents = {kind: {text_digest(which[0]), *older} for kind, which in LEAVES.items()}
    opening = Opening(
        opened.database,
        opened.objects,
        KeyRing(found.home).openers(),
        SampleTable(opened.lake),
        opened.keys,
        machine,
        day,
        consents,
    )
    report = opening.run()
    kept_days = found.settings.curation.envelopes_days
    old = let_go(opened.database, opened.objects, day, kept_days)
    if old:
        click.echo(f"{old} envelopes let go, opened more than {kept_days} days ago", err=True)
    click.echo(f"{report.bundles} bundles opened, {report.added} samples added", err=True)
    for why in Drop:
        if report.dropped[why]:
            click.echo(f"  {report.dropped[why]} not: {SENTENCES[why]}", err=True)
    return report, len(gone)


def _made(
    found: Around, opened: Stores, machine: Engine, deciding: Parameters, texts: Sequence[str]
) -> Made:
    making = Making(
        opened.lake, machine, opened.keys, found.clock, lambda step: click.echo(step, err=True)
    )
    return making.run(deciding, texts, day_of(found.clock.wall_ms()))


def _say(made: Made) -> None:
    manifest = made.manifest
    for why in Drop:
        if manifest.dropped.get(why):
            click.echo(f"  {manifest.dropped[why]} not taken: {SENTENCES[why]}", err=True)
    parts = ", ".join(f"{count} {part}" for part, count in manifest.parts.items())
    was = "" if made.is_new else ", as it was made before"
    click.echo(f"{manifest.arrived} samples: {parts}{was}", err=True)
    click.echo(manifest.name)


def _parameters(found: Around, given: Path | None, sets: Sequence[str]) -> Parameters:
    named = found.settings.curation.parameters
    path = given or (Path(named) if named else found.home.folder / _PARAMETERS_NAME)
    changes: dict[str, Any] = {}
    if given or named or path.exists():
        try:
            changes = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path} is no readable TOML file of parameters.") from error
    for each in sets:
        name, _, value = each.partition("=")
        if not value.lstrip("-").isdecimal():
            raise InputError("A parameter is set as NAME=NUMBER; lists stand in a file.")
        changes[name] = int(value)
    return changed(Parameters(), changes)
