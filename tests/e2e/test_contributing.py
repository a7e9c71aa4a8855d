"""From a daemon's outbox through a real intake to what curation opens, and back by a wish."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from echo_core.sharing.bundle.contents import Bundle
from echo_core.sharing.bundle.fields import read
from echo_core.sharing.consent import Switch
from echo_core.sharing.outbox import ItemState, ParcelState
from echo_testing.bureau import DAY_MS, MONDAY_MS, TARGET, Bureau
from echo_testing.receiver import Receiver
from echo_testing.trainer_house import NOW_MS, TrainerHouse
from echo_testing.waiting import until
from echo_trainer.keys.opening import open_envelope
from echo_trainer.objects.folder import FolderObjects
from echo_trainer.tables import queue
from echo_trainer.tables.database import Database


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TrainerHouse]:
    made = TrainerHouse.built(tmp_path / "trainer")
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def bureau(tmp_path: Path, house: TrainerHouse) -> AsyncIterator[Bureau]:
    """A machine that shares, today, with nobody's token."""
    made = Bureau(tmp_path / "machine", Receiver())
    made.clock.pass_ms(NOW_MS - MONDAY_MS)
    made.begin(intake=house.url, root_key=house.ring.root, delay_ms=0)
    await made.open()
    yield made
    await made.close()


def opened(house: TrainerHouse) -> list[Bundle]:
    """Everything that is stored, as curation finds it."""
    objects = FolderObjects(house.home.objects_folder)
    rows = Database("", house.home.tables_file)
    found = []
    with rows.read() as connection:
        for waiting in queue.waiting(connection, 100):
            content = objects.get(waiting.digest)
            assert content is not None
            found.append(read(Bundle, open_envelope(content, house.ring.openers())[1]))
    rows.close()
    return found


async def test_what_a_machine_contributes_arrives_and_is_taken_back(
    bureau: Bureau, house: TrainerHouse
) -> None:
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("r1")
    await bureau.office.round()

    # Without the team's token nothing is taken, and what waits goes on waiting.
    assert opened(house) == []
    assert "sharing.token" in bureau.office.problem
    assert len(await bureau.outbox.parcels(ParcelState.SEALED)) == 1

    bureau.token = house.run("tokens", "create").strip()
    await until(lambda: house.admits(bureau.token))
    bureau.begin()
    await bureau.rounds(DAY_MS)
    (bundle,) = opened(house)
    assert [each.target for each in bundle.samples] == [TARGET]
    (sent,) = await bureau.outbox.parcels(ParcelState.SENT)
    assert sent.receipt
    assert (await bureau.outbox.items(ItemState.SENT))[0].request == "r1"

    await bureau.choose(Switch.CONTRIBUTE, on=False)
    await bureau.rounds(DAY_MS)
    assert opened(house) == []
    assert list(FolderObjects(house.home.objects_folder).names()) == []
    wishes = await bureau.outbox.wishes()
    assert wishes
    assert all(each.done_ms and each.receipt for each in wishes)
    for path in house.home.folder.rglob("*"):
        if path.is_file():
            assert TARGET.encode() not in path.read_bytes()
