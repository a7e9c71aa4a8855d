"""The outbox and its office: waiting, dropping, pausing, caps, looking again, counters."""

from __future__ import annotations

import asyncio

import pytest

from echo_core.errors import InputError
from echo_core.records import events as ev
from echo_core.records.wire import Forget, OutboxDrop, OutboxItem, OutboxPause
from echo_core.sharing.bundle.contents import digest
from echo_core.sharing.bundle.fields import canonical
from echo_core.sharing.bundle.making import Hidden
from echo_core.sharing.bundle.sending import Caps, Metered
from echo_core.sharing.consent import Switch
from echo_core.sharing.outbox import DropCause, ItemState, ParcelState
from echo_core.text.edits import Edit
from echo_daemon.outgoing import Outgoing
from echo_testing.bureau import DAY_MS, HOUR_MS, MONDAY_MS, Bureau
from echo_testing.contributions import COUNTERS
from echo_testing.receiver import Act, Receiver


async def contributing(bureau: Bureau) -> Bureau:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    return bureau


async def states(bureau: Bureau) -> dict[str, tuple[str, str]]:
    items = await bureau.outbox.items(*ItemState)
    return {item.request: (item.state.value, item.cause) for item in items}


async def test_a_sample_waits_for_its_delay(bureau: Bureau, receiver: Receiver) -> None:
    await contributing(bureau)
    bureau.keep("r0")
    await bureau.office.round()
    (item,) = await bureau.outbox.items(ItemState.WAITING)
    assert item.due_ms - item.added_ms == DAY_MS
    await bureau.rounds(DAY_MS - HOUR_MS, DAY_MS - HOUR_MS)
    assert receiver.opened == {}
    await bureau.rounds(HOUR_MS)
    assert await states(bureau) == {"r0": ("sent", "")}
    (item,) = await bureau.outbox.items(ItemState.SENT)
    assert item.content == b""
    await bureau.rounds(3 * DAY_MS, DAY_MS)
    assert len(receiver.said("PATCH")) == 1


async def test_what_was_kept_before_the_yes_never_leaves(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    bureau.keep("before")
    bureau.clock.pass_ms(1)
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("after")
    await bureau.office.send_now()
    assert await states(bureau) == {"after": ("sent", "")}
    # Saying yes again moves nothing; saying it after a no begins anew.
    bureau.keep("waits")
    await bureau.office.round()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    await bureau.rounds(2 * DAY_MS, DAY_MS)
    assert (await states(bureau))["waits"] == ("sent", "")


async def test_dropping(bureau: Bureau, receiver: Receiver) -> None:
    await contributing(bureau)
    outgoing = Outgoing(bureau.office, bureau.clock)
    for name, doc in (("a", "src/a.py"), ("b", "src/b.py"), ("c", "lib/c.py"), ("d", "d.py")):
        bureau.keep(name, doc=doc)
    await bureau.office.round()
    bureau.clock.pass_ms(HOUR_MS)
    bureau.keep("late")
    await bureau.office.round()
    assert (await outgoing.drop(OutboxDrop(request="a"))).count == 1
    assert (await outgoing.drop(OutboxDrop(request="a"))).count == 0
    assert (await outgoing.drop(OutboxDrop(path=str(bureau.project / "lib")))).count == 1
    assert (await outgoing.drop(OutboxDrop(last_ms=60_000))).count == 1
    with pytest.raises(InputError, match="what to drop"):
        await outgoing.drop(OutboxDrop())
    await bureau.rounds(2 * DAY_MS, DAY_MS)
    dropped = ("dropped", DropCause.PERSON.value)
    assert await states(bureau) == {
        "a": dropped, "b": ("sent", ""), "c": dropped, "d": ("sent", ""), "late": dropped,
    }  # fmt: skip
    assert sum(len(bundle.samples) for bundle in receiver.bundles()) == 2
    bureau.keep("e")
    await bureau.office.round()
    assert (await outgoing.drop(OutboxDrop(everything=True))).count == 1


async def test_dropping_one_sample_takes_its_sealed_parcel_apart(
    bureau: Bureau, receiver: Receiver
) -> None:
    await contributing(bureau)
    for name in ("a", "b"):
        bureau.keep(name)
    await bureau.office.round()
    bureau.receiver.keys_status = 200
    items = await bureau.outbox.items(ItemState.WAITING)
    await bureau.office._packer.pack(items)
    assert await states(bureau) == {"a": ("sealed", ""), "b": ("sealed", "")}
    await bureau.office.drop(lambda item: item.request == "a")
    assert await states(bureau) == {"a": ("dropped", "person"), "b": ("waiting", "")}
    await bureau.office.send_now()
    (bundle,) = receiver.bundles()
    assert len(bundle.samples) == 1


async def test_what_is_forgotten_leaves_the_outbox(bureau: Bureau, receiver: Receiver) -> None:
    await contributing(bureau)
    for name in ("a", "b"):
        bureau.keep(name)
        bureau.clock.pass_ms(HOUR_MS)
    await bureau.office.round()
    await bureau.office._packer.pack(await bureau.outbox.items(ItemState.WAITING))
    await bureau.store.forget(Forget(last_ms=HOUR_MS))
    assert await states(bureau) == {"a": ("waiting", "")}
    (parcel,) = await bureau.outbox.parcels(*ParcelState)
    assert (parcel.state, parcel.envelope, parcel.content) == (ParcelState.REFUSED, b"", b"")
    await bureau.store.forget(Forget(workspace=str(bureau.project)))
    assert await states(bureau) == {}
    assert receiver.connections == 1  # for the trainer's keys


async def test_a_sample_that_is_judged_otherwise_waits_anew_or_goes(
    bureau: Bureau, receiver: Receiver
) -> None:
    await contributing(bureau)
    for name in ("same", "changed", "dropped", "unfit"):
        bureau.keep(name)
    await bureau.office.round()
    bureau.shelf.samples["changed"] = bureau.keep(
        "changed", broken_at_ms=bureau.clock.wall_ms(), quality=0.1
    )
    del bureau.shelf.samples["dropped"]
    bureau.shelf.samples["unfit"] = bureau.keep("unfit", hidden=(Hidden(24, 26, "name"),))
    await bureau.rounds(DAY_MS, DAY_MS)
    found = await states(bureau)
    assert found["same"] == ("sent", "")
    assert found["dropped"] == ("dropped", DropCause.NOT_KEPT)
    assert found["changed"][0] == "waiting"
    assert found["unfit"] == ("dropped", DropCause.UNFIT)
    await bureau.rounds(DAY_MS, DAY_MS)
    assert (await states(bureau))["changed"] == ("sent", "")


async def test_what_is_unfit_from_the_beginning_is_dropped_with_its_cause(
    bureau: Bureau, receiver: Receiver
) -> None:
    await contributing(bureau)
    bureau.keep("wide", target="x" * 5000)
    await bureau.office.send_now()
    assert await states(bureau) == {"wide": ("dropped", DropCause.UNFIT)}
    assert receiver.connections == 0


async def test_a_folder_that_is_switched_off_while_its_samples_wait(
    bureau: Bureau, receiver: Receiver
) -> None:
    await contributing(bureau)
    bureau.keep("a")
    await bureau.office.round()
    await bureau.choose(Switch.CONTRIBUTE, on=False, folder=bureau.project)
    await bureau.rounds(DAY_MS, DAY_MS)
    assert await states(bureau) == {"a": ("dropped", DropCause.CONSENT)}
    assert receiver.connections == 0


async def test_the_right_to_share_stands_in_for_a_licence(
    bureau: Bureau, receiver: Receiver
) -> None:
    await contributing(bureau)
    (bureau.project / "LICENSE").write_text("Mine alone.")
    bureau.keep("a")
    bureau.keep("nowhere", doc="untitled:Untitled-1")
    await bureau.office.round()
    assert await states(bureau) == {}
    await bureau.choose(Switch.CONTRIBUTE, on=True, folder=bureau.project, right=True)
    await bureau.office.send_now()
    assert await states(bureau) == {"a": ("sent", "")}


async def test_pausing_a_folder_opens_what_was_sealed(bureau: Bureau, receiver: Receiver) -> None:
    await contributing(bureau)
    outgoing = Outgoing(bureau.office, bureau.clock)
    bureau.keep("a")
    await bureau.office.round()
    await bureau.office._packer.pack(await bureau.outbox.items(ItemState.WAITING))
    state = await outgoing.pause(OutboxPause(paused=True, folder=str(bureau.project)))
    assert state.paused == [str(bureau.project)]
    await bureau.office.send_now()
    assert await states(bureau) == {"a": ("waiting", "")}
    await outgoing.pause(OutboxPause(paused=False, folder=str(bureau.project)))
    state = await outgoing.pause(OutboxPause(paused=True))
    await bureau.office.send_now()
    assert "paused" in bureau.office.problem
    await outgoing.pause(OutboxPause(paused=False))
    await bureau.office.send_now()
    assert await states(bureau) == {"a": ("sent", "")}


async def test_no_more_than_the_caps_on_a_day(bureau: Bureau, receiver: Receiver) -> None:
    bureau.begin(caps=Caps(3, 8 << 20))
    await contributing(bureau)
    for number in range(8):
        bureau.keep(f"r{number}")
    await bureau.office.send_now()
    for day in range(3):
        assert sum(state == "sent" for state, _ in (await states(bureau)).values()) == min(
            8, 3 * (day + 1)
        )
        await bureau.office.round()
        await bureau.rounds(DAY_MS, DAY_MS)
    assert {len(bundle.samples) for bundle in receiver.bundles()} == {3, 2}


async def test_no_more_bytes_than_the_cap(bureau: Bureau, receiver: Receiver) -> None:
    bureau.begin(caps=Caps(100, 5_000))
    await contributing(bureau)
    bureau.keep("a")
    await bureau.office.send_now()
    assert await states(bureau) == {"a": ("waiting", "")}
    assert receiver.said("PATCH") == []


async def test_a_metered_network_waits_unless_somebody_says_now(
    bureau: Bureau, receiver: Receiver
) -> None:
    await contributing(bureau)
    bureau.link.is_metered = Metered.YES
    bureau.keep("a")
    await bureau.rounds(2 * DAY_MS, DAY_MS)
    assert "metered" in bureau.office.problem
    assert receiver.connections == 0
    bureau.begin(on_metered=True)
    await bureau.store.open()
    await bureau.office.round()
    assert await states(bureau) == {"a": ("sent", "")}
    bureau.begin(on_metered=False)
    await bureau.store.open()
    bureau.keep("b")
    await bureau.office.send_now()
    assert (await states(bureau))["b"] == ("sent", "")


async def test_what_people_are_shown(bureau: Bureau, receiver: Receiver) -> None:
    await contributing(bureau)
    outgoing = Outgoing(bureau.office, bureau.clock)
    with pytest.raises(InputError, match="Nothing of that name"):
        await outgoing.preview(OutboxItem())
    bureau.keep("a")
    await bureau.office.round()
    one = await outgoing.preview(OutboxItem("a"))
    whole = await outgoing.preview(OutboxItem())
    assert one.content in whole.content
    assert digest(whole.content.encode()) == whole.digest
    with pytest.raises(InputError):
        await outgoing.preview(OutboxItem("b"))
    state = await outgoing.send()
    assert [(row.request, row.state, row.bytes) for row in state.rows] == [("a", "sent", 0)]
    (parcel,) = state.parcels
    assert (parcel.digest, parcel.state, parcel.samples) == (whole.digest, "sent", 1)
    assert parcel.id in parcel.receipt
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    await bureau.office.round()
    (wish,) = (await outgoing.state()).wishes
    assert (wish.week, wish.kind) == ("2026-W47", "samples")
    assert '"said":"deleted"' in wish.receipt


async def test_a_daemon_without_a_store_has_an_empty_outbox(bureau: Bureau) -> None:
    outgoing = Outgoing(bureau.office, bureau.clock)
    await bureau.office.round()
    state = await outgoing.send()
    assert (state.rows, state.parcels, state.wishes, state.problem) == ([], [], [], "")
    assert (await outgoing.drop(OutboxDrop(everything=True))).count == 0
    with pytest.raises(InputError):
        await outgoing.preview(OutboxItem("a"))
    assert not bureau.paths.database.exists()


# --- counters -------------------------------------------------------------------------------------


def write(bureau: Bureau, doc: str, name: str, at_ms: int, language: str = "python") -> None:
    """A file is opened, typed in, asked about, and something is shown and accepted."""
    uri = (bureau.project / doc).as_uri()
    for event in (
        ev.Opened(at_ms, uri, language, 1, "the_secret_text\n"),
        ev.Edited(at_ms, uri, 2, (Edit(0, 0, "typed!"),), ev.Origin.TYPED),
        ev.Requested(at_ms, f"q{name}", uri, 2, 6, ev.Trigger.AUTOMATIC),
        ev.Proposed(at_ms, f"q{name}", f"p{name}", "x = 1", "m", -1, 70.0, 9, 9, 3, "proposed"),
        ev.Outcome(at_ms, f"p{name}", ev.OutcomeKind.SHOWN, 0),
        ev.Outcome(at_ms, f"p{name}", ev.OutcomeKind.ACCEPTED, 5),
        ev.Edited(at_ms, uri, 3, (Edit(0, 0, "x = 1"),), ev.Origin.ACCEPTED, f"p{name}"),
    ):
        bureau.store.append(event, "s")


async def test_a_week_of_counters_is_sent_once(bureau: Bureau, receiver: Receiver) -> None:
    await bureau.open()
    write(bureau, "before.py", "0", MONDAY_MS)
    bureau.clock.pass_ms(HOUR_MS)
    await bureau.choose(Switch.METRICS, on=True)
    off = bureau.project / "off"
    await bureau.choose(Switch.METRICS, on=False, folder=off)
    write(bureau, "a.py", "1", bureau.clock.wall_ms())
    write(bureau, "off/b.py", "2", bureau.clock.wall_ms())
    await bureau.store.flush()
    await bureau.rounds(7 * DAY_MS, DAY_MS // 2)
    assert receiver.connections == 1  # the week has ended: keys are fetched, the report waits
    (parcel,) = await bureau.outbox.parcels(ParcelState.SEALED)
    assert parcel.due_ms - parcel.made_ms == DAY_MS
    shown = parcel.content
    await bureau.rounds(14 * DAY_MS, DAY_MS // 2)
    assert list(receiver.opened.values()) == [shown]
    (report,) = receiver.reports()
    assert (report.week, len(report.rows)) == ("2026-W47", 2)
    by_model = {row.model: row for row in report.rows}
    assert (by_model[""].typed_chars, by_model[""].accepted_chars) == (6, 5)
    assert (by_model["m"].shown, by_model["m"].accepted) == (1, 1)
    assert sum(by_model["m"].latency) == 1
    assert by_model["m"].latency[2] == 1  # 50 to 100 ms
    for word in (b"secret", b"a.py", b"off", b"typed!"):
        assert word not in shown
    # Samples go under another pseudonym.
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("a")
    await bureau.office.send_now()
    assert receiver.bundles()[0].contributor != report.contributor


async def test_a_week_in_which_nothing_happened_is_not_reported(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.METRICS, on=True)
    await bureau.rounds(15 * DAY_MS, DAY_MS)
    assert receiver.connections == 0


def test_counters_hold_numbers_and_names_of_software() -> None:
    assert b'"language":"python"' in canonical(COUNTERS)


# --- at rest --------------------------------------------------------------------------------------


async def test_nothing_readable_lies_on_the_disk(bureau: Bureau, receiver: Receiver) -> None:
    """In no page, write-ahead log, key or choice; whatever the outbox holds at the moment."""

    def look() -> None:
        for file in bureau.paths.folder.iterdir():
            content = file.read_bytes()
            for word in (b"canary", b"qwen2.5", b"2026-W47", receiver.url.encode()):
                assert word not in content, file.name

    await contributing(bureau)
    bureau.keep("canary", prefix="canary_before\n", target="canary_target", doc="canary.py")
    receiver.acts.append(Act(status=500))
    await bureau.office.round()
    look()  # it waits
    await bureau.office.send_now()
    look()  # it is sealed, and was tried
    await bureau.office.send_now()
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    look()  # a wish waits
    await bureau.office.round()
    await bureau.store.close()
    look()
    assert len(receiver.deletions) == 1


async def test_a_daemon_makes_a_round_every_minute(bureau: Bureau, receiver: Receiver) -> None:
    bureau.begin(delay_ms=0)
    await contributing(bureau)
    running = asyncio.ensure_future(bureau.office.run())
    for name in ("a", "b"):
        bureau.keep(name)
        while len(receiver.opened) < 1 + (name == "b"):
            if bureau.clock.sleeping:
                bureau.clock.pass_ms(60_000)
            await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
