"""What the console's pages say and do, without a browser: what is shown is what is done, once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from echo_core.errors import InputError, TrainerError
from echo_core.release.channel import PARTS
from echo_runtime.logs import Log
from echo_testing.browsing import Browser, follow
from echo_testing.console_room import ConsoleRoom
from echo_testing.release_house import CHANNEL
from echo_trainer.console import deeds, steps
from echo_trainer.console.contributions import contributions
from echo_trainer.console.overview import intake_of, keys_of, overview
from echo_trainer.console.parts import PAGE_ROWS
from echo_trainer.keys.ring import KeyRing
from echo_trainer.release import publishing
from echo_trainer.tables import intake, queue, tokens
from echo_trainer.tables.intake import Arrival, DayCaps, WishRow
from echo_trainer.tables.schema import BundleState

NAMES = ("promote", "rollout", "rollback", "block", "revoke")


@pytest.fixture
async def room(tmp_path: Path, database_url: str) -> AsyncIterator[ConsoleRoom]:
    made = ConsoleRoom(tmp_path, database_url)
    yield made
    await made.close()


@pytest.fixture
def publishing_room(tmp_path: Path) -> Iterator[ConsoleRoom]:
    made = ConsoleRoom(tmp_path)
    made.publisher.begin()
    for name in ("r1", "r2"):
        made.publisher.publish(name, name)
    yield made
    made.parts.close()


def arrivals(people: int, day: str, week: str) -> list[Arrival]:
    return [
        Arrival(f"{who:032x}{day:>032}", "samples", f"{who:064x}", week, "k", 1, 1000, day)
        for who in range(people)
    ]


def fill(room: ConsoleRoom) -> None:
    for day, people in (("1970-01-01", 5), ("1969-12-30", 3), ("1969-01-01", 2)):
        week = "1970-W01" if people > 2 else "1969-W01"
        with room.database.begin() as rows:
            fresh = intake.announced(
                rows, arrivals(people, day, week), DayCaps(99, 1 << 30), 0
            ).fresh
            intake.settled(rows, fresh, lambda one: one.digest.encode())
            taken = queue.take(rows, [one.digest for one in fresh][:2])
            queue.finish(rows, taken[:1], BundleState.REFUSED, day, "consent")
    with room.database.begin() as rows:
        wish = WishRow("f" * 64, f"{4:064x}", "samples", "1970-W01", "1970-01-01", b"")
        intake.forgotten(rows, wish)


async def test_what_came_in_is_counted_and_nobody_is_named(room: ConsoleRoom) -> None:
    fill(room)
    found = contributions(room.parts, 28, 0)
    assert [(one.day, one.bundles, one.bytes) for one in found.arrivals] == [
        ("1969-12-30", 3, 3000),
        ("1970-01-01", 4, 4000),
    ]
    assert [(one.week, one.pseudonyms) for one in found.weeks] == [("1970-W01", 4)]
    assert found.bundles == 9
    assert [(one.sentence[:24], one.bundles) for one in found.refused] == [
        ("It was sent under a text", 3)
    ]
    assert (found.wishes.total, found.open_wishes) == (1, 0)
    browser = await follow(await room.link())
    page = (await browser.get("/contributions")).text
    assert "f" * 12 in page  # the wish's own digest
    assert f"{4:064x}"[-12:] not in page


async def test_a_long_list_comes_in_pages(room: ConsoleRoom) -> None:
    with room.database.begin() as rows:
        for number in range(PAGE_ROWS + 5):
            tokens.create(rows, f"team {number}", f"2026-11-{1 + number % 28:02}", "")
    browser = await follow(await room.link())
    first = (await browser.get("/tokens")).text
    assert first.count('scope="row"') == PAGE_ROWS
    assert f"after={PAGE_ROWS}" in first
    last = (await browser.get(f"/tokens?after={PAGE_ROWS}")).text
    assert last.count('scope="row"') == 6
    assert "after=" not in last
    assert (await browser.get("/tokens?after=99999999")).status_code == 200


async def test_what_cannot_be_read_is_said_and_the_rest_is_shown(tmp_path: Path) -> None:
    room = ConsoleRoom(tmp_path)
    room.home.prepare(room.home.public_keys)
    room.home.key_list.write_bytes(b"no list")
    room.publisher.begin()
    metadata = room.publisher.public / "metadata"
    (metadata / "1.channels.json").write_text("{}")
    browser = await follow(await room.link())
    page = (await browser.get("/")).text
    assert "The list of keys cannot be believed" in page
    assert "take it from a copy" in page
    assert "still to be curated" in page
    assert (await browser.get("/channels")).status_code == 503
    await room.close()


async def test_a_busy_database_is_read_and_not_written(tmp_path: Path) -> None:
    room = ConsoleRoom(tmp_path)
    with room.database.begin() as rows:
        tokens.create(rows, "while it is written", "2026-11-22", "")
        browser = await follow(await room.link())
        for path in room.paths:
            assert (await browser.get(path)).status_code == 200, path
    await room.close()


def test_keys_and_intake_as_they_are(tmp_path: Path) -> None:
    room = ConsoleRoom(tmp_path)
    assert not keys_of(room.parts).expires
    KeyRing(room.home).create(room.parts.today, 30)
    assert keys_of(room.parts) == keys_of(room.parts)
    assert not keys_of(room.parts).is_over
    room.clock.now_ms += 40 * 86_400_000
    assert keys_of(room.parts).is_over
    logs, now = room.home.logs, room.clock.wall_ms()
    assert "no intake has run" in intake_of(logs, now).words
    log = Log(logs, "intake", room.clock)
    log.info("intake.round")
    assert intake_of(logs, now).runs
    assert "not heard of since 1970" in intake_of(logs, now + 600_000).words
    log.info("intake.stopped")
    assert "stopped 1970" in intake_of(logs, now).words
    (logs / "intake.log").write_text("no line\n")
    assert "nothing yet" in intake_of(logs, now).words
    room.parts.close()


# --- what is done -------------------------------------------------------------------------------


def shares(room: ConsoleRoom) -> list[tuple[str, int]]:
    channel = publishing.read_channel(room.publisher.repository(), CHANNEL)
    return [(one.release, one.parts) for one in channel.rollouts]


def test_a_plan_changes_nothing_and_what_was_planned_is_done_once(
    publishing_room: ConsoleRoom,
) -> None:
    parts = publishing_room.parts
    fields = {"release": "r1", "channel": CHANNEL, "percent": "12.5"}
    found = deeds.plan(parts, "promote", fields)
    assert found.says == (f"{CHANNEL}: r1 for 12.5%",)
    assert found.command == f"echo-trainer release promote r1 --channel {CHANNEL} --percent 12.5"
    assert shares(publishing_room) == []
    with pytest.raises(InputError, match="Something has changed"):
        deeds.carry_out(parts, "promote", {**fields, "shown": "another"})
    shown = {**fields, "shown": found.digest}
    assert "r1 for 12.5%" in deeds.carry_out(parts, "promote", shown)[1]
    assert shares(publishing_room) == [("r1", PARTS // 8)]
    before = publishing_room.publisher.repository().version("timestamp")
    assert deeds.carry_out(parts, "promote", shown)[1] == deeds.NOTHING
    assert publishing_room.publisher.repository().version("timestamp") == before


def test_a_token_is_revoked_once(tmp_path: Path) -> None:
    room = ConsoleRoom(tmp_path)
    _, fields = room.form
    deeds.carry_out(room.parts, "revoke", fields)
    assert room.done() == 1
    assert deeds.carry_out(room.parts, "revoke", fields)[1] == deeds.NOTHING
    room.parts.close()


@pytest.mark.parametrize(
    ("name", "fields", "why"),
    [
        ("revoke", {"token": "../x"}, "which token"),
        ("revoke", {"token": "abcdef01"}, "no token of that id"),
        ("promote", {"release": "r1", "channel": "../up", "percent": "1"}, "which channel"),
        ("promote", {"release": "r1", "channel": "stable", "percent": "nan"}, "0 to 100"),
        ("promote", {"release": "r1", "channel": "stable", "percent": "101"}, "0 to 100"),
        ("promote", {"release": "r9", "channel": "stable", "percent": "1"}, "not published"),
        ("rollout", {"release": "r1", "channel": "stable", "percent": "1"}, "promote it first"),
        ("rollback", {"release": "r1", "channel": "stable", "reason": "a\nb"}, "in one line"),
        ("block", {"release": "r1", "reason": ""}, "in one line"),
        ("block", {"release": "r1", "reason": "x" * 201}, "in one line"),
        ("publish", {}, "no such page"),
    ],
)
def test_a_form_that_does_not_fit_says_so(
    publishing_room: ConsoleRoom, name: str, fields: dict[str, str], why: str
) -> None:
    with pytest.raises((InputError, TrainerError), match=why):
        deeds.plan(publishing_room.parts, name, fields)


def test_without_a_passphrase_or_keys_nothing_is_signed(tmp_path: Path) -> None:
    room = ConsoleRoom(tmp_path, signs=False)
    room.publisher.begin()
    room.publisher.publish("r1", "r1")
    fields = {"release": "r1", "channel": CHANNEL, "percent": "1"}
    found = deeds.plan(room.parts, "promote", fields)
    assert "without a passphrase" in found.hindrance
    with pytest.raises(TrainerError, match="without a passphrase"):
        deeds.carry_out(room.parts, "promote", {**fields, "shown": found.digest})
    for key in (tmp_path / "keys").glob("rollout.*"):
        key.unlink()
    assert "sign channels do not lie here" in deeds.plan(room.parts, "promote", fields).hindrance
    assert "channels" in overview(room.parts).released.missing_keys
    room.parts.close()


async def test_a_reason_is_a_text_and_no_markup(publishing_room: ConsoleRoom) -> None:
    publishing_room.publisher.promote("r1")
    browser: Browser = await follow(await publishing_room.link())
    fields = {"release": "r1", "reason": '<b>it\'s "bad"</b>'}
    answer = await browser.post("/plan/block", fields)
    assert answer.status_code == 200
    assert "<b>" not in answer.text
    shown = answer.text.partition('name="shown" value="')[2].partition('"')[0]
    assert shown
    publishing_room.publisher.promote("r2")
    again = await browser.post("/plan/block", fields)
    assert shown in again.text  # what is planned is the same still
    await publishing_room.house.close()


# --- what comes next ----------------------------------------------------------------------------


def stand(**changes: object) -> steps.Stand:
    begun = {
        "has_keys": True,
        "keys_are_over": False,
        "admits": True,
        "has_arrived": True,
        "waiting": 0,
        "open_wishes": 0,
        "version": "",
        "is_begun": True,
        "has_drafts": False,
        "expired": (),
        "unplaced": (),
    }
    return steps.Stand(**{**begun, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "commands"),
    [
        ({}, []),
        ({"has_keys": False, "admits": False}, ["keys create"]),
        ({"admits": False, "has_arrived": False}, ["tokens create", "serve"]),
        ({"keys_are_over": True}, ["keys rotate"]),
        ({"waiting": 3, "open_wishes": 1}, ["curate", "curate"]),
        ({"version": "v1"}, ["train --dataset v1 --base NAME"]),
        ({"version": "v1", "run": "a", "lacks": "shipped"}, ["export a"]),
        ({"run": "a", "lacks": "verdict", "kind": "merged"}, ["gate a --form merged"]),
        ({"run": "a", "lacks": "release", "is_begun": False}, ["release init"]),
        (
            {"run": "a", "lacks": "release", "kind": "adapter"},
            ["release publish --run a --form adapter --name NAME"],
        ),
        ({"unplaced": ("r1",)}, ["release promote r1 --percent 10"]),
        ({"expired": ("timestamp",)}, ["release refresh"]),
        ({"expired": ("root",)}, ["release keys renew"]),
        ({"has_drafts": True}, ["release keys sign"]),
    ],
)
def test_the_next_command_is_named(changes: dict[str, object], commands: list[str]) -> None:
    said = steps.next_steps(stand(**changes))
    assert [each.split("`")[1].removeprefix("echo-trainer ") for each in said] == commands


def test_pages_are_no_document_of_ours(tmp_path: Path) -> None:
    """A run whose document was damaged is shown as broken, beside the others."""
    room = ConsoleRoom(tmp_path)
    folder = room.parts.runs.named("broken")
    folder.path.mkdir(parents=True)
    folder.document.write_text(json.dumps({"form": 2}))
    assert overview(room.parts).runs == 1
    room.parts.close()
