"""What a simulated week puts on the wire: nothing without leave; with it, what was previewed.

Two witnesses: a listening intake that counts connections, and an audit hook of the interpreter
that sees every address this process connects to or looks up.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from echo_core.records.wire import ConsentChoice
from echo_core.sharing.bundle.contents import digest
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.fields import canonical
from echo_core.sharing.bundle.sending import Metered
from echo_core.sharing.consent import Policy, Switch
from echo_core.sharing.outbox import ItemState, ParcelState
from echo_testing.bureau import DAY_MS, HOUR_MS, TARGET, Bureau
from echo_testing.receiver import Act, Receiver
from echo_testing.sockets import connections

WEEK_MS = 7 * DAY_MS
LEAVING = (Switch.CONTRIBUTE, Switch.METRICS)


async def a_week(bureau: Bureau) -> None:
    """New samples every day, for eight days; rounds are hours apart to spare the test's time."""
    for day in range(8):
        bureau.keep(f"r{day}")
        await bureau.rounds(DAY_MS, 8 * HOUR_MS)


async def everything_on(bureau: Bureau) -> None:
    await bureau.open()
    for switch in LEAVING:
        await bureau.choose(switch, on=True)


async def absent(bureau: Bureau) -> None:
    await bureau.open()


async def paused(bureau: Bureau) -> None:
    await everything_on(bureau)
    await bureau.office.pause("", paused=True)


async def paused_here(bureau: Bureau) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    await bureau.office.pause(str(bureau.project), paused=True)


async def refused(bureau: Bureau) -> None:
    await everything_on(bureau)
    for switch in LEAVING:
        await bureau.choose(switch, on=False)


async def off_in_the_folder(bureau: Bureau) -> None:
    await everything_on(bureau)
    for switch in LEAVING:
        await bureau.choose(switch, on=False, folder=bureau.project)


async def editor_telemetry_off(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.store.choices.editor_says("Code", telemetry=False)


async def policy(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.policy = Policy(frozenset(LEAVING))


async def damaged_policy(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.policy = Policy(damaged=True)


async def do_not_track(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.environment["DO_NOT_TRACK"] = "1"


async def in_ci(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.environment["CI"] = "true"


async def another_text(bureau: Bureau) -> None:
    await everything_on(bureau)
    content = bureau.paths.consent.read_text()
    bureau.paths.consent.write_text(content.replace('"text_hash": "', '"text_hash": "0'))


async def damaged_choices(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.paths.consent.write_bytes(b"?\n" + bureau.paths.consent.read_bytes())


async def no_licence(bureau: Bureau) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    (bureau.project / "LICENSE").write_text("All rights reserved.")


async def no_trainer(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.begin(intake="", root_key="")
    await bureau.store.open()


async def metered(bureau: Bureau) -> None:
    await everything_on(bureau)
    bureau.link.is_metered = Metered.YES


SILENT = (
    absent,
    paused,
    paused_here,
    refused,
    off_in_the_folder,
    editor_telemetry_off,
    policy,
    damaged_policy,
    do_not_track,
    in_ci,
    another_text,
    damaged_choices,
    no_licence,
    no_trainer,
    metered,
)


@pytest.mark.parametrize("state", SILENT, ids=lambda state: state.__name__)
async def test_a_week_without_leave_opens_no_socket(
    bureau: Bureau, receiver: Receiver, state: Callable[[Bureau], Awaitable[None]]
) -> None:
    with connections() as heard:
        await state(bureau)
        await a_week(bureau)
    assert heard == []
    assert (receiver.connections, receiver.requests) == (0, [])


async def test_a_week_with_leave_sends_what_was_previewed(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    previews: dict[str, bytes] = {}  # each sample, as it was shown while it waited
    with connections() as heard:
        for day in range(7):
            bureau.keep(f"r{day}", target=f"{TARGET} + {day}")
            for _ in range(3):
                await bureau.rounds(8 * HOUR_MS, 8 * HOUR_MS)
                for item in await bureau.outbox.items(ItemState.WAITING):
                    previews[item.request] = item.content
                    assert item.content in await bureau.office.preview()
    assert {address for event, address in heard if event == "socket.connect"} == {
        ("127.0.0.1", receiver.port)
    }
    # Only envelopes for the trainer, and the list of its keys.
    assert {path.rpartition("/")[0] for path in receiver.said("PATCH")} == {"/echo/v1/bundles"}
    assert set(receiver.said("GET")) == {"/echo/v1/keys"}
    assert {request.method for request in receiver.requests} == {"GET", "PATCH"}
    # What the trainer opened is what was shown, byte for byte.
    opened = [canonical(sample) for bundle in receiver.bundles() for sample in bundle.samples]
    assert sorted(opened) == sorted(previews[f"r{day}"] for day in range(6))
    assert receiver.stored_twice == 0
    parcels = await bureau.outbox.parcels(ParcelState.SENT)
    assert {parcel.id: parcel.digest for parcel in parcels} == {
        name: digest(content) for name, content in receiver.opened.items()
    }
    assert all(json.loads(parcel.receipt)["of"] == parcel.id for parcel in parcels)


async def test_a_sealed_bundle_is_the_preview_of_the_moment_before(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    for number in range(3):
        bureau.keep(f"r{number}")
    await bureau.office.round()
    preview = await bureau.office.preview()
    await bureau.office.send_now()
    assert list(receiver.opened.values()) == [preview]


async def test_nothing_readable_goes_over_the_wire(bureau: Bureau, receiver: Receiver) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("r0", target="canary_in_the_target")
    await bureau.office.send_now()
    (upload,) = [request for request in receiver.requests if request.method == "PATCH"]
    for word in (b"canary", b"python", b"qwen", b"total", str(bureau.folder).encode()):
        assert word not in upload.body
    assert set(upload.headers) == {
        "accept", "accept-encoding", "connection", "content-length", "content-type", "host",
        "upload-length", "upload-offset", "user-agent",
    }  # fmt: skip
    assert upload.headers["user-agent"] == "echo-completion"
    assert "canary_in_the_target" in receiver.bundles()[0].samples[0].target


async def test_no_name_of_a_file_machine_or_person_is_inside(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("r0", doc="src/the_secret_project.py", model="/home/ann/models/private.gguf")
    await bureau.office.send_now()
    (content,) = receiver.opened.values()
    for word in ("secret_project", "ann", "private", str(bureau.folder), "r0", "file:"):
        assert word.encode() not in content
    (bundle,) = receiver.bundles()
    assert (bundle.samples[0].model, bundle.samples[0].day) == ("other", "2026-11-16")


async def test_weeks_have_pseudonyms_of_their_own(bureau: Bureau, receiver: Receiver) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    for week in range(3):
        bureau.keep(f"a{week}")
        await bureau.office.send_now()
        bureau.keep(f"b{week}")
        await bureau.office.send_now()
        bureau.clock.pass_ms(WEEK_MS)
    found: dict[str, set[str]] = {}
    for bundle in receiver.bundles():
        found.setdefault(bundle.week, set()).add(bundle.contributor)
    assert {week: len(names) for week, names in found.items()} == {
        "2026-W47": 1, "2026-W48": 1, "2026-W49": 1,
    }  # fmt: skip
    assert len(set.union(*found.values())) == 3
    ids = [sample.id for bundle in receiver.bundles() for sample in bundle.samples]
    assert len(set(ids)) == 6


# --- going away -----------------------------------------------------------------------------------


async def test_taking_back_asks_for_deletion_once_and_then_is_silent(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    for week in range(2):
        bureau.keep(f"r{week}")
        await bureau.office.send_now()
        bureau.clock.pass_ms(WEEK_MS)
    bureau.keep("waits")
    await bureau.office.round()
    contributors = {bundle.contributor for bundle in receiver.bundles()}
    secret = await bureau.outbox.secret(Kind.SAMPLES, b"")
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    assert await bureau.outbox.items(ItemState.WAITING, ItemState.SEALED) == []
    assert await bureau.outbox.secret(Kind.SAMPLES, b"fresh") == b"fresh" != secret
    await bureau.office.round()
    assert {wish.contributor for wish in receiver.deletions.values()} == contributors
    assert receiver.opened == {}  # really gone over there
    assert all(wish.receipt and wish.done_ms for wish in await bureau.outbox.wishes())
    with connections() as heard:
        for _ in range(2):
            await bureau.choose(Switch.CONTRIBUTE, on=False)
            await a_week(bureau)
        bureau.begin()  # a daemon that starts anew
        await bureau.store.open()
        await bureau.rounds(DAY_MS)
    assert heard == []
    assert len(receiver.said("PUT")) == 2
    # And a new beginning has nothing to do with the old one.
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("new")
    await bureau.office.send_now()
    assert receiver.bundles()[0].contributor not in contributors


async def test_a_wish_survives_a_killed_daemon_and_an_intake_that_is_away(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("r0")
    await bureau.office.send_now()
    # The choice was written down, and the process was killed before anything else.
    no = ConsentChoice(record=False, by="a test")
    bureau.store.choices.choose(no, Switch.CONTRIBUTE)
    bureau.store.choices.choose(no)
    await bureau.store.close()
    receiver.acts.extend([Act(status=503), Act(status=404), Act(deaf=True)])
    bureau.begin()  # recording is off, too: the store is only opened for this
    await bureau.rounds(2 * DAY_MS, 8 * HOUR_MS)
    assert len(receiver.said("PUT")) == 4
    (wish,) = await bureau.outbox.wishes()
    assert (wish.attempts, bool(wish.done_ms)) == (3, True)


async def test_erasing_everything_does_not_lose_the_wish(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("r0")
    await bureau.office.send_now()
    assert receiver.opened
    before = bureau.paths.key.read_bytes()
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    wishes = await bureau.office.wishes_to_keep()
    await bureau.store.erase("a test")
    await bureau.office.erased(wishes)
    assert bureau.paths.key.read_bytes() != before
    await bureau.office.round()
    assert receiver.opened == {}
    assert (await bureau.office.standing()).items == []


async def test_counters_are_taken_back_by_their_own_switch(
    bureau: Bureau, receiver: Receiver
) -> None:
    await everything_on(bureau)
    bureau.keep("r0")
    await bureau.office.send_now()
    await bureau.choose(Switch.METRICS, on=False)
    await bureau.office.round()
    assert (receiver.said("PUT"), len(receiver.opened)) == ([], 1)
