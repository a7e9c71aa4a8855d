"""Parcels and wishes go out: resumed where they were cut, tried again with growing waits.

Left out: making parcels (`packing`), sockets (`echo_daemon.intake`).

Rules
 - An attempt is on disk before it is made; leave is asked for right before it.
 - Done is what came with a receipt for exactly these bytes, signed by the trainer's own key.
 - A wish is tried until it is confirmed, whatever is switched on or off.
"""

from __future__ import annotations

from typing import Final

from echo_core.errors import SharingError
from echo_core.sharing.bundle.envelope import Kind, Said
from echo_core.sharing.bundle.sending import GIVE_UP_MS, Answer, Fate, fate, wait_ms
from echo_core.sharing.consent import LEAVES
from echo_core.sharing.outbox import DropCause, Parcel, ParcelState, Wish
from echo_daemon.sharing.api import Others, SharingOptions
from echo_daemon.sharing.key_lists import KeyLists

_RESUMED_MAX: Final = 2  # of one attempt: who answers "not from there" again and again is broken


class Sender:
    """Sends what is due."""

    def __init__(self, others: Others, keys: KeyLists, options: SharingOptions) -> None:
        self._outbox = others.outbox
        self._keys = keys
        self._intake = others.intake
        self._leave = others.leave
        self._clock = others.clock
        self._chance = others.chance
        self._options = options

    async def send(self) -> str:
        """Send every parcel that is due; what went wrong, or nothing."""
        problem = ""
        for parcel in await self._outbox.parcels(ParcelState.SEALED):
            if parcel.intake != self._options.intake:
                await self._outbox.unseal(parcel.id, "another trainer was named")
            elif self._clock.wall_ms() < parcel.due_ms:
                continue
            elif self._clock.wall_ms() - parcel.made_ms > GIVE_UP_MS:
                await self._give_up(parcel, DropCause.TOO_OLD, "never confirmed")
            elif not all(map(self._leave.allows, LEAVES[Kind(parcel.kind)])):
                continue
            else:
                problem = await self._try(parcel) or problem
        return problem

    async def _try(self, parcel: Parcel) -> str:
        """One attempt; what went wrong, or nothing."""
        attempts = parcel.attempts + 1
        later_ms = self._clock.wall_ms() + wait_ms(attempts, self._chance())
        await self._outbox.tried(parcel.id, later_ms)
        try:
            answer = await self._upload(parcel)
            confirmed = fate(answer.status) is Fate.DONE and await self._keys.confirms(
                answer.content, Said.STORED, parcel.id, parcel.intake
            )
        except SharingError as error:
            return str(error)
        now_ms = self._clock.wall_ms()
        match fate(answer.status):
            case Fate.DONE if confirmed:
                await self._outbox.sent(parcel.id, answer.content, now_ms)
                return ""
            case Fate.REFUSED:
                await self._give_up(parcel, DropCause.REFUSED, f"status {answer.status}")
                return f"The trainer refused a parcel (status {answer.status})."
            case _:
                if answer.retry_after_ms:
                    wait = wait_ms(attempts, self._chance(), answer.retry_after_ms)
                    # Not another attempt: only its time is another one.
                    await self._outbox.put_off(parcel.id, now_ms + wait)
                if answer.status == 401:
                    return "The trainer's intake asks for its team's token: set `sharing.token`."
                return f"The trainer's intake could not take a parcel (status {answer.status})."

    async def _upload(self, parcel: Parcel) -> Answer:
        offset = 0
        if parcel.attempts:
            offset = await self._arrived(parcel)
        for _ in range(_RESUMED_MAX):
            answer = await self._intake.send(parcel.intake, parcel.id, parcel.envelope, offset)
            if fate(answer.status) is not Fate.RESUME:
                break
            offset = await self._arrived(parcel)
        return answer

    async def _arrived(self, parcel: Parcel) -> int:
        """How much is over there; nothing where it is not known there."""
        answer = await self._intake.arrived(parcel.intake, parcel.id)
        return min(answer.offset, len(parcel.envelope)) if answer.status in (200, 204) else 0

    async def _give_up(self, parcel: Parcel, cause: DropCause, said: str) -> None:
        await self._outbox.refused(parcel.id, cause, said, self._clock.wall_ms())

    async def ask_deletions(self) -> bool:
        """Send every wish that is due; whether some are still open."""
        still_open = False
        for wish in await self._outbox.wishes():
            if wish.done_ms:
                continue
            if wish.due_ms > self._clock.wall_ms() or not await self._ask_deletion(wish):
                still_open = True
        return still_open

    async def _ask_deletion(self, wish: Wish) -> bool:
        attempts = wish.attempts + 1
        retry_after_ms = 0
        try:
            answer = await self._intake.delete(wish.intake, wish.id, wish.content)
        except SharingError:
            said = "no answer"
        else:
            said, retry_after_ms = f"status {answer.status}", answer.retry_after_ms
            try:
                if await self._keys.confirms(answer.content, Said.DELETED, wish.id, wish.intake):
                    await self._outbox.wish_done(wish.id, answer.content, self._clock.wall_ms())
                    return True
            except SharingError as error:
                said = str(error)
        wait = wait_ms(attempts, self._chance(), retry_after_ms)
        await self._outbox.wish_tried(wish.id, self._clock.wall_ms() + wait, said)
        return False
