"""`echo-trainer serve`: chooses the parts of intake, puts them together, and runs them."""

from __future__ import annotations

import click

from echo_core.errors import TrainerError
from echo_runtime.logs import Log, silence_foreign
from echo_trainer.api.app import Around as AppAround
from echo_trainer.api.app import intake_app
from echo_trainer.api.gauges import Gauges
from echo_trainer.api.minding import Minder
from echo_trainer.api.server import listen, server_of
from echo_trainer.api.server import serve as run
from echo_trainer.cli.around import Around, around, open_database
from echo_trainer.intake.desk import IntakeDesk
from echo_trainer.intake.parts import Parts
from echo_trainer.keys.signatures import ReceiptSigner
from echo_trainer.objects.places import open_objects
from echo_trainer.tables.database import Database


@click.command
@click.pass_context
def serve(context: click.Context) -> None:
    """Take in what is contributed, until told to stop.

    It needs keys (`echo-trainer keys create`) and, unless `intake.open` is set, tokens
    (`echo-trainer tokens create`). It cannot read what it takes in.
    """
    found = around(context)
    silence_foreign()
    found.home.prepare(found.home.logs)
    with open_database(found) as database:
        _serve(found, database)


def _serve(found: Around, database: Database) -> None:
    home, settings, clock = found.home, found.settings.intake, found.clock
    if not home.key_list.exists():
        raise TrainerError("There are no keys to seal for: run `echo-trainer keys create`.")
    log = Log(home.logs, "intake", clock)
    desk = IntakeDesk(
        database=database,
        objects=open_objects(found.settings.storage.objects, home.objects_folder, found.environ),
        signer=ReceiptSigner.load(home.receipt_key),
        parts=Parts(home.data / "parts", clock.wall_ms),
        key_list=home.key_list,
        settings=settings,
        clock=clock,
    )
    gauges = Gauges()
    minder = Minder(desk, gauges, clock, log)
    server = server_of(intake_app(AppAround(desk, settings, clock, log, minder, gauges)), settings)
    listening = listen(settings)
    scheme = "https" if settings.tls_certificate else "http"
    port = listening.getsockname()[1]
    click.echo(f"listening on {scheme}://{settings.host}:{port}{settings.prefix}")
    run(server, listening)
