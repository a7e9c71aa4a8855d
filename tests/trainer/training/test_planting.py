"""Canaries stand among the samples that are learned from, as often as a run says."""

from __future__ import annotations

from pathlib import Path

from echo_testing.lake_room import PEOPLE, Room, contribution
from echo_trainer.curation.split import Part
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Row, Versions
from echo_trainer.runs.canaries import canary, planted
from echo_trainer.settings.training import TrainingSettings, deciding
from echo_trainer.training.examples import Example
from echo_trainer.training.gathering import gather


def test_canaries_are_learned_from_like_samples(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.add([Opened(PEOPLE[at % 8], "2026-W47", contribution(at)) for at in range(12)])
    manifest = room.make()
    settings = TrainingSettings(seed=3, canaries=2, canary_repeats=2)
    targets: list[str] = []

    def make(row: Row) -> Example:
        targets.append(row.texts.target)
        return Example((1, 2), (False, True))

    found = gather(
        Versions(room.lake),
        manifest.name,
        room.keys,
        make,
        0,
        planting=planted(deciding(settings)),
    )
    one, other = canary(3, 0).target, canary(3, 1).target
    assert targets[-4:] == [one, one, other, other]
    assert found.counts["canaries"] == 4
    assert len(found.parts[Part.TRAIN]) == manifest.parts["train"] + 4
    assert planted(deciding(TrainingSettings())) is None
