"""Dataset versions: what they hold, what was not taken, and how the mixture changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from echo_core.errors import InputError
from echo_trainer.console.parts import Page, Parts, page_of
from echo_trainer.curation.drops import SENTENCES, Drop
from echo_trainer.curation.manifest import Manifest
from echo_trainer.curation.split import Part
from echo_trainer.lake.versions import REPORT_HTML, Versions


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One in the list; `problem`: why it cannot be read."""

    name: str
    manifest: Manifest | None
    problem: str = ""

    @property
    def train(self) -> int:
        """Samples that a model learns from."""
        return self.manifest.parts.get(Part.TRAIN, 0) if self.manifest else 0

    @property
    def held_out(self) -> int:
        """Samples that it is judged by."""
        return sum(self.manifest.parts.values()) - self.train if self.manifest else 0

    @property
    def deleted(self) -> int:
        """Rows that went because somebody asked for it."""
        return sum(one.rows for one in self.manifest.shortened) if self.manifest else 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """Samples that were not taken, for one reason."""

    sentence: str
    samples: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version's page."""

    row: VersionRow
    manifest: Manifest
    dropped: Sequence[Dropped]
    has_report: bool


def versions(parts: Parts, after: int) -> Page[VersionRow]:
    """The newest first. Raises TrainerError where the lake cannot be read."""
    lake = Versions(parts.lake())
    page = page_of(lake.newest(), after)
    return Page(tuple(_row(lake, name) for name in page.rows), page.total, page.after)


def version(parts: Parts, name: str) -> Version:
    """One version.

    Raises:
        InputError: there is none of that name, or its manifest is broken.
        TrainerError: the lake cannot be read.
    """
    lake = Versions(parts.lake())
    manifest = lake.manifest(name)
    counted = sorted(manifest.dropped.items(), key=lambda each: -each[1])
    return Version(
        VersionRow(name, manifest),
        manifest,
        [Dropped(_sentence(why), count) for why, count in counted if count],
        lake.read_report(name, REPORT_HTML) is not None,
    )


def report(parts: Parts, name: str) -> bytes:
    """The page that the run of curation left. Raises InputError: there is none."""
    lake = Versions(parts.lake())
    lake.manifest(name)
    found = lake.read_report(name, REPORT_HTML)
    if found is None:
        raise InputError("There is no report: the run was cut off; `echo-trainer curate` makes it.")
    return found


def _row(lake: Versions, name: str) -> VersionRow:
    try:
        return VersionRow(name, lake.manifest(name))
    except InputError as error:
        return VersionRow(name, None, str(error))


def _sentence(why: str) -> str:
    return SENTENCES[Drop(why)] if why in set(Drop) else why
