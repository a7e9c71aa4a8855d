"""`echo-trainer mend`: after a backup came back (docs/operations.md)."""

from __future__ import annotations

from pathlib import Path

import click

from echo_core.errors import InputError
from echo_trainer.cli.around import around, open_database
from echo_trainer.intake.mending import Mended, Mending
from echo_trainer.keys.signatures import ReceiptSigner
from echo_trainer.objects.places import open_objects


@click.command
@click.option(
    "--wishes",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A file that `echo-trainer wishes` wrote after the backup was made.",
)
@click.option(
    "--lake-lost",
    is_flag=True,
    help="The lake or keys/private/rows.db did not come back: open again what is still kept.",
)
@click.pass_context
def mend(context: click.Context, *, files: tuple[Path, ...], lake_lost: bool) -> None:
    """Make whole what came back from a backup: wishes, envelopes, rows.

    Wishes to delete are done again, those of the tables and those of a newer file; `echo-trainer
    curate` then fulfils them in the lake. Envelopes that no row names are taken in again. Mend
    before `echo-trainer serve` runs again.
    """
    found = around(context)
    wishes = [wish for path in files for wish in _read(path)]
    storage = found.settings.storage
    with open_database(found) as database:
        mending = Mending(
            database,
            open_objects(storage.objects, found.home.objects_folder, found.environ),
            ReceiptSigner.load(found.home.receipt_key),
            found.clock.wall_ms,
        )
        _say(mending.run(wishes, lake_lost=lake_lost))


def _read(path: Path) -> list[bytes]:
    try:
        return [bytes.fromhex(line) for line in path.read_text(encoding="ascii").split()]
    except ValueError as error:
        raise InputError(
            f"{path} is no file of wishes: it is written by `echo-trainer wishes`."
        ) from error


def _say(mended: Mended) -> None:
    for count, what in (
        (mended.wishes, "wishes done again"),
        (mended.adopted, "envelopes taken in again that no row named"),
        (mended.erased, "envelopes erased whose pseudonym asked for it"),
        (mended.harmed, "files left alone that are no unharmed envelopes"),
        (mended.reopened, "bundles that curation opens once more"),
        (mended.missing, "bundles that wait for curation and have no envelope"),
    ):
        click.echo(f"{count} {what}")
