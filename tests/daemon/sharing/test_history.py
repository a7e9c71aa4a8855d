"""What was imported from a repository's history: a leave and a pseudonym of its own."""

from __future__ import annotations

from echo_core.gaps.life import Break
from echo_core.sharing.bundle.contents import Bundle
from echo_core.sharing.bundle.envelope import Kind
from echo_core.sharing.bundle.fields import read
from echo_core.sharing.bundle.sending import Caps
from echo_core.sharing.consent import Switch
from echo_core.sharing.consent_text import text_digest
from echo_core.sharing.outbox import ItemState
from echo_daemon.sharing import collecting
from echo_testing.bureau import DAY_MS, Bureau
from echo_testing.receiver import Receiver

PAST = Break.IMPORTED


async def both_on(bureau: Bureau) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    await bureau.choose(Switch.HISTORY, on=True)


async def states(bureau: Bureau) -> dict[str, str]:
    return {item.request: item.state.value for item in await bureau.outbox.items(*ItemState)}


def opened(receiver: Receiver) -> dict[str, list[Bundle]]:
    """What arrived, by the text that it came under."""
    found: dict[str, list[Bundle]] = {}
    for content in receiver.opened.values():
        bundle = read(Bundle, content)
        found.setdefault(bundle.consent, []).append(bundle)
    return found


async def test_history_leaves_with_both_leaves_and_not_with_one(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    bureau.keep("past", ended=PAST, broken_at_ms=5)
    for switch in (Switch.HISTORY, Switch.CONTRIBUTE):
        await bureau.choose(switch, on=True)
        other = {Switch.HISTORY: Switch.CONTRIBUTE, Switch.CONTRIBUTE: Switch.HISTORY}[switch]
        await bureau.choose(other, on=False)
        await bureau.office.send_now()
        assert receiver.opened == {}
        assert await states(bureau) == {}
    await both_on(bureau)
    await bureau.office.send_now()
    assert await states(bureau) == {"past": "sent"}  # made long before the yes


async def test_it_has_a_bundle_a_text_and_a_pseudonym_of_its_own(
    bureau: Bureau, receiver: Receiver
) -> None:
    await both_on(bureau)
    for name in ("past", "more"):
        bureau.keep(name, ended=PAST, broken_at_ms=5)
    bureau.keep("live")
    await bureau.office.send_now()
    found = opened(receiver)
    (live,), (past,) = (found[text_digest(each)] for each in (Switch.CONTRIBUTE, Switch.HISTORY))
    assert [sample.ended for sample in live.samples] == ["settled"]
    assert [(sample.ended, sample.day) for sample in past.samples] == [
        ("imported", "1970-01-01")
    ] * 2
    assert live.contributor != past.contributor
    assert not {one.id for one in live.samples} & {one.id for one in past.samples}


async def test_taking_it_back_takes_back_nothing_else(bureau: Bureau, receiver: Receiver) -> None:
    await both_on(bureau)
    bureau.keep("past", ended=PAST)
    bureau.keep("live")
    await bureau.office.send_now()
    bureau.keep("past-waits", ended=PAST)
    bureau.keep("live-waits")
    await bureau.office.round()
    await bureau.choose(Switch.HISTORY, on=False)
    assert await states(bureau) == {
        "past": "sent", "live": "sent", "past-waits": "dropped", "live-waits": "waiting",
    }  # fmt: skip
    assert [wish.kind for wish in await bureau.outbox.wishes()] == [Kind.HISTORY]
    # Whoever takes everything back takes history back, too.
    await bureau.choose(Switch.HISTORY, on=True)
    bureau.keep("again", ended=PAST)
    await bureau.office.send_now()
    await bureau.choose(Switch.CONTRIBUTE, on=False)
    kinds = sorted(wish.kind for wish in await bureau.outbox.wishes())
    assert kinds == [Kind.HISTORY, Kind.HISTORY, Kind.SAMPLES]


async def test_an_import_neither_fills_the_outbox_nor_goes_first(
    bureau: Bureau, receiver: Receiver
) -> None:
    bureau.begin(caps=Caps(2, 8 << 20))
    await both_on(bureau)
    many = collecting.HISTORY_WAITING_MAX + 50
    for number in range(many):
        bureau.keep(f"past-{number}", ended=PAST)
    for _ in range(many // collecting.ROUND_MAX + 1):
        await bureau.office.round()
    assert len(await states(bureau)) == collecting.HISTORY_WAITING_MAX
    for number in range(3):
        bureau.keep(f"live-{number}")
    await bureau.office.round()
    bureau.clock.pass_ms(DAY_MS)
    await bureau.office.round()
    sent = {request for request, state in (await states(bureau)).items() if state == "sent"}
    assert len(sent) == 2
    assert all(request.startswith("live") for request in sent)
