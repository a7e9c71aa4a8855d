"""Sending to an intake that refuses, is away, cuts, lies, is slow, or has another key."""

from __future__ import annotations

import asyncio

import pytest

from echo_core.errors import SharingError
from echo_core.sharing.bundle.envelope import Receipt, Suite
from echo_core.sharing.bundle.fields import canonical
from echo_core.sharing.bundle.sending import GIVE_UP_MS, RETRY_AFTER_MS_MAX
from echo_core.sharing.consent import Switch
from echo_core.sharing.outbox import DropCause, ItemState, Parcel, ParcelState
from echo_daemon.intake.client import IntakeClient
from echo_testing.bureau import DAY_MS, HOUR_MS, Bureau
from echo_testing.receiver import Act, Receiver
from echo_testing.waiting import LONG_S

MINUTE_MS = 60_000


async def sealed(bureau: Bureau, *acts: Act) -> Parcel:
    """Contributing is on, one sample is sealed, and a first attempt was made."""
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("a", prefix="".join(f"value_{n} = {n * 7919}\n" for n in range(300)))
    bureau.receiver.acts.extend(acts)
    await bureau.office.send_now()
    (parcel,) = await bureau.outbox.parcels(*ParcelState)
    return parcel


async def item(bureau: Bureau) -> tuple[str, str]:
    (found,) = await bureau.outbox.items(*ItemState)
    return found.state.value, found.cause


async def parcel_of(bureau: Bureau) -> Parcel:
    return (await bureau.outbox.parcels(*ParcelState))[-1]


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422])
async def test_what_is_refused_is_dropped_with_its_cause(
    bureau: Bureau, receiver: Receiver, status: int
) -> None:
    parcel = await sealed(bureau, Act(status=status))
    assert (parcel.state, parcel.cause) == (ParcelState.REFUSED, f"status {status}")
    assert (parcel.envelope, parcel.content) == (b"", b"")
    assert await item(bureau) == ("dropped", DropCause.REFUSED)
    assert f"status {status}" in bureau.office.problem
    await bureau.rounds(DAY_MS, 6 * HOUR_MS)
    assert len(receiver.said("PATCH")) == 1


@pytest.mark.parametrize(
    "act",
    [
        Act(status=500),
        Act(status=503),
        Act(status=429),
        Act(status=202),
        Act(status=307),
        Act(deaf=True),
        Act(content=b"thank you"),
        Act(content=canonical(Receipt(1, "stored", "0" * 64, "2026-11-22", ""))),
        Act(content=b"x" * 10_000),
    ],
)
async def test_what_could_not_be_taken_is_kept_and_sent_again(
    bureau: Bureau, receiver: Receiver, act: Act
) -> None:
    parcel = await sealed(bureau, act)
    assert (parcel.state, parcel.attempts) == (ParcelState.SEALED, 1)
    assert await item(bureau) == ("sealed", "")
    assert bureau.office.problem
    await bureau.rounds(HOUR_MS, MINUTE_MS * 20)
    again = await parcel_of(bureau)
    assert (again.state, again.attempts, again.id) == (ParcelState.SENT, 2, parcel.id)
    assert await item(bureau) == ("sent", "")
    assert list(receiver.opened) == [parcel.id]


FORGED = b"\x07" * 32  # somebody else's seed


async def test_a_receipt_that_another_key_signed_counts_for_nothing(
    bureau: Bureau, receiver: Receiver
) -> None:
    own = receiver.side.receipt_seed
    listed = receiver.side.signed_keys()
    receiver.side.signed_keys = lambda *_: listed  # type: ignore[method-assign]
    receiver.side.receipt_seed = FORGED
    parcel = await sealed(bureau)
    assert (parcel.state, parcel.receipt) == (ParcelState.SEALED, b"")
    assert "not signed by the key" in bureau.office.problem
    assert "`sharing.root_key`" in bureau.office.problem
    assert await item(bureau) == ("sealed", "")
    receiver.side.receipt_seed = own
    await bureau.rounds(HOUR_MS, MINUTE_MS * 20)
    assert (await parcel_of(bureau)).state is ParcelState.SENT
    receiver.side.receipt_seed = FORGED
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    await bureau.office.round()
    (wish,) = await bureau.outbox.wishes()
    assert (wish.done_ms, wish.receipt) == (0, b"")
    assert "not signed by the key" in wish.cause
    receiver.side.receipt_seed = own
    await bureau.rounds(HOUR_MS, MINUTE_MS * 20)
    (wish,) = await bureau.outbox.wishes()
    assert wish.done_ms


async def test_a_new_key_for_receipts_is_learned_from_the_list(
    bureau: Bureau, receiver: Receiver
) -> None:
    await sealed(bureau)
    receiver.side.receipt_seed, receiver.side.version = FORGED, 2
    bureau.keep("b")
    await bureau.office.send_now()
    assert [each.state for each in await bureau.outbox.parcels(*ParcelState)] == [
        ParcelState.SENT
    ] * 2
    assert len(receiver.said("GET")) == 2


async def test_a_former_trainer_is_judged_by_its_own_root_key(
    bureau: Bureau, receiver: Receiver
) -> None:
    await sealed(bureau)
    await bureau.store.close()
    bureau.begin(intake="https://elsewhere.example", root_key="ab" * 32)
    await bureau.store.open()
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    # Also after all has been erased but the wishes.
    wishes = await bureau.office.wishes_to_keep()
    await bureau.store.erase("a test")
    await bureau.office.erased(wishes)
    await bureau.office.round()
    (wish,) = await bureau.outbox.wishes()
    assert wish.done_ms, wish.cause
    assert len(receiver.deletions) == 1


async def test_what_arrived_unheard_is_not_sent_twice(bureau: Bureau, receiver: Receiver) -> None:
    parcel = await sealed(bureau, Act(deaf=True))
    assert parcel.id in receiver.opened
    await bureau.rounds(HOUR_MS, MINUTE_MS * 20)
    assert (await parcel_of(bureau)).state is ParcelState.SENT
    uploads = [len(each.body) for each in receiver.requests if each.method == "PATCH"]
    assert uploads == [len(parcel.envelope), 0]


async def test_a_cut_upload_goes_on_where_it_was_cut(bureau: Bureau, receiver: Receiver) -> None:
    parcel = await sealed(bureau, Act(cut_after=3_000), Act(cut_after=500))
    await bureau.rounds(2 * HOUR_MS, MINUTE_MS * 20)
    assert (await parcel_of(bureau)).state is ParcelState.SENT
    pieces = [each for each in receiver.requests if each.method == "PATCH"]
    assert [int(each.headers["upload-offset"]) for each in pieces] == [0, 3_000, 3_500]
    assert sum(len(each.body) for each in pieces) == len(parcel.envelope)
    assert len(receiver.opened) == 1


async def test_an_offset_that_is_wrong_is_asked_for_again(
    bureau: Bureau, receiver: Receiver
) -> None:
    await sealed(bureau, Act(status=409))
    assert (await parcel_of(bureau)).state is ParcelState.SENT
    assert [each.method for each in receiver.requests] == ["GET", "PATCH", "HEAD", "PATCH"]


async def test_the_other_side_may_ask_for_patience(bureau: Bureau, receiver: Receiver) -> None:
    parcel = await sealed(bureau, Act(status=503, retry_after_s=4 * 3_600))
    assert parcel.due_ms - bureau.clock.wall_ms() == 4 * HOUR_MS
    await bureau.rounds(3 * HOUR_MS)
    assert len(receiver.said("PATCH")) == 1
    await bureau.rounds(HOUR_MS)
    assert (await parcel_of(bureau)).state is ParcelState.SENT


async def test_patience_has_a_bound(bureau: Bureau, receiver: Receiver) -> None:
    parcel = await sealed(bureau, Act(status=503, retry_after_s=10**12))
    assert parcel.due_ms - bureau.clock.wall_ms() == RETRY_AFTER_MS_MAX


async def test_what_never_arrives_is_given_up(bureau: Bureau, receiver: Receiver) -> None:
    await sealed(bureau, *[Act(status=500)] * 100)
    await bureau.rounds(GIVE_UP_MS + DAY_MS, DAY_MS)
    assert (await parcel_of(bureau)).state is ParcelState.REFUSED
    assert await item(bureau) == ("dropped", DropCause.TOO_OLD)
    # It may have arrived all the same: taking back asks for its deletion.
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    assert len(await bureau.outbox.wishes()) == 1


async def test_a_parcel_is_the_same_after_the_daemon_was_killed(
    bureau: Bureau, receiver: Receiver
) -> None:
    parcel = await sealed(bureau, Act(status=500))
    await bureau.store.close()
    bureau.begin()
    await bureau.store.open()
    await bureau.rounds(HOUR_MS)
    assert list(receiver.opened) == [parcel.id]


async def test_taking_back_stops_an_upload_in_the_middle(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("a")
    receiver.acts.append(Act(gate=True))
    sending = asyncio.ensure_future(bureau.office.send_now())
    assert await asyncio.to_thread(receiver.reached_gate.wait, LONG_S)
    await bureau.choose(Switch.CONTRIBUTE, on=False)  # does not wait for the gate
    (wish,) = await bureau.outbox.wishes()
    assert wish.week == "2026-W47"
    receiver.gate.set()
    await sending
    await bureau.office.round()
    assert receiver.opened == {}
    assert len(receiver.deletions) == 1
    assert (await bureau.outbox.items(ItemState.SENT, ItemState.SEALED, ItemState.WAITING)) == []


async def test_another_trainer_gets_what_the_first_one_never_took(
    bureau: Bureau, receiver: Receiver
) -> None:
    await sealed(bureau, Act(status=500))
    other = bureau.options.intake.replace("/echo", "/echo/")
    await bureau.store.close()
    bureau.begin(intake=other)
    await bureau.store.open()
    await bureau.office.round()
    assert await item(bureau) == ("waiting", "")
    await bureau.office.round()
    assert await item(bureau) == ("sent", "")


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 500])
async def test_without_keys_nothing_is_sealed(
    bureau: Bureau, receiver: Receiver, status: int
) -> None:
    receiver.keys_status = status
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("a")
    await bureau.office.send_now()
    assert f"status {status}" in bureau.office.problem
    assert await item(bureau) == ("waiting", "")
    receiver.keys_status = 200
    await bureau.office.round()
    assert await item(bureau) == ("sent", "")


async def test_keys_of_another_root_are_not_believed(bureau: Bureau, receiver: Receiver) -> None:
    bureau.begin(root_key="ab" * 32)
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("a")
    await bureau.office.send_now()
    assert "root key" in bureau.office.problem
    assert await item(bureau) == ("waiting", "")
    assert set(receiver.said("GET")) == {"/echo/v1/keys"}
    assert receiver.said("PATCH") == []


async def test_an_old_list_of_keys_is_not_believed(bureau: Bureau, receiver: Receiver) -> None:
    receiver.side.version = 7
    await sealed(bureau)
    receiver.side.version = 6
    bureau.clock.pass_ms(2 * DAY_MS)
    bureau.keep("b")
    await bureau.office.send_now()
    assert "old one" in bureau.office.problem
    receiver.side.version = 8
    await bureau.office.send_now()
    assert len(receiver.opened) == 2


async def test_keys_are_fetched_once_a_day(bureau: Bureau, receiver: Receiver) -> None:
    await sealed(bureau)
    for number in range(4):
        bureau.clock.pass_ms(5 * HOUR_MS)
        bureau.keep(f"b{number}")
        await bureau.office.send_now()
    assert len(receiver.said("GET")) == 1
    bureau.clock.pass_ms(5 * HOUR_MS)
    bureau.keep("c")
    await bureau.office.send_now()
    assert len(receiver.said("GET")) == 2


async def test_a_trainer_without_a_key_for_today(bureau: Bureau, receiver: Receiver) -> None:
    receiver.side.not_before = "2030-01-01"
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("a")
    await bureau.office.send_now()
    assert "no key for today" in bureau.office.problem


def test_the_receiver_opens_both_suites(receiver: Receiver) -> None:
    assert receiver.side.key(Suite.HYBRID) != receiver.side.key(Suite.X25519)


# --- the client -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "intake",
    [
        "http://host.example/echo",
        "https://ann:word@host.example",
        "ftp://127.0.0.1",
        "//x",
        "",
        "]",
    ],
)
async def test_only_https_except_to_this_machine(intake: str) -> None:
    with pytest.raises(SharingError, match=r"sharing\.intake"):
        await IntakeClient().keys(intake)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_nobody_there_is_a_sentence(host: str) -> None:
    with pytest.raises(SharingError, match="tried again later"):
        await IntakeClient().keys(f"http://{host}:1")


async def test_a_request_that_takes_too_long_ends(receiver: Receiver) -> None:
    receiver.acts.append(Act(gate=True))
    client = IntakeClient(request_s=0.5)
    with pytest.raises(SharingError, match="TimeoutError"):
        await client.delete(receiver.url, "0" * 64, b"x")
