"""A console over a real trainer's home, on a real port, with time wound by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from echo_core.errors import TrainerError
from echo_pages.house import House
from echo_runtime.logs import Log
from echo_testing.release_house import Publisher
from echo_testing.wound_clock import WoundClock
from echo_trainer.console import deeds
from echo_trainer.console.pages import ConsolePages
from echo_trainer.console.parts import Parts, Signing
from echo_trainer.home import Home
from echo_trainer.lake.places import Lake
from echo_trainer.runs.folders import Runs
from echo_trainer.tables import tokens
from echo_trainer.tables.database import Database


class ConsoleRoom:
    """One console, a database with a token, and whoever holds the release keys."""

    name = "console"
    paths = (
        "/",
        "/contributions",
        "/datasets",
        "/runs",
        "/releases",
        "/channels",
        "/tokens",
        "/experiments",
    )
    deeds = ("/do/revoke", "/do/promote", "/plan/block")

    def __init__(self, folder: Path, tables: str = "", *, signs: bool = True) -> None:
        """`tables`: a database's URL; else SQLite in the home. `signs`: it has the passphrases."""
        self.home = home = Home(folder / "home")
        home.prepare(home.logs)
        self.clock = WoundClock()
        self.publisher = publisher = Publisher(folder)
        self.database = Database(tables, home.tables_file)
        self.database.upgrade()
        self.parts = Parts(
            home=home,
            lake=lambda: Lake.at("", home.data / "lake", {}),
            open_database=lambda: self.database,
            runs=Runs.of(home),
            signing=Signing(
                look=lambda: publisher.repository().dry(),
                change=publisher.repository if signs else None,
                holds=publisher.vault.holds,
            ),
            clock=self.clock,
            is_open=False,
        )
        log = Log(home.logs, "console", self.clock)
        pages = ConsolePages(self.parts)
        self.house = House("console", lambda: pages, self.clock, log, TrainerError)
        with self.database.begin() as connection:
            self.token, _ = tokens.create(connection, "a team", "2026-11-22", "")

    @property
    def form(self) -> tuple[str, Mapping[str, str]]:
        """The token is revoked, as it was shown."""
        shown = deeds.plan(self.parts, "revoke", {"token": self.token}).digest
        return "/do/revoke", {"token": self.token, "shown": shown}

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self.house.is_open

    async def link(self) -> str:
        """A new link."""
        return (await self.house.link()).url

    def done(self) -> int:
        """How many tokens were revoked."""
        with self.database.read() as connection:
            return sum(bool(one.revoked) for one in tokens.listed(connection))

    def logged(self) -> str:
        """All that was logged."""
        path = self.home.logs / "console.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def close(self) -> None:
        """Everything, in order."""
        await self.house.close()
        self.parts.close()
