"""The part of the composition root that puts the inspector's pages together.

Left out: how they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import EchoError
from echo_core.records.wire import ReleasesState
from echo_core.sharing.bundle.sending import Caps
from echo_daemon.archive import StoreArchive
from echo_daemon.departures import Departures
from echo_daemon.distilling.desk import Desk
from echo_daemon.hub import Hub
from echo_daemon.inspecting.leaving import FileRow
from echo_daemon.inspecting.models import ModelRow
from echo_daemon.inspecting.pages import Pages
from echo_daemon.inspecting.sources import Sources, Terms
from echo_daemon.models.shelf import ModelFile, Origin, Shelf
from echo_daemon.store.listing import StoreListing
from echo_daemon.store.options import StorePaths
from echo_daemon.store.recorder import Store
from echo_runtime.profile import Profile
from echo_runtime.settings import Settings

_ORIGINS: Final = {
    Origin.CATALOGUE: "Echo's catalogue, which names its digest",
    Origin.ADDED: "added by hand",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a daemon that pages tell of."""

    hub: Hub
    archive: StoreArchive
    store: Store
    departures: Departures
    judging: Desk
    shelf: Shelf
    releases: Callable[[], ReleasesState]
    clock: Clock


def pages(parts: Parts, profile: Profile, settings: Settings) -> Pages:
    """All pages of one daemon."""
    return Pages(
        Sources(
            records=StoreListing(parts.store),
            samples=parts.archive,
            judging=parts.judging,
            agreed=parts.departures.consenting,
            outgoing=parts.departures.outgoing,
            decide=parts.departures.leave.decide,
            daemon=parts.hub.daemon_status,
            problem=lambda: parts.archive.problem,
            models=lambda: model_rows(parts.shelf),
            releases=parts.releases,
            shelf=str(profile.models_dir),
            files=lambda: file_rows(profile),
            owed=lambda: parts.store.owes,
            terms=terms_of(settings),
            clock=parts.clock,
            zone=lambda: zone_at(parts.clock.wall_ms()),
        )
    )


def zone_at(at_ms: int) -> tzinfo:
    """How far this machine's clock is from UTC then."""
    local = datetime.fromtimestamp(at_ms / 1000).astimezone().tzinfo
    if local is None:
        raise TypeError("a time with a zone has one")
    return local


def terms_of(settings: Settings) -> Terms:
    """The settings that pages name."""
    sharing = settings.sharing
    return Terms(
        keep_days=settings.store.keep_days,
        keep_bytes=settings.store.keep_bytes,
        intake=sharing.intake.rstrip("/"),
        delay_hours=sharing.delay_hours,
        caps=Caps(sharing.samples_a_day, sharing.bytes_a_day),
    )


def model_rows(shelf: Shelf) -> Sequence[ModelRow]:
    """What lies on the shelf; of a choice that cannot be read, nothing is in use."""
    try:
        chosen = shelf.chosen()
    except EchoError:
        chosen = None
    return [_model(shelf, one, chosen) for one in shelf.installed()]


def _model(shelf: Shelf, one: ModelFile, chosen: ModelFile | None) -> ModelRow:
    entry = shelf.catalogue.by_sha256(one.sha256)
    source = ""
    if entry is not None and entry.hub is not None:
        source = f"{entry.hub.repository} at revision {entry.hub.revision}"
    return ModelRow(
        name=one.name,
        in_use=chosen is not None and chosen.name == one.name,
        bytes=one.bytes,
        sha256=one.sha256,
        architecture=one.architecture,
        family=one.family,
        origin=_ORIGINS[one.origin],
        licence=entry.licence if entry is not None else "",
        source=source,
        path=str(one.path),
    )


def file_rows(profile: Profile) -> Sequence[FileRow]:
    """Every file of the profile that is there, and whether erasing removes it."""
    return list(_files(profile))


def _files(profile: Profile) -> Iterator[FileRow]:
    paths = StorePaths(profile.data_dir)
    beside = [paths.database.with_name(paths.database.name + end) for end in ("-wal", "-shm")]
    for path, words in (
        (paths.database, "the store: all that was recorded, encrypted"),
        *((path, "what belongs to the store while it is open, encrypted") for path in beside),
        (paths.key, "the store's key, where no keyring keeps it"),
        (paths.owed, "what is still to be forgotten: times and names of folders"),
        (profile.data_dir / "gate.json", "what the confidence gate learned: numbers"),
    ):
        yield from _file(path, words)
    yield from _file(paths.consent, "your choices", "it proves what you agreed to and took back")
    yield from _file(profile.config_file, "your settings", "nothing is recorded in it")
    for path in sorted(profile.state_dir.glob("*.log*")):
        yield from _file(path, "a log: names of events and numbers", "nothing is recorded in it")


def _file(path: Path, words: str, stays_why: str = "") -> Iterator[FileRow]:
    try:
        size = path.stat().st_size
    except OSError:
        return
    yield FileRow(str(path), words, size, not stays_why, stays_why)
