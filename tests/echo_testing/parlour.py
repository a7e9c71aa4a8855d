"""An inspector over a real hub, store and outbox, on a real port, with time wound by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from echo_core.records.wire import ReleasesState
from echo_daemon.departures import Departures
from echo_daemon.distilling.api import Conditions
from echo_daemon.distilling.desk import Desk
from echo_daemon.distilling.distiller import Distiller
from echo_daemon.distilling.pipeline import Pipeline
from echo_daemon.inspector.inspector import Inspector
from echo_daemon.inspector.services import Services
from echo_daemon.models.shelf import Shelf
from echo_daemon.viewing import Parts, pages
from echo_engine.catalogue import load_catalogue
from echo_runtime.logs import Log
from echo_runtime.profile import Profile
from echo_runtime.settings import Settings
from echo_testing.judging import ScriptedExaminer, ScriptedTeacher, a_table
from echo_testing.lodge import Lodge


class Parlour:
    """One inspector, and the lodge that it looks into."""

    name = "inspector"
    paths = ("/", "/samples", "/outbox", "/consent", "/export/mine")
    deeds = ("/consent/switch", "/data/erase", "/outbox/drop")
    form: tuple[str, Mapping[str, str]] = ("/consent/switch", {"switch": "record", "on": "no"})

    def __init__(self, folder: Path) -> None:
        self.lodge = lodge = Lodge(folder)
        self.profile = Profile.locate({"ECHO_HOME": str(folder / "home")})
        self.profile.prepare()
        settings = Settings()
        departures = Departures(
            lodge.store, lodge.clock, settings.sharing, lodge.hub.choose, self.profile
        )
        table = a_table()
        examiner, teacher = ScriptedExaminer(table), ScriptedTeacher()
        distiller = Distiller(
            lodge.archive,
            examiner,
            Pipeline(table, examiner, teacher.choose, teacher.asking),
            Conditions(lambda: 0.0, lambda: False, lambda: True),
            lodge.clock,
        )
        shelf = Shelf(self.profile.models_dir, self.profile.choice_path, load_catalogue())
        parts = Parts(
            hub=lodge.hub,
            archive=lodge.archive,
            store=lodge.store,
            departures=departures,
            judging=Desk(table, lodge.archive, distiller),
            shelf=shelf,
            releases=lambda: ReleasesState("", "stable", ""),
            clock=lodge.clock,
        )
        services = Services(
            inspecting=pages(parts, self.profile, settings),
            hub=lodge.hub,
            consenting=departures.consenting,
            outgoing=departures.outgoing,
            erase=lambda: departures.erase(lodge.hub.erase),
        )
        self.consenting = departures.consenting
        self.clock = lodge.clock
        self.log = Log(self.profile.state_dir, "daemon", lodge.clock)
        self.inspector = Inspector(services, lodge.clock, self.log)

    def logged(self) -> str:
        """All that was logged."""
        path = self.profile.state_dir / "daemon.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self.inspector.is_open

    async def link(self) -> str:
        """A new link."""
        return (await self.inspector.link()).url

    def done(self) -> int:
        """How many choices were made."""
        return len(self.consenting.history().rows)

    async def close(self) -> None:
        """Everything, in order."""
        await self.inspector.close()
        await self.lodge.hub.close()
