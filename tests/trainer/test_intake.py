"""Intake as a real process: what it takes, what it refuses, what it deletes, what it survives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from echo_core.sharing.bundle.envelope import opened
from echo_core.sharing.bundle.protocol import Refusal
from echo_testing.contributions import BUNDLE, sample
from echo_testing.trainer_house import (
    Contributor,
    TrainerHouse,
    forget,
    name_of,
    serving,
    upload,
)
from echo_testing.waiting import LONG_S
from echo_trainer.keys.opening import open_envelope
from echo_trainer.keys.signatures import receipt_of
from echo_trainer.objects.folder import FolderObjects
from echo_trainer.tables import queue
from echo_trainer.tables.database import Database
from echo_trainer.tables.schema import BundleState

CANARY = "canary_q7x"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainerHouse]:
    with serving(
        tmp_path_factory.mktemp("house"),
        intake_open="true",
        intake_bundles_a_day="20",
        intake_requests_a_minute="100000",
    ) as made:
        yield made


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=LONG_S) as made:
        yield made


def refused(answer: httpx.Response) -> str:
    found = str(answer.json()["refused"])
    assert answer.status_code == Refusal(found).status
    return found


def stored(house: TrainerHouse) -> set[str]:
    return set(FolderObjects(house.home.objects_folder).names())


def test_a_bundle_is_stored_once_and_confirmed(house: TrainerHouse, client: httpx.Client) -> None:
    content = Contributor(house).envelope()
    first = upload(client, house.url, content)
    again = upload(client, house.url, content)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    receipt = receipt_of(first.content, house.ring.listed().receipts)
    assert (receipt.said, receipt.of) == ("stored", name_of(content))
    head = client.head(f"{house.url}/v1/bundles/{name_of(content)}")
    assert head.headers["Upload-Offset"] == str(len(content))
    found = FolderObjects(house.home.objects_folder).get(name_of(content))
    assert found == content
    assert open_envelope(found, house.ring.openers())[1]


def test_an_upload_goes_on_where_it_was_cut(house: TrainerHouse, client: httpx.Client) -> None:
    content = Contributor(house, b"c" * 32).envelope()
    url = f"{house.url}/v1/bundles/{name_of(content)}"
    length = {"Upload-Length": str(len(content))}
    part = client.patch(url, content=content[:1000], headers=length | {"Upload-Offset": "0"})
    assert (part.status_code, part.headers["Upload-Offset"]) == (202, "1000")
    assert client.head(url).headers["Upload-Offset"] == "1000"
    wrong = client.patch(url, content=content[999:], headers=length | {"Upload-Offset": "999"})
    assert refused(wrong) == Refusal.OFFSET
    rest = client.patch(url, content=content[1000:], headers=length | {"Upload-Offset": "1000"})
    assert rest.status_code == 201
    nothing = client.patch(url, content=b"", headers=length | {"Upload-Offset": str(len(content))})
    assert (nothing.status_code, nothing.content) == (200, rest.content)


def changed(content: bytes, at: int) -> bytes:
    at %= len(content)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_what_is_no_bundle_of_ours_is_refused(house: TrainerHouse, client: httpx.Client) -> None:
    ours = Contributor(house, b"r" * 32)
    good = ours.envelope()
    named = {"Upload-Offset": "0", "Upload-Length": str(len(good))}
    other = client.patch(f"{house.url}/v1/bundles/{'0' * 64}", content=good, headers=named)
    assert refused(other) == Refusal.WRONG_DIGEST
    cases = {
        changed(good, -1): Refusal.BAD_SIGNATURE,
        changed(good, 2000): Refusal.BAD_SIGNATURE,
        changed(good, 0): Refusal.NO_ENVELOPE,
        good[:500]: Refusal.BAD_SIGNATURE,
        good[:100]: Refusal.NO_ENVELOPE,
        b"\x1f\x8b" * 50_000: Refusal.NO_ENVELOPE,
        replace(ours, week="2019-W01").envelope(): Refusal.WRONG_WEEK,
        replace(ours, week="2199-W01").envelope(): Refusal.WRONG_WEEK,
        replace(ours, week="2026-W99").envelope(): Refusal.WRONG_WEEK,
    }
    before = stored(house)
    for content, reason in cases.items():
        assert refused(upload(client, house.url, content)) == reason
        assert client.head(f"{house.url}/v1/bundles/{name_of(content)}").status_code == 404
    assert stored(house) == before


def test_a_bundle_for_another_trainer_is_refused(
    house: TrainerHouse, client: httpx.Client, tmp_path: Path
) -> None:
    content = Contributor(TrainerHouse.built(tmp_path / "other")).envelope()
    header = opened(content).header
    house_keys = {key.id for key in house.ring.listed().keys}
    if header.key in house_keys:  # both were made today: the names are the same, the keys are not
        assert upload(client, house.url, content).status_code == 201
        return
    assert refused(upload(client, house.url, content)) == Refusal.UNKNOWN_KEY


def test_a_cap_holds_for_a_pseudonym_and_no_other(
    house: TrainerHouse, client: httpx.Client
) -> None:
    greedy = Contributor(house, b"g" * 32)
    said = [upload(client, house.url, greedy.envelope()) for _ in range(21)]
    assert [each.status_code for each in said] == [201] * 20 + [429]
    assert (refused(said[-1]), said[-1].headers["Retry-After"]) == (Refusal.CAP, "3600")
    assert upload(client, house.url, Contributor(house, b"h" * 32).envelope()).status_code == 201


def test_a_wish_deletes_everything_and_nothing_comes_back(
    house: TrainerHouse, client: httpx.Client
) -> None:
    gone, stays = Contributor(house, b"d" * 32), Contributor(house, b"e" * 32)
    theirs = [gone.envelope() for _ in range(3)]
    others = stays.envelope()
    for content in (*theirs, others):
        assert upload(client, house.url, content).status_code == 201
    thief = changed(gone.wish(), -1)
    assert refused(forget(client, house.url, thief)) == Refusal.BAD_SIGNATURE
    assert {name_of(each) for each in theirs} <= stored(house)

    answer = forget(client, house.url, gone.wish())
    receipt = receipt_of(answer.content, house.ring.listed().receipts)
    assert (receipt.said, receipt.of) == ("deleted", name_of(gone.wish()))
    assert forget(client, house.url, gone.wish()).content == answer.content
    assert stored(house).isdisjoint(map(name_of, theirs))
    assert name_of(others) in stored(house)
    assert client.head(f"{house.url}/v1/bundles/{name_of(theirs[0])}").status_code == 404
    for content in (theirs[0], gone.envelope()):  # a replay, and something new
        assert refused(upload(client, house.url, content)) == Refusal.DELETED


def test_a_wish_waits_for_curation(house: TrainerHouse, client: httpx.Client) -> None:
    ours = Contributor(house, b"w" * 32)
    content = ours.envelope()
    upload(client, house.url, content)
    rows = Database("", house.home.tables_file)
    with rows.begin() as connection:
        assert queue.take(connection, [name_of(content)]) == [name_of(content)]
        queue.finish(connection, [name_of(content)], BundleState.CURATED, "2026-11-22")
    assert forget(client, house.url, ours.wish()).status_code == 202
    assert name_of(content) not in stored(house)
    with rows.begin() as connection:
        (still,) = queue.open_deletions(connection)
        assert still.contributor == ours.pseudonym.public
        queue.deleted(connection, still.id)
    assert forget(client, house.url, ours.wish()).json()["said"] == "deleted"
    rows.close()


def test_nothing_of_anybody_is_in_logs_or_metrics(
    house: TrainerHouse, client: httpx.Client
) -> None:
    ours = Contributor(house, b"l" * 32)
    bundle = replace(BUNDLE, samples=(sample(1, target=CANARY),))
    content = ours.envelope(bundle)
    assert upload(client, house.url, content).status_code == 201
    spoken = house.log() + httpx.get(f"{house.url}/metrics", timeout=LONG_S).text
    for word in (CANARY, ours.pseudonym.public, name_of(content), "127.0.0.1"):
        assert word not in spoken
    for path in house.home.folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()


def test_the_process_holds_no_key_that_opens(tmp_path: Path) -> None:
    """It runs where those keys are not, and has not even the code to use one."""
    house = TrainerHouse.built(tmp_path, intake_open="true")
    aside = tmp_path.with_name("elsewhere")
    house.home.private_keys.rename(aside)
    house.start()
    try:
        with httpx.Client(timeout=LONG_S) as client:
            assert upload(client, house.url, Contributor(house).envelope()).status_code == 201
        assert house.process is not None
        maps = Path(f"/proc/{house.process.pid}/maps")
        if maps.exists():
            assert str(aside) not in maps.read_text()
    finally:
        house.stop()
    loaded = house.run("settings")  # the same program, as a control that the home is used
    assert "intake.open = true" in loaded


def test_a_team_admits_those_with_its_token(tmp_path: Path, client: httpx.Client) -> None:
    house = TrainerHouse.built(tmp_path)
    token = house.run("tokens", "create", "--label", "team a").strip()
    house.start()
    try:
        ours = Contributor(house)
        content = ours.envelope()
        assert refused(upload(client, house.url, content)) == Refusal.NO_TOKEN
        assert refused(upload(client, house.url, content, token="x" * 48)) == Refusal.NO_TOKEN
        assert client.head(f"{house.url}/v1/bundles/{'0' * 64}").status_code == 401
        assert upload(client, house.url, content, token=token).status_code == 201
        assert client.get(f"{house.url}/v1/keys").status_code == 200
        assert forget(client, house.url, ours.wish()).status_code == 200
    finally:
        house.stop()
    tables = house.home.tables_file.read_bytes()
    assert token.encode() not in tables
    identity = house.run("tokens", "list").partition(":")[0]
    house.run("tokens", "revoke", identity)
    assert "revoked" in house.run("tokens", "list")
    house.run("tokens", "revoke", identity, code=2)
    house.start()
    assert refused(upload(client, house.url, content, token=token)) == Refusal.NO_TOKEN
    house.stop()


def test_what_was_confirmed_survives_a_kill(tmp_path: Path, client: httpx.Client) -> None:
    house = TrainerHouse.built(tmp_path, intake_open="true")
    house.start()
    ours = Contributor(house)
    contents = [ours.envelope() for _ in range(5)]
    receipts = [upload(client, house.url, each).content for each in contents]
    (tmp_path / "data" / "parts" / name_of(b"x")).write_bytes(b"half of something")
    house.kill()
    house.start()
    again = [upload(client, house.url, each) for each in contents]
    assert [each.content for each in again] == receipts
    assert {each.status_code for each in again} == {200}
    health = client.get(f"{house.url}/health/ready")
    assert (health.status_code, health.text) == (200, "ready\n")
    assert client.get(f"{house.url}/health/live").text == "alive\n"
    house.stop()


def test_without_keys_it_says_what_to_do(tmp_path: Path) -> None:
    house = TrainerHouse.built(tmp_path)
    house.home.key_list.unlink()
    house.run("serve", code=8)


def test_its_own_description_is_there(house: TrainerHouse, client: httpx.Client) -> None:
    found = client.get(f"{house.url}/openapi.json").json()
    assert set(found["paths"]) >= {"/v1/keys", "/v1/bundles/{name}", "/v1/deletions/{name}"}
    assert "/metrics" not in found["paths"]
    assert json.dumps(found).count("Traceback") == 0
