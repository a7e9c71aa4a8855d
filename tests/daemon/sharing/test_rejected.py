"""What was proposed and not kept: it leaves where the person set so, and as it was shown."""

from __future__ import annotations

from echo_core.sharing.consent import Switch
from echo_core.sharing.outbox import ItemState
from echo_testing.bureau import DAY_MS, Bureau
from echo_testing.receiver import Receiver


async def test_what_was_not_kept_leaves_only_where_it_was_set(
    bureau: Bureau, receiver: Receiver
) -> None:
    await bureau.open()
    await bureau.choose(Switch.CONTRIBUTE, on=True)
    bureau.keep("r0", rejected="return triple(price)")
    await bureau.office.round()
    (item,) = await bureau.outbox.items(ItemState.WAITING)
    assert b'"rejected":""' in item.content
    assert b"triple" not in await bureau.office.made("r0")
    bureau.begin(rejected=True)
    await bureau.store.open()
    bureau.clock.pass_ms(DAY_MS)
    await bureau.office.round()  # it would be sent now, and waits anew as it is by now
    assert receiver.opened == {}
    (item,) = await bureau.outbox.items(ItemState.WAITING)
    assert b"return triple(price)" in item.content
    bureau.clock.pass_ms(DAY_MS)
    shown = await bureau.office.preview()
    await bureau.office.send_now()
    (opened,) = receiver.opened.values()
    assert opened == shown
    assert b"return triple(price)" in opened
