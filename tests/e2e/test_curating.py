"""From sealed bundles through a real intake to a dataset version, and back by a wish to nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from echo_core.sharing.bundle.contents import Bundle, CheckNote, day_of
from echo_core.sharing.bundle.making import SAFETY
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_testing.contributions import BUNDLE, SAMPLE
from echo_testing.trainer_house import (
    NOW_MS,
    Contributor,
    TrainerHouse,
    forget,
    serving,
    upload,
)
from echo_testing.waiting import LONG_S
from echo_trainer.curation.split import Part
from echo_trainer.lake.places import Lake
from echo_trainer.lake.shredding import RowKeys
from echo_trainer.lake.versions import Versions

CANARY = "quuxfrobnicator"
_CHECKED = tuple(CheckNote(name, 1, "passed", "") for name in sorted(SAFETY))
_DAY_MS = 86_400_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TrainerHouse]:
    with serving(
        tmp_path / "trainer",
        intake_open="true",
        curation_workers="1",
    ) as made:
        yield made


def bundle_of(who: Contributor, word: str, count: int = 20) -> Bundle:
    """Samples in which a word stands, in the target and around it."""
    samples = tuple(
        replace(
            SAMPLE,
            id=f"{at:032x}",
            day=day_of(NOW_MS - (at % 9) * _DAY_MS),
            prefix=f"def {word}_{at}(row_{at * 7}):\n    total_{at} = ",
            target=f"{word}(row_{at * 7}, {at}) + {at * at}",
            suffix=f"\n    keep_{at * 3}(total_{at})\n",
            checks=_CHECKED,
        )
        for at in range(count)
    )
    return replace(
        BUNDLE,
        week=who.week,
        contributor=who.pseudonym.public,
        consent=text_digest(Switch.CONTRIBUTE),
        samples=samples,
    )


def curate(house: TrainerHouse) -> str:
    """The name of the version that was made."""
    parameters = ("contributors_min=1", "heldout_persons=0")
    sets = [part for each in parameters for part in ("--set", each)]
    return house.run("curate", *sets).strip()


def versions(house: TrainerHouse) -> Versions:
    return Versions(Lake.at("", house.home.data / "lake", {}))


def test_what_arrives_becomes_a_version_and_what_is_taken_back_is_nowhere(
    house: TrainerHouse, tmp_path: Path
) -> None:
    ada, bob = Contributor(house, bytes([1]) * 32), Contributor(house, bytes([2]) * 32)
    needle = tmp_path / "needle.txt"
    needle.write_text(CANARY, encoding="utf-8")
    with httpx.Client(timeout=LONG_S) as client:
        for who, word in ((ada, CANARY), (bob, "compute")):
            made = who.envelope(bundle_of(who, word))
            assert upload(client, house.url, made).status_code == 201
        stranger = Contributor(house, bytes([3]) * 32)
        other_text = replace(bundle_of(stranger, "other"), consent="00" * 32)
        assert upload(client, house.url, stranger.envelope(other_text)).status_code == 201

        name = curate(house)
        manifest = versions(house).manifest(name)
        assert manifest.arrived == 40
        keys = RowKeys(house.home.private_keys / "rows.db")
        targets = [row.texts.target for row in versions(house).rows(name, Part.TRAIN, keys)]
        assert any(CANARY in target for target in targets)
        assert len(targets) == manifest.parts["train"] > 20
        report = json.loads(house.run("datasets", "show", name, "--report"))
        assert report["opened"] == {"bundles": 3, "added": 40, "dropped": {"consent": 1}}
        page = tmp_path / "page.html"
        house.run("datasets", "show", name, "--page", str(page))
        assert "<svg" in page.read_text(encoding="utf-8")
        assert name in house.run("datasets", "list")
        assert curate(house) == name
        assert holds(house.home.folder, CANARY) == []
        assert "text" in house.run("audit", "--text-file", str(needle), code=1)

        wish = ada.wish()
        assert forget(client, house.url, wish).status_code == 202
        assert "pseudonym" in house.run("audit", code=1)
        after = curate(house)
        assert after != name
        receipt = forget(client, house.url, wish)
        assert receipt.status_code == 200
        assert receipt.json()["said"] == "deleted"

    said = house.run("audit", "--text-file", str(needle))
    assert "lake" in said
    left = [row.texts.target for row in versions(house).rows(name, Part.TRAIN, keys)]
    assert left
    assert not any(CANARY in target for target in left)
    assert versions(house).manifest(name).shortened[0].rows == 20
    assert ada.pseudonym.public not in keys.everyone()


def holds(folder: Path, text: str) -> list[Path]:
    """Files in which a text stands."""
    return [
        path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    ]
