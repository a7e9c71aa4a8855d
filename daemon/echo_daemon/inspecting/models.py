"""The shelf: models that are here, the one in use, and where each came from."""

from __future__ import annotations

from dataclasses import dataclass

from echo_core.records.wire import ReleasesState


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model that lies here."""

    name: str
    in_use: bool
    bytes: int
    sha256: str
    architecture: str
    family: str  # of prompts; empty: unknown
    origin: str  # the catalogue, or added by hand, in words
    licence: str  # SPDX; empty: not known
    source: str  # where its bytes come from, in words
    path: str


@dataclass(frozen=True, slots=True)
class EngineRow:
    """The engine, as far as it runs."""

    state: str
    sentence: str  # of the state, or what is not as it should be
    model: str
    pid: int
    restarts: int


@dataclass(frozen=True, slots=True)
class ModelsPage:
    """All of it."""

    rows: tuple[ModelRow, ...]
    engine: EngineRow
    shelf: str  # the folder
    bytes: int
    releases: ReleasesState  # the one in use, its channel, and why others are not
