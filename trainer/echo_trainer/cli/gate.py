"""`echo-trainer gate`: may these weights be released?

Rules
 - Ends with 0 where they may, with 1 where they are refused; the reasons are standard output.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from echo_core.release.metadata import Kind
from echo_runtime.profile import Profile
from echo_trainer.cli.around import around, settings_with
from echo_trainer.cli.stores import lake_of, row_keys
from echo_trainer.gate.gating import REPORT_HTML, Gating
from echo_trainer.gate.gating import gate as run_gate
from echo_trainer.lake.versions import Versions
from echo_trainer.runs.bases import check_base, find_base
from echo_trainer.runs.folders import Runs

_REFUSED: Final = 1
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command
@click.argument("run")
@click.option(
    "--form",
    type=click.Choice([each.value for each in Kind]),
    default=Kind.ADAPTER.value,
    show_default=True,
    help="Which of the files that `export` wrote.",
)
@click.option(
    "--base-file", type=_FILE, help="Where the base's GGUF file lies; else on the shelf of models."
)
@click.option("--infilling", type=_FILE, help="A file of HumanEval-Infilling, to be asked too.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="NAME=VALUE",
    help="One setting of [gate] for this time; may be given often.",
)
@click.pass_context
def gate(
    context: click.Context,
    *,
    run: str,
    form: str,
    base_file: Path | None,
    infilling: Path | None,
    sets: tuple[str, ...],
) -> None:
    """Judge what RUN would ship against its base, through the engine that serves.

    Ends with 0 where it may be released and with 1 where it is refused. A gate that was cut off
    goes on where it was.
    """
    found = around(context)
    folder, kind = Runs.of(found.home).named(run), Kind(form)
    wanted = folder.read_shipped(kind).base
    base = find_base(wanted.name, base_file, Profile.locate(found.environ).models_dir)
    check_base(base, wanted)
    verdict = run_gate(
        Gating(
            run=folder,
            kind=kind,
            base=base.path,
            versions=Versions(lake_of(found)),
            keys=row_keys(found),
            limits=settings_with(found, "gate", sets).gate,
            infilling=infilling,
            clock=found.clock,
            say=lambda line: click.echo(line, err=True),
        )
    )
    for note in verdict.notes:
        click.echo(f"note: {note}")
    for reason in verdict.reasons:
        click.echo(f"refused: {reason}")
    click.echo(folder.gate(kind) / REPORT_HTML, err=True)
    click.echo(f"{run} {form}: {'passed' if verdict.passed else 'refused'}")
    if not verdict.passed:
        context.exit(_REFUSED)
