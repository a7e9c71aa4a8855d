"""`echo-trainer export`: what a run learned, as the files that clients load.

Rules
 - Steps are told on standard error; the files are the lines of standard output.
"""

from __future__ import annotations

from pathlib import Path

import click

from echo_core.release.metadata import Kind
from echo_runtime.profile import Profile
from echo_trainer.cli.around import around
from echo_trainer.export.exporting import Export
from echo_trainer.runs.bases import find_base
from echo_trainer.runs.folders import Runs
from echo_trainer.runs.records import Shipped


@click.command
@click.argument("run")
@click.option(
    "--form",
    "forms",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind]),
    help="An adapter over the base, or a merged model; may be given twice. Else both.",
)
@click.option(
    "--base-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the base's GGUF file lies; else on the shelf of models.",
)
@click.option("--again", is_flag=True, help="Make also what is there already.")
@click.pass_context
def export(
    context: click.Context, *, run: str, forms: tuple[str, ...], base_file: Path | None, again: bool
) -> None:
    """Make the files of RUN that clients would get, and check that they say what it learned."""
    found = around(context)
    folder = Runs.of(found.home).named(run)
    base = find_base(
        folder.read_run().base.name, base_file, Profile.locate(found.environ).models_dir
    )
    work = Export(folder, base, found.clock, lambda line: click.echo(line, err=True), again)
    made = work.run([kind for kind in Kind if not forms or kind.value in forms])
    for kind, shipped in made.items():
        _tell(shipped)
        click.echo(str(folder.shipped(kind)))


def _tell(shipped: Shipped) -> None:
    figures = shipped.figures
    speed, base_speed = figures["tokens_per_s"], figures["base_tokens_per_s"]
    lines = [
        f"{shipped.kind.value}: {shipped.bytes / 1e6:.1f} MB, {shipped.sha256[:12]}",
        f"  writes {speed:.1f} tokens/s, the base {base_speed:.1f}",
        f"  logits off by {100 * figures['logits_error']:.2f}% of what the adapter changes",
        f"  {100 * figures['effect_kept']:.0f}% of that change is left as it is served",
    ]
    click.echo("\n".join(lines), err=True)
